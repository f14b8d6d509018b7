"""A probe that is trained on listeners' votes learns their distribution, one that is trained on labels does not."""

import logging
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from c2ser.data.tables import read_table, write_table
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.probe.classifier import emotion_scores, fit_head
from c2ser.probe.features import LabelledFeatures, load_features
from c2ser.probe.probe import probe_features

# label, votes and centre of each kind of utterance
KINDS = {
    "angry": ("angry:6 sad:4", (1.0, 0.0, 0.0)),
    "happy": ("happy:7 surprised:3", (0.0, 1.0, 0.0)),
    "neutral": ("neutral:5", (0.0, 0.0, 1.0)),
}


def write_set(directory: Path, n: int = 240) -> Path:
    """A data directory with three kinds of utterances, far apart, of six speakers."""
    rng = np.random.default_rng(len(directory.name))
    directory.mkdir()
    labels = {f"{directory.name}{i:03}": list(KINDS)[i % 3] for i in range(n)}
    with kaldiio.WriteHelper(f"ark,scp:{directory}/feats.ark,{directory}/feats.scp") as writer:
        for utt, label in labels.items():
            writer[utt] = (np.array(KINDS[label][1]) + 0.1 * rng.normal(size=3)).astype(np.float32)
    write_table(directory / "utt2emo", labels)
    write_table(directory / "utt2votes", {utt: KINDS[label][0] for utt, label in labels.items()})
    write_table(directory / "utt2spk", {utt: f"s{i % 5}" for i, utt in enumerate(labels)})
    return directory


def probabilities(probe, vectors: np.ndarray) -> list[dict[str, float]]:
    """The probabilities of the emotions of each vector, of either head."""
    places = np.arange(len(vectors)).astype(str)
    scores = emotion_scores(probe, LabelledFeatures(list(places), vectors, places, places))
    return list(scores.values())


@pytest.mark.parametrize(("head", "has_dev"), [("linear", False), ("linear", True), ("mlp", True)])
def test_probabilities_approach_the_shares_of_the_votes(tmp_path, head, has_dev):
    train, dev = (load_features(write_set(tmp_path / name), "feats.scp", votes=True) for name in ("train", "dev"))
    probe = fit_head(head, train, dev=dev if has_dev else None)[0]
    angry, happy, neutral = probabilities(probe, np.array([centre for _, centre in KINDS.values()]))
    assert angry["angry"] == pytest.approx(0.6, abs=0.05) and angry["sad"] == pytest.approx(0.4, abs=0.05)
    assert happy["happy"] == pytest.approx(0.7, abs=0.05) and happy["surprised"] == pytest.approx(0.3, abs=0.05)
    assert neutral["neutral"] > 0.9


def test_labels_alone_teach_no_distribution(tmp_path):
    train = load_features(write_set(tmp_path / "train"), "feats.scp")
    assert fit_head("linear", train)[0].emotions == ["angry", "happy", "neutral"]


def test_utterances_without_votes_teach_their_label_and_are_counted(tmp_path, caplog):
    train, test = write_set(tmp_path / "train"), write_set(tmp_path / "test", 30)
    votes = read_table(train / "utt2votes")
    write_table(train / "utt2votes", {utt: value for utt, value in votes.items() if not value.startswith("angry")})
    (test / "utt2votes").unlink()
    with caplog.at_level(logging.WARNING):
        result = probe_features(
            train, test, features="feats.scp", output_dir=tmp_path / "out", dev_dir=test, targets="votes"
        )
    assert f"{train}/utt2votes: 80 of 240 utterances have no votes; their labels count" in caplog.text
    assert f"{test}/utt2votes: 30 of 30 utterances have no votes" in caplog.text
    assert result["ua"] == 1.0
    shares = load_features(train, "feats.scp", votes=True).shares
    np.testing.assert_allclose(shares[0], np.eye(len(EMOTIONS))[EMOTIONS.index("angry")])
    np.testing.assert_allclose(shares[1, [EMOTIONS.index("happy"), EMOTIONS.index("surprised")]], [0.7, 0.3])


def test_votes_that_cannot_be_used(tmp_path):
    train = write_set(tmp_path / "train", 12)
    write_table(train / "utt2votes", {"train000": "angry:1", "train001": "happy:-1"})
    with pytest.raises(InputError, match="utt2votes:2: 'train001': 'happy:-1' has no count of 0 or more"):
        load_features(train, "feats.scp", votes=True)
    (train / "utt2votes").unlink()
    with pytest.raises(InputError, match="train/utt2votes: no such file; train on labels"):
        probe_features(train, train, features="feats.scp", output_dir=tmp_path / "out", targets="votes")
