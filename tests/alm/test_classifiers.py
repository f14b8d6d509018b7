"""Classifiers of levels and emotion on pooled features, against computations by hand."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from c2ser.acoustics.levels import LEVELS, MEDIUM_RATIO, UNKNOWN
from c2ser.alm.classifiers import (
    CLASSES,
    ENERGY,
    VOLUME_RATE,
    Mixture,
    Pooled,
    PooledClassifiers,
    RunningStandardization,
    draw_stretches,
    loud_frames,
    pool,
    rationale_classes,
)
from c2ser.alm.connector import Connector, ConnectorConfig
from c2ser.alm.earlier import (
    LayeredVolumeConnector,
    PowerConnector,
    StandardizedConnector,
    connector_class,
    mean_power,
)
from c2ser.alm.loudness import loudness
from c2ser.emotions import EMOTIONS
from c2ser.languages import LANGUAGES
from c2ser.lm.inputs import IGNORED
from c2ser.nn import length_mask
from c2ser.rationales.templates import explicit_target


def test_pooled_features_are_the_statistics_of_an_utterances_own_frames():
    states = torch.randn(2, 30, 2, 3)
    pooled = pool(states, length_mask(torch.tensor([30, 11]), 30))
    for utterance, features, length in zip(states, pooled, (30, 11), strict=True):
        own = utterance[:length]
        expected = torch.stack([own.mean(0), own.std(0, correction=0)])
        torch.testing.assert_close(features, expected, atol=1e-4, rtol=1e-4)


def test_pooled_features_are_as_exact_where_a_training_computes_in_half_precision():
    states, frames = 3 + torch.randn(2, 30, 2, 3), length_mask(torch.tensor([30, 11]), 30)
    expected = pool(states, frames)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(pool(states, frames), expected)
    torch.testing.assert_close(pool(states.bfloat16(), frames), expected.bfloat16(), atol=0.02, rtol=0.02)


def test_tokens_tell_the_levels_and_the_probabilities_of_emotions():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6, dropout=0.5)
    states, frames = torch.randn(4, 30, 2, 3), length_mask(torch.tensor([30, 11, 20, 9]), 30)
    volume = torch.tensor([-20.0, -30.0, -30.0, -20.0])
    classifiers(states, frames, volume)  # learns what to standardize by
    classifiers.eval()
    with torch.no_grad():
        classifiers.layer_logits[0, 0] = 1.0  # far from the other: this layer alone
        classifiers.outputs[ENERGY].weight[:] = torch.randn(3, 2)
        tokens, heard = classifiers(states, frames, volume)
        logits, pooled = classifiers.logits(heard), pool(states, frames)
        normed = (pooled - pooled.mean(0)) / pooled.std(0, correction=0)
        own = F.layer_norm(pooled, (3,))
        told_volume = VOLUME_RATE * torch.tensor([[1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0], [1.0, 1.0]])
        layers = [own[:, :, 0], told_volume, own.mean(2), torch.cat([own, normed], dim=1)]
        assert tokens.shape == (4, 4, 6) and [of_one.shape[1] for of_one in logits] == list(CLASSES)
        for place, (output, token) in enumerate(zip(classifiers.outputs, classifiers.tokens, strict=True)):
            expected = output(layers[place].flatten(1))
            torch.testing.assert_close(logits[place], expected)
            told = F.one_hot(expected.argmax(1), 3).float() if place < 3 else expected.softmax(1)
            torch.testing.assert_close(tokens[:, place], token(told))


def test_classifiers_that_told_volume_by_layers_and_power_are_read_as_they_were():
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 4, "acoustic_width": 3, "llm_width": 6}
    connector = LayeredVolumeConnector(**sizes, config=ConnectorConfig(layers=1, feed_forward=8, pooled=True)).eval()
    classifiers = connector.classifiers
    torch.nn.init.normal_(classifiers.power_weights)
    state = {f"connector.{name}": value for name, value in connector.state_dict().items()}
    assert connector_class(state) is LayeredVolumeConnector
    states, frames, power = torch.randn(5, 30, 2, 4), torch.ones(5, 30, dtype=torch.bool), torch.randn(5)
    logits = classifiers.logits(classifiers(states, frames, power)[1])
    features = F.layer_norm(pool(states, frames), (4,)).mean(2).flatten(1)
    by_power = 40 * power.unsqueeze(1) * classifiers.power_weights
    torch.testing.assert_close(logits[0], classifiers.outputs[0](features))
    torch.testing.assert_close(logits[ENERGY], classifiers.outputs[ENERGY](features) + by_power)


def test_classifiers_that_told_volume_by_power_are_read_as_they_were():
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 4, "acoustic_width": 3, "llm_width": 6}
    connector = PowerConnector(**sizes, config=ConnectorConfig(layers=1, feed_forward=8, pooled=True))
    state = {f"connector.{name}": value for name, value in connector.state_dict().items()}
    assert connector_class(state) is PowerConnector and connector.classifiers.measure_volume is mean_power
    of_today = Connector(**sizes, config=ConnectorConfig(layers=1, feed_forward=8, pooled=True))
    state = {f"connector.{name}": value for name, value in of_today.state_dict().items()}
    assert connector_class(state) is Connector and of_today.classifiers.measure_volume is loudness


def test_classifiers_that_standardized_all_features_are_read_as_they_were():
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 4, "acoustic_width": 3, "llm_width": 6}
    connector = StandardizedConnector(**sizes, config=ConnectorConfig(layers=1, feed_forward=8, pooled=True)).eval()
    classifiers = connector.classifiers
    classifiers.norm.update(3 * torch.randn(20, 2, 2, 4) + 1)
    state = {f"connector.{name}": value for name, value in connector.state_dict().items()}
    assert connector_class(state) is StandardizedConnector
    states, frames = torch.randn(5, 30, 2, 4), torch.ones(5, 30, dtype=torch.bool)
    tokens, heard = classifiers(states, frames, torch.zeros(5))
    logits = classifiers.logits(heard)
    features = (pool(states, frames) - classifiers.norm.mean) / classifiers.norm.variance.sqrt()
    torch.testing.assert_close(logits[-1], classifiers.outputs[-1](features.flatten(1)))
    torch.testing.assert_close(logits[0], classifiers.outputs[0](features.mean(2).flatten(1)))
    torch.testing.assert_close(tokens[:, 0], classifiers.tokens[0](logits[0].softmax(1)))


def test_tokens_start_from_the_words_that_tell_classes_apart():
    classifiers, vocabulary = PooledClassifiers(layers=1, width=3, llm_width=6), {}
    embedding = torch.nn.Embedding(200, 6)

    def tokenize(text: str) -> list[int]:  # knows no Chinese
        words = text.split() if text.isascii() else ["<unk>"]
        return [vocabulary.setdefault(word, len(vocabulary)) for word in words]

    classifiers.start_tokens(embedding, tokenize)
    pitch, _, rate, emotion = classifiers.tokens
    of = {word: embedding.weight[number] for word, number in vocabulary.items()}
    torch.testing.assert_close(pitch.weight[:, 2], (of["high"] + of["<unk>"]) / 2)
    torch.testing.assert_close(rate.weight[:, 0], (of["slow"] + of["<unk>"]) / 2)
    torch.testing.assert_close(pitch.bias, ((of["in"] + of["a"] + of["pitch"]) / 3 + of["<unk>"]) / 2)
    torch.testing.assert_close(emotion.weight[:, EMOTIONS.index("sad")], (of["sad"] + of["<unk>"]) / 2)
    torch.testing.assert_close(emotion.bias, of["<unk>"])


def test_frames_of_silence_around_speech_are_not_loud():
    tone = 0.5 * torch.sin(torch.arange(3200) * 0.3)
    quiet = torch.cat([1e-4 * torch.randn(1600), tone, torch.zeros(1600)])
    batch = torch.stack([quiet, F.pad(tone, (0, 3200)), torch.zeros(6400)])
    lengths = torch.tensor([20, 10, 20])
    loud = loud_frames(batch, lengths, frames=20, below=40.0)
    assert loud[0].tolist() == [5 <= place < 15 for place in range(20)]
    assert loud[1].sum() == 10 and loud[2].all()  # of silence alone all
    assert torch.equal(loud_frames(batch, lengths, frames=20, below=None), length_mask(lengths, 20))
    assert loud_frames(batch[:, :3000], lengths, frames=20, below=40.0).shape == (3, 20)  # more frames than samples


def test_power_is_that_of_an_utterances_own_samples():
    tone = 0.5 * torch.sin(torch.arange(16000) * 0.3)
    batch = torch.stack([tone, F.pad(tone[:4000], (0, 12000)), torch.zeros(16000)])
    power = mean_power(batch, torch.tensor([16000, 4000, 16000]))
    torch.testing.assert_close(power, torch.tensor([-9.03, -9.03, -100.0]), atol=0.02, rtol=0)


def test_pooled_features_and_volume_are_standardized_by_all_batches_of_a_training():
    torch.manual_seed(0)
    standardization, values = RunningStandardization((2, 3)), 3 * torch.randn(23, 2, 3) + torch.randn(2, 3)
    for part in (slice(0, 1), slice(1, 17), slice(17, 23)):  # a batch of one is a batch too
        standardization.update(values[part])
    expected = (values - values.mean(0)) / values.std(0, correction=0)
    torch.testing.assert_close(standardization(values), expected, atol=1e-5, rtol=1e-5)


def test_loudness_changes_volume_alone():
    torch.manual_seed(0)
    classifiers, values = PooledClassifiers(layers=1, width=3, llm_width=6), 5 * torch.randn(23) - 30
    states, lengths = torch.randn(23, 4, 1, 3), torch.ones(23, 4, dtype=torch.bool)
    for part in (slice(0, 1), slice(1, 17), slice(17, 23)):  # a batch of one is a batch too
        classifiers(states[part], lengths[part], values[part])
    torch.testing.assert_close(classifiers.volume(values), (values - values.mean()) / values.std(correction=0))
    classifiers.eval()
    with torch.no_grad():
        classifiers.outputs[ENERGY].weight[:, 0] = torch.tensor([-1.0, 0.0, 1.0])
        quiet, loud = (classifiers.logits(classifiers(states, lengths, values + gain)[1]) for gain in (-40, 40))
    for place, (below, above) in enumerate(zip(quiet, loud, strict=True)):
        assert torch.equal(below, above) == (place != ENERGY)
    assert (quiet[ENERGY].argmax(1) == 0).all() and (loud[ENERGY].argmax(1) == 2).all()


def test_frozen_classifiers_keep_their_statistics():
    classifiers = PooledClassifiers(layers=1, width=3, llm_width=6).requires_grad_(False)
    before = {name: value.clone() for name, value in classifiers.state_dict().items()}
    classifiers(torch.randn(2, 4, 1, 3), length_mask(torch.tensor([4, 2]), 4), torch.tensor([-20.0, -30.0]))
    assert all(torch.equal(value, before[name]) for name, value in classifiers.state_dict().items())


def heard_by(classifiers: PooledClassifiers, utterances: int) -> Pooled:
    """What classifiers make of noise."""
    frames = torch.ones(utterances, 9, dtype=torch.bool)
    return classifiers(torch.randn(utterances, 9, 2, 3), frames, torch.randn(utterances))[1]


def test_the_loss_is_that_of_the_known_classes():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6)
    pooled, classes = heard_by(classifiers, 3), torch.tensor([[0, IGNORED, 2, 3], [1, 1, 0, 0], [1, 2, 0, IGNORED]])
    logits, expected = classifiers.logits(pooled), 0.0
    for row, chosen in enumerate(classes.tolist()):
        for place, known in enumerate(chosen):
            if known != IGNORED:
                weight = MEDIUM_RATIO if place < 3 and known == 1 else 1.0
                expected -= weight * logits[place][row].log_softmax(0)[known].item()
    assert classifiers.loss(pooled, classes).item() == pytest.approx(float(expected), rel=1e-5)


def test_a_batch_without_known_classes_has_a_gradient_all_the_same():
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6, mixup=0.4)
    none = classifiers.loss(heard_by(classifiers, 1), torch.full((1, 4), IGNORED))
    none.backward()  # a process of a distributed training needs one
    assert none.item() == 0
    assert all(output.weight.grad.abs().max() == 0 for output in classifiers.outputs)


def test_mixtures_are_of_two_utterances_and_have_more_of_the_first():
    torch.manual_seed(0)
    mixture = Mixture.draw(50, 0.4, device=torch.device("cpu"))
    rows = mixture.of(torch.eye(50))
    torch.testing.assert_close(rows.sum(1), torch.ones(50))
    assert (rows.diagonal() >= 0.5).all() and len(set(rows.diagonal().tolist())) > 30
    assert sorted(mixture.others.tolist()) == list(range(50)) and (rows.count_nonzero(1) == 2).sum() > 30


def test_what_is_told_is_mixed_in_training():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6, mixup=0.4)
    states, frames, power = torch.randn(8, 9, 2, 3), torch.ones(8, 9, dtype=torch.bool), torch.randn(8)
    tokens, pooled = classifiers(states, frames, power)
    *levels, emotion = classifiers.logits(pooled)
    told = [F.one_hot(level.argmax(1), 3).float() for level in levels] + [emotion.softmax(1)]
    for place, (token, values) in enumerate(zip(classifiers.tokens, told, strict=True)):
        torch.testing.assert_close(tokens[:, place], token(pooled.mixture.of(values)))
    classes = torch.randint(3, (8, 4))  # these are learned as they are
    torch.testing.assert_close(
        classifiers.loss(pooled, classes), classifiers.loss(pooled._replace(mixture=None), classes)
    )
    assert classifiers.eval()(states, frames, power)[1].mixture is None


def test_stretches_are_of_neighbouring_frames_and_of_all_lengths_and_places():
    torch.manual_seed(0)
    frames = torch.rand(2000, 40) < 0.5
    frames[:, 7] = True  # at least one, and often with gaps between them
    stretches = draw_stretches(frames, 0.5)
    shares, firsts = [], []
    for own, stretch in zip(frames, stretches, strict=True):
        (drawn,) = torch.where(stretch[own])
        assert not (stretch & ~own).any() and len(drawn) >= own.sum() / 2
        assert torch.equal(drawn, torch.arange(drawn[0], drawn[0] + len(drawn)))
        shares.append(len(drawn) / own.sum())
        firsts.append((drawn[0] / (own.sum() - len(drawn)).clamp(min=1)).item())
    assert 0.74 < sum(shares) / 2000 < 0.80  # rounded up
    assert min(firsts) == 0 and max(firsts) == 1
    assert torch.equal(draw_stretches(frames, 1.0), frames)


def test_training_classifies_the_emotion_from_a_stretch_and_levels_from_the_utterance():
    torch.manual_seed(0)
    classifiers = PooledClassifiers(layers=2, width=3, llm_width=6, crop=0.3)
    states, frames, volume = torch.randn(3, 40, 2, 3), torch.ones(3, 40, dtype=torch.bool), torch.randn(3)
    _, heard = classifiers(states, frames, volume)
    assert not torch.isclose(heard.stretch, heard.statistics).any()
    *levels, emotion = torch.tensor([[2, 0, 1, 3], [0, 2, 2, 1], [0, 0, 2, 0]]).T
    whole, stretch = classifiers.logits(heard), classifiers.logits(heard._replace(statistics=heard.stretch))
    expected = F.cross_entropy(stretch[3], emotion, reduction="sum")
    weights = torch.tensor([1.0, MEDIUM_RATIO, 1.0])
    expected += sum(F.cross_entropy(whole[place], levels[place], weights, reduction="sum") for place in range(3))
    torch.testing.assert_close(classifiers.loss(heard, torch.stack([*levels, emotion], dim=1)), expected)
    assert classifiers.eval()(states, frames, volume)[1].stretch is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classes_are_what_a_rationale_states(language):
    for number, levels in enumerate(product((*LEVELS, UNKNOWN), repeat=3)):
        emotion = EMOTIONS[number % len(EMOTIONS)]
        text = explicit_target(levels, text="I am sad, 我很悲伤。", emotion=emotion, language=language)
        expected = [IGNORED if level == UNKNOWN else LEVELS.index(level) for level in levels]
        assert rationale_classes(text).tolist() == [*expected, EMOTIONS.index(emotion)]
