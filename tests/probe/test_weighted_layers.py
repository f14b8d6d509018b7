"""The learned average of layers: logistic regression where there is one, and the layer that tells where there are."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from c2ser.probe.classifier import fit_head, load_probe
from c2ser.probe.features import LabelledFeatures
from c2ser.probe.weighted_layers import WeightedLayers


def vectors(number: int, *, layers: int, telling: int, seed: int = 0) -> LabelledFeatures:
    """Noise, but for one layer, whose features depend on the emotion."""
    rng = np.random.default_rng(seed)
    names = np.array(["angry", "happy", "sad"])
    classes = np.arange(number) % 3
    features = rng.normal(size=(number, layers, 6))
    features[:, telling, :3] += 3 * np.eye(3)[classes]
    utts = [f"utt{i}" for i in range(number)]
    speakers = np.array([f"s{i % 4}" for i in range(number)])
    return LabelledFeatures(
        utts, features.reshape(number, -1).astype(np.float32), names[classes], speakers, layers=layers
    )


@pytest.mark.parametrize("inverse", [0.01, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_of_one_layer_it_is_logistic_regression(inverse, weighted):
    own = vectors(90, layers=1, telling=0)
    weights = np.random.default_rng(1).uniform(0.1, 1, 90) if weighted else None
    expected = LogisticRegression(C=inverse, tol=1e-8, max_iter=10000)
    expected.fit(own.vectors, own.emotions, sample_weight=weights)
    found = WeightedLayers(1, C=inverse).fit(own.vectors, own.emotions, sample_weight=weights)
    assert found.predict_proba(own.vectors) == pytest.approx(expected.predict_proba(own.vectors), abs=1e-3)


@pytest.mark.parametrize("telling", [0, 2])
def test_the_layer_that_tells_has_the_weight(telling, tmp_path):
    train, test = (vectors(150, layers=4, telling=telling, seed=seed) for seed in (0, 1))
    probe, score = fit_head("weighted", train)
    assert probe.layer_weights.argmax() == telling and probe.layer_weights[telling] > 0.7
    assert probe.layer_weights.sum() == pytest.approx(1)
    assert score > 0.9 and np.mean(np.array(probe.predict(test.vectors)) == test.emotions) > 0.9
    probe.save(tmp_path / "probe.safetensors")
    again = load_probe(tmp_path / "probe.safetensors")
    assert np.array_equal(again.layer_weights, probe.layer_weights)
    assert again.predict(test.vectors) == probe.predict(test.vectors)


def test_two_emotions():
    own = vectors(90, layers=2, telling=1)
    two = own.subset([utt for utt, emotion in zip(own.utterances, own.emotions) if emotion != "sad"])
    assert two.layers == 2
    probe, _ = fit_head("weighted", two)
    assert np.mean(np.array(probe.predict(two.vectors)) == two.emotions) > 0.9
