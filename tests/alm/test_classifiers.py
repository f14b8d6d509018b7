"""Classifiers of levels and emotion on pooled features, against computations by hand."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from c2ser.acoustics.levels import LEVELS, MEDIUM_RATIO, UNKNOWN
from c2ser.alm.classifiers import CLASSES, PooledClassifiers, classification_loss, pool, rationale_classes
from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES
from c2ser.lm.inputs import IGNORED
from c2ser.rationales.templates import explicit_target


def test_pooled_features_are_the_statistics_of_an_utterances_own_frames():
    states = torch.randn(2, 30, 2, 3)
    pooled = pool(states, torch.tensor([30, 11]))
    for utterance, features, length in zip(states, pooled, (30, 11), strict=True):
        own = utterance[:length]
        expected = torch.stack([own.mean(0), own.std(0, correction=0)])
        torch.testing.assert_close(features, expected, atol=1e-4, rtol=1e-4)


def test_a_token_is_linear_in_the_probabilities_of_linear_classifiers():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6, dropout=0.5).eval()
    states, lengths = torch.randn(2, 30, 2, 3), torch.tensor([30, 11])
    with torch.no_grad():
        classifiers.layer_logits[:2] = torch.tensor([[1.0, 0.0], [0.0, 1.0]])  # far apart: one layer each
        tokens, logits = classifiers(states, lengths)
        normed = F.layer_norm(pool(states, lengths), [3])
        layers = [normed[:, :, 0], normed[:, :, 1], normed.mean(2), normed]
        assert tokens.shape == (2, 4, 6) and [of_one.shape[1] for of_one in logits] == list(CLASSES)
        for place, (output, token) in enumerate(zip(classifiers.outputs, classifiers.tokens, strict=True)):
            expected = output(layers[place].flatten(1))
            torch.testing.assert_close(logits[place], expected)
            torch.testing.assert_close(tokens[:, place], token(expected.softmax(1)))


def test_the_loss_is_that_of_the_known_classes():
    torch.manual_seed(0)
    logits, classes = [torch.randn(2, size) for size in CLASSES], torch.tensor([[0, IGNORED, 2, 3], [1, 1, 0, 0]])
    expected = 0.0
    for row, chosen in enumerate(classes.tolist()):
        for place, known in enumerate(chosen):
            if known != IGNORED:
                weight = MEDIUM_RATIO if place < 3 and known == 1 else 1.0
                expected -= weight * logits[place][row].log_softmax(0)[known].item()
    assert classification_loss(logits, classes).item() == pytest.approx(float(expected), rel=1e-5)


def test_a_batch_without_known_classes_has_a_gradient_all_the_same():
    logits = [torch.randn(1, size, requires_grad=True) for size in CLASSES]
    none = classification_loss(logits, torch.full((1, 4), IGNORED))
    none.backward()  # a process of a distributed training needs one
    assert none.item() == 0 and all(of_one.grad.abs().max() == 0 for of_one in logits)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classes_are_what_a_rationale_states(language):
    for number, levels in enumerate(product((*LEVELS, UNKNOWN), repeat=3)):
        emotion = EMOTIONS[number % len(EMOTIONS)]
        text = explicit_target(levels, text="I am sad, 我很悲伤。", emotion=emotion, language=language)
        expected = [IGNORED if level == UNKNOWN else LEVELS.index(level) for level in levels]
        assert rationale_classes(text).tolist() == [*expected, EMOTIONS.index(emotion)]
