"""Classifiers of levels and emotion on pooled tokens, against cross-entropy by hand."""

from itertools import product

import pytest
import torch

from c2ser.acoustics.levels import LEVELS, UNKNOWN
from c2ser.alm.classifiers import PooledClassifiers, rationale_classes
from c2ser.alm.config import MEDIUM_RATIO
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.languages import LANGUAGES
from c2ser.lm.inputs import IGNORED
from c2ser.rationales.templates import explicit_target


def test_the_loss_is_that_of_the_known_classes_on_the_mean_token():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(5, 4)
    pooled, classes = [torch.randn(6, 5), torch.randn(6, 5)], torch.tensor([[0, IGNORED, 2, 3], [1, 1, 0, 0]])
    expected = 0.0
    for tokens, row in zip(pooled, classes.tolist(), strict=True):
        for place, (output, chosen) in enumerate(zip(classifiers.outputs, row, strict=True)):
            weight = MEDIUM_RATIO if place < 3 and chosen == 1 else 1.0
            if chosen != IGNORED:
                expected -= weight * output(tokens.mean(0)).log_softmax(0)[chosen].item()
    assert classifiers(pooled, classes).item() == pytest.approx(expected, rel=1e-5)


def test_a_batch_without_known_classes_has_a_gradient_all_the_same():
    classifiers = PooledClassifiers(5, 4)
    none = classifiers([torch.randn(6, 5)], torch.full((1, 4), IGNORED))
    none.backward()  # a process of a distributed training needs one
    assert none.item() == 0 and all(own.grad.abs().max() == 0 for own in classifiers.parameters())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classes_are_what_a_rationale_states(language):
    for number, levels in enumerate(product((*LEVELS, UNKNOWN), repeat=3)):
        emotion = number % len(PAPER_EMOTIONS)
        text = explicit_target(levels, text="I am sad, 我很悲伤。", emotion=PAPER_EMOTIONS[emotion], language=language)
        expected = [IGNORED if level == UNKNOWN else LEVELS.index(level) for level in levels]
        assert rationale_classes(text, PAPER_EMOTIONS).tolist() == [*expected, emotion]
        assert (
            rationale_classes(text, [name for name in PAPER_EMOTIONS if name != PAPER_EMOTIONS[emotion]])[3] == IGNORED
        )
