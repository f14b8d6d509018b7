"""The probe on features whose answer is known, and on features that cannot be used."""

import subprocess
import sys
from pathlib import Path

import kaldiio
import matplotlib.colors
import matplotlib.image
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from c2ser.data.features import read_feature
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.probe.classifier import INVERSE_REGULARISATION, fit_probe, load_probe
from c2ser.probe.features import LabelledFeatures, load_features
from c2ser.probe.plot import plot_embeddings
from c2ser.probe.probe import probe_features, probe_sets

EMOTIONS = ("angry", "happy", "neutral", "sad")
D = 6


def write_set(directory: Path, n: int, seed: int, noise: float = 0.5, dimensions: int = D, unlabelled: int = 0) -> Path:
    """A data directory with features (10, D) around a centre an emotion, of scales that differ by feature."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(len(EMOTIONS), dimensions))
    scale = 10.0 ** np.arange(-2, dimensions - 2)
    utterances = [f"{directory.name.split()[0]}{i:03}" for i in range(n)]
    labels = {utterance: EMOTIONS[i % len(EMOTIONS)] for i, utterance in enumerate(utterances)}
    directory.mkdir(parents=True)
    with kaldiio.WriteHelper(f"ark,scp:{directory}/feats.ark,{directory}/feats.scp") as writer:
        for utterance, emotion in labels.items():
            centre = centres[EMOTIONS.index(emotion)] + noise * rng.normal(size=dimensions)
            writer[utterance] = ((centre + rng.normal(size=(10, dimensions))) * scale).astype(np.float32)
    write_table(directory / "utt2emo", dict(list(labels.items())[unlabelled:]))
    write_table(directory / "utt2spk", {utterance: f"s{i % 6}" for i, utterance in enumerate(utterances)})
    return directory


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_recognises_separable_emotions_with_and_without_dev_set(tmp_path, head):
    train, dev, test = (write_set(tmp_path / name, n, n) for name, n in (("train", 120), ("dev", 40), ("test", 60)))
    for dev_dir in (None, dev):
        result = probe_features(
            train, test, features="feats.scp", output_dir=tmp_path / "out", dev_dir=dev_dir, head=head
        )
        assert result["ua"] > 0.9 and result["n_utts"] == 60 and result["invalid_rate"] == 0
        assert read_table(tmp_path / "out/utt2emo").keys() == read_table(test / "utt2emo").keys()
        assert (tmp_path / "out/result.json").is_file()
        scores = dict(read_scores(tmp_path / "out/utt2scores"))
        assert {utt: max(own, key=own.get) for utt, own in scores.items()} == read_table(tmp_path / "out/utt2emo")


def test_a_probe_is_trained_once_for_several_sets(tmp_path):
    train, *tests = (write_set(tmp_path / name, n, n) for name, n in (("train", 120), ("a", 40), ("b", 60)))
    outputs = {test: tmp_path / "out" / test.name for test in tests}
    results = probe_sets(train, outputs, features=lambda _: "feats.scp")
    assert [results[test]["n_utts"] for test in tests] == [40, 60]
    alone = probe_features(train, tests[1], features="feats.scp", output_dir=tmp_path / "alone")
    assert alone == results[tests[1]]
    saved = [folder / "probe.safetensors" for folder in (*outputs.values(), tmp_path / "alone")]
    assert len({path.read_bytes() for path in saved}) == 1


def test_finds_nothing_where_there_is_nothing(tmp_path):
    train, test = write_set(tmp_path / "train", 200, 1, noise=1e3), write_set(tmp_path / "test", 200, 2, noise=1e3)
    assert 0.1 < probe_features(train, test, features="feats.scp", output_dir=tmp_path / "out")["ua"] < 0.4


@pytest.mark.parametrize("emotions", [2, 4])
def test_predicts_as_scikit_learn_and_again_once_loaded(tmp_path, emotions):
    loaded = load_features(write_set(tmp_path / "train", 120, 1, noise=1.0), "feats.scp")
    kept = np.isin(loaded.emotions, EMOTIONS[:emotions])
    utterances = [utterance for utterance, keep in zip(loaded.utterances, kept, strict=True) if keep]
    train = LabelledFeatures(utterances, loaded.vectors[kept], loaded.emotions[kept], loaded.speakers[kept])
    probe = fit_probe(train)
    probe.save(tmp_path / "probe.safetensors")
    scaler = StandardScaler().fit(train.vectors)
    inputs = scaler.transform(train.vectors)
    heads = [LogisticRegression(C=c, max_iter=1000).fit(inputs, train.emotions) for c in INVERSE_REGULARISATION]
    assert probe.predict(train.vectors) in [head.predict(inputs).tolist() for head in heads]
    found = probe.probabilities(train.vectors)
    assert any(np.allclose(found, head.predict_proba(inputs), atol=1e-4) for head in heads)
    assert load_probe(tmp_path / "probe.safetensors").predict(train.vectors) == probe.predict(train.vectors)


def test_a_rerun_writes_the_same_bytes(tmp_path):
    train, test = write_set(tmp_path / "train", 60, 1), write_set(tmp_path / "test", 20, 2)
    written = []
    for _ in range(2):
        probe_features(train, test, features="feats.scp", output_dir=tmp_path / "out")
        written.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert written[0] == written[1] and "probe.safetensors" in written[0]


def test_a_network_leaves_no_linear_probe_behind(tmp_path):
    train, test = write_set(tmp_path / "train", 60, 1), write_set(tmp_path / "test", 20, 2)
    for head in ("linear", "mlp"):
        probe_features(train, test, features="feats.scp", output_dir=tmp_path / "out", head=head)
        assert (tmp_path / "out/probe.safetensors").exists() == (head == "linear")


def test_only_labelled_utterances_are_read_and_averaged_over_time(tmp_path):
    loaded = load_features(write_set(tmp_path / "train", 20, 1, unlabelled=8), "feats.scp")
    features = kaldiio.load_scp(str(tmp_path / "train/feats.scp"))
    assert loaded.utterances == [f"train{i:03}" for i in range(8, 20)]
    expected = np.stack([features[utterance].mean(axis=0) for utterance in loaded.utterances])
    np.testing.assert_allclose(loaded.vectors, expected, rtol=1e-6)


def test_features_that_cannot_be_used(tmp_path):
    train, test = write_set(tmp_path / "train", 24, 1), write_set(tmp_path / "test", 12, 2)
    narrow = write_set(tmp_path / "narrow", 12, 3, dimensions=4)
    with pytest.raises(InputError, match="narrow/feats.scp: 4 dimensions, but 6 in"):
        probe_features(train, narrow, features="feats.scp", output_dir=tmp_path / "out")

    locations = read_table(test / "feats.scp")
    write_table(test / "lacking.scp", {key: value for key, value in locations.items() if key != "test003"})
    with pytest.raises(InputError, match="lacking.scp: no features for utterance 'test003'"):
        load_features(test, "lacking.scp")

    mixed = {**locations, "test003": read_table(narrow / "feats.scp")["narrow003"]}
    write_table(test / "mixed.scp", mixed)
    with pytest.raises(InputError, match="mixed.scp: utterance 'test003' has 4 dimensions"):
        load_features(test, "mixed.scp")

    with kaldiio.WriteHelper(f"ark,scp:{test}/nan.ark,{test}/nan.scp") as writer:
        for utterance in locations:
            writer[utterance] = np.full((10, D), np.nan, dtype=np.float32)
    with pytest.raises(InputError, match="utterance 'test000': .*not finite"):
        load_features(test, "nan.scp")

    write_table(test / "utt2emo", {})
    with pytest.raises(InputError, match="utt2emo: no labelled utterance"):
        probe_features(train, test, features="feats.scp", output_dir=tmp_path / "out")


def test_training_sets_that_cannot_be_used(tmp_path):
    train = load_features(write_set(tmp_path / "train", 24, 1), "feats.scp")
    one_emotion = LabelledFeatures(train.utterances, train.vectors, np.repeat("sad", 24), train.speakers)
    with pytest.raises(InputError, match="every utterance is 'sad'"):
        fit_probe(one_emotion)
    one_speaker = LabelledFeatures(train.utterances, train.vectors, train.emotions, np.repeat("s0", 24))
    with pytest.raises(InputError, match="'s0'.*--dev_dir"):
        fit_probe(one_speaker)
    assert fit_probe(one_speaker, dev=train).emotions == list(EMOTIONS)


def test_reading_features_runs_nothing(tmp_path):
    proof = tmp_path / "proof"
    for location in (f"touch {proof} |", f"| touch {proof}", f"touch {proof} |:0"):
        with pytest.raises(InputError):
            read_feature(location)
    kaldiio.save_ark(str(tmp_path / "pickle.ark"), {"a": {"b": 1}}, write_function="pickle")
    with pytest.raises(InputError, match="no whole matrix"):
        read_feature(f"{tmp_path}/pickle.ark:2")
    assert not proof.exists()


@pytest.mark.parametrize("kept", [0, 1, 5, 12, 40])
def test_a_truncated_ark_is_reported(tmp_path, kept):
    directory = write_set(tmp_path / "train", 1, 1)
    location = read_table(directory / "feats.scp")["train000"]
    ark, offset = location.rsplit(":", 1)
    Path(ark).write_bytes(Path(ark).read_bytes()[: int(offset) + kept])
    with pytest.raises(InputError, match="no whole matrix at byte"):
        read_feature(location)


def test_command_line(tmp_path):
    train, test = write_set(tmp_path / "train set", 60, 1), write_set(tmp_path / "tést", 20, 2)
    command = [sys.executable, "-m", "c2ser.bin.probe", "--test_dir", test, "--output_dir", tmp_path / "out"]
    command += ["--features", "feats.scp", "--train_dir"]
    done = subprocess.run([*command, train], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == (tmp_path / "out/result.txt").read_text()
    failed = subprocess.run([*command, tmp_path], capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr.startswith("error: ") and failed.stderr.count("\n") == 1


def test_embeddings_become_a_picture(tmp_path):
    rng = np.random.default_rng(0)
    emotions = np.array(["angry", "sad", "happy"] * 8)
    features = LabelledFeatures(
        utterances=[f"utt{i}" for i in range(24)],
        vectors=rng.normal(size=(24, 5)).astype(np.float32),
        emotions=emotions,
        speakers=np.array(["a", "b"] * 12),
    )
    plot_embeddings({"one": features, "two": features}, tmp_path / "new" / "embeddings.png")
    picture = matplotlib.image.imread(tmp_path / "new" / "embeddings.png")
    height, width = picture.shape[:2]
    assert width > 2 * height
    colours = {tuple(colour) for colour in (picture[..., :3].reshape(-1, 3) * 255).round().astype(int).tolist()}
    for number in range(3):  # an emotion each
        colour = matplotlib.colors.to_rgb(f"C{number}")
        assert tuple(round(255 * part) for part in colour) in colours
    with pytest.raises(InputError, match="one: 3 labelled utterances"):
        plot_embeddings({"one": features.subset({"utt0", "utt1", "utt2"})}, tmp_path / "few.png")
    assert not (tmp_path / "few.png").exists()
