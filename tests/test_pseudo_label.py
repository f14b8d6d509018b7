"""Pseudo-labels on a small corpus of noise: dark noise with one vocabulary, bright noise with another."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter

from c2ser.data.data_dir import Utterance, validate_data_dir, write_data_dir
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.pseudo_label.acoustic import log_mel_statistics
from c2ser.pseudo_label.agreement import agreed_labels, pseudo_label

EMOTIONS = ("angry", "sad")
TEXTS = {"angry": ("go away now", "away with you"), "sad": ("i miss home", "missing them")}
SPEAKERS = ("s1", "s2", "s3")


def sound(emotion: str, rng: np.random.Generator) -> np.ndarray:
    coefficients = [1, -0.9] if emotion == "angry" else [1, 0.9]
    return 0.05 * lfilter(coefficients, [1], rng.standard_normal(rng.integers(6000, 9000)))


def write_set(root: Path, name: str, cells, labelled: bool) -> Path:
    """Writes utterances of (speaker, emotion of the sound, emotion of the words)."""
    rng = np.random.default_rng(len(cells))
    utterances = []
    for index, (speaker, heard, said) in enumerate(cells):
        utt = f"{speaker}_{name}{index:02d}"
        wav = root / "wav" / f"{utt}.wav"
        wav.parent.mkdir(exist_ok=True)
        soundfile.write(wav, sound(heard, rng), 16000)
        emotion = heard if labelled else None
        utterances.append(Utterance(utt, wav, speaker, emotion, TEXTS[said][index % 2]))
    write_data_dir(root / name, utterances, EMOTIONS)
    attributes = {utt.id: "nan -23.0 12.0" for utt in utterances}
    write_table(root / name / "attributes", attributes)
    return root / name


@pytest.fixture
def sets(tmp_path) -> tuple[Path, Path]:
    labelled = [(speaker, emotion, emotion) for speaker in SPEAKERS for emotion in EMOTIONS for _ in range(4)]
    unlabelled = [("s4", heard, said) for heard in EMOTIONS for said in EMOTIONS for _ in range(2)]
    return write_set(tmp_path, "train", labelled, True), write_set(tmp_path, "unlabelled", unlabelled, False)


def test_labels_only_what_both_teachers_say(sets, tmp_path):
    train, unlabelled = sets
    truth = {utt: "angry" if int(utt[-2:]) < 4 else "sad" for utt in read_table(unlabelled / "wav.scp")}
    write_table(tmp_path / "truth", truth)
    output = tmp_path / "out"
    report = pseudo_label(train, unlabelled, output, reference=tmp_path / "truth")
    labels = read_table(output / "utt2emo")
    assert labels == {
        f"s4_unlabelled{i:02d}": emotion for i, emotion in ((0, "angry"), (1, "angry"), (6, "sad"), (7, "sad"))
    }
    assert read_table(output / "wav.scp") == read_table(unlabelled / "wav.scp")
    assert validate_data_dir(output) == []
    assert report["coverage"] == 0.5 and report["precision"] == 1.0 and report["per_class"] == {"angry": 2, "sad": 2}
    assert report["teachers"]["acoustic"] == {"accuracy": 1.0, "majority": 0.5, "precision": 1.0}
    assert report["teachers"]["text"]["precision"] == 0.5
    assert json.loads((output / "report.json").read_text()) == report
    assert "precision here 1.000" in (output / "report.txt").read_text()


def test_same_bytes_again_and_an_earlier_output_is_replaced(sets, tmp_path):
    train, unlabelled = sets
    pseudo_label(train, unlabelled, tmp_path / "a")
    (tmp_path / "a" / "log").mkdir()
    (tmp_path / "a" / "utt2emo").write_text("s9_old sad\n")
    for name in "ab":
        pseudo_label(train, unlabelled, tmp_path / name)
    assert (tmp_path / "a" / "log").is_dir()
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert not list(tmp_path.glob("*.part*"))


def test_failure_leaves_the_earlier_output(sets, tmp_path):
    train, unlabelled = sets
    pseudo_label(train, unlabelled, tmp_path / "out")
    before = (tmp_path / "out" / "utt2emo").read_bytes()
    Path(next(iter(read_table(unlabelled / "wav.scp").values()))).unlink()
    with pytest.raises(InputError, match="no such file"):
        pseudo_label(train, unlabelled, tmp_path / "out")
    assert (tmp_path / "out" / "utt2emo").read_bytes() == before


def test_utterances_without_words_stay_unlabelled(sets, tmp_path):
    train, unlabelled = sets
    texts = read_table(unlabelled / "text")
    del texts["s4_unlabelled00"]
    write_table(unlabelled / "text", texts)
    report = pseudo_label(train, unlabelled, tmp_path / "out")
    assert report["n_without_text"] == 1
    assert "s4_unlabelled00" not in read_table(tmp_path / "out" / "utt2emo")


def test_warns_of_a_teacher_that_has_learned_nothing(sets, tmp_path, caplog):
    train, unlabelled = sets
    write_table(train / "text", dict.fromkeys(read_table(train / "text"), "the same words"))
    pseudo_label(train, unlabelled, tmp_path / "out")
    assert "text teacher" in caplog.text and "no better" in caplog.text
    assert "warning: the text teacher" in (tmp_path / "out" / "report.txt").read_text()


def test_certainty_asked_for_too_high_is_said(sets, tmp_path, caplog):
    report = pseudo_label(*sets, tmp_path / "out", threshold=1.0)
    assert report["n_agreed"] == 0 and read_table(tmp_path / "out" / "utt2emo") == {}
    assert "lower --threshold" in caplog.text


def test_one_speaker_gives_labels_without_an_accuracy(sets, tmp_path):
    train, unlabelled = sets
    write_table(train / "utt2spk", dict.fromkeys(read_table(train / "utt2spk"), "s1"))
    report = pseudo_label(train, unlabelled, tmp_path / "out")
    assert report["n_agreed"] == 4 and report["teachers"]["text"]["accuracy"] is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train/text", None, "needs transcripts"),
        ("unlabelled/text", None, "needs transcripts"),
        ("unlabelled/text", "", "no transcript in it"),
        ("unlabelled/wav.scp", "", "no utterance to label"),
        ("train/utt2emo", "", "0 labelled utterances with text, of 0 emotions"),
        ("train/utt2emo", "s1_train00 sad\n", "1 labelled utterances with text, of 1 emotions"),
        ("train/attributes", None, "no such file"),
        ("train/attributes", "s1_train01 1 2 3\n", "no line for 's1_train00'"),
        ("train/attributes", "s1_train00 high\n", "run stage 2 again"),
    ],
)
def test_bad_input_is_one_line(sets, tmp_path, name, content, message):
    path = tmp_path / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        pseudo_label(*sets, tmp_path / "out")
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_agreement_is_symmetric_and_shrinks_with_the_threshold():
    rng = np.random.default_rng(0)
    one, other = (
        {str(i): (EMOTIONS[rng.integers(2)], float(rng.uniform(0.5, 1))) for i in range(100)} for _ in range(2)
    )
    kept = [agreed_labels(one, other, threshold).items() for threshold in (0, 0.6, 0.8, 1)]
    assert all(more >= fewer for more, fewer in zip(kept, kept[1:]))
    assert agreed_labels(one, other, 0.6) == agreed_labels(other, one, 0.6)
    assert len(kept[0]) == sum(one[utt][0] == other[utt][0] for utt in one)


@pytest.mark.parametrize("num_samples", [1, 399, 400, 16000])
def test_log_mel_statistics_ignore_level_and_take_any_length(num_samples):
    wave = np.random.default_rng(0).standard_normal(num_samples)
    statistics = log_mel_statistics(wave)
    assert statistics.shape == (120,) and np.isfinite(statistics).all()
    np.testing.assert_allclose(statistics, log_mel_statistics(0.1 * wave), atol=1e-3)
