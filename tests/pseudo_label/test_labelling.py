"""Pseudo-labels on a small corpus of noise: dark noise with one vocabulary, bright noise with another."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.pseudo_label import (
    AGREED,
    CROSSED,
    EMOTIONS,
    run,
    sound,
    write_set,
)

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.pseudo_label import acoustic
from c2ser.pseudo_label.acoustic import log_mel_statistics, statistics_teacher
from c2ser.pseudo_label.labelling import Panel, pseudo_label


def test_labels_only_what_both_teachers_say(sets, tmp_path):
    truth = {utt: "angry" if int(utt[-2:]) < 4 else "sad" for utt in read_table(sets["unlabelled_dir"] / "wav.scp")}
    write_table(tmp_path / "truth", truth)
    output = tmp_path / "out"
    report = run(output, "--reference", tmp_path / "truth", **sets)
    assert read_table(output / "utt2emo") == {f"s4_unlabelled{i:02d}": emotion for i, emotion in AGREED.items()}
    assert read_table(output / "wav.scp") == read_table(sets["unlabelled_dir"] / "wav.scp")
    assert DataDir(output).validate() == []
    assert report["coverage"] == 0.5 and report["per_class"] == {"angry": 2, "sad": 2}
    for name, count in (("reference", 8), ("held_out", 16)):
        labels = report[name]["labels"]
        assert report[name]["n_utts"] == count
        assert [labels[by]["precision"] for by in ("acoustic", "text", "agreement")] == [1.0, 0.5, 1.0]
        assert [labels[by]["coverage"] for by in ("acoustic", "text", "agreement")] == [1.0, 1.0, 0.5]
        assert report[name]["gain"]["text"]["precision"] == 0.5
    assert (output / "report.png").stat().st_size > 0
    assert "| agreement" in (output / "report.txt").read_text()


def test_same_bytes_again_and_an_earlier_output_is_replaced(sets, tmp_path):
    run(tmp_path / "a", **sets)
    (tmp_path / "a" / "log").mkdir()
    (tmp_path / "a" / "utt2emo").write_text("s9_old sad\n")
    for name in "ab":
        run(tmp_path / name, **sets)
    assert (tmp_path / "a" / "log").is_dir()
    names = {path.name for path in (tmp_path / "b").iterdir() if path.is_file()}
    assert {"utt2emo", "report.json", "report.txt", "report.png", "wav.scp"} <= names
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert not list(tmp_path.glob("*.part*"))


def test_no_table_of_an_earlier_set_is_left(sets, tmp_path):
    run(tmp_path / "out", **sets)
    other = write_set(tmp_path, "other", CROSSED, labelled=False)
    (other / "text").unlink()
    run(tmp_path / "out", "--text", "none", **{**sets, "unlabelled_dir": other})
    assert not (tmp_path / "out" / "text").exists()
    assert DataDir(tmp_path / "out").validate() == []


def test_no_label_is_outside_of_the_label_set(sets, tmp_path):
    (tmp_path / "emotions").write_text("sad\nhappy\n")
    report = run(tmp_path / "out", "--text", "none", "--emotions", tmp_path / "emotions", **sets)
    assert set(read_table(tmp_path / "out" / "utt2emo").values()) == {"sad"}
    assert report["n_labelled"] == report["n_unanswered"]["acoustic"] == 4
    assert report["held_out"]["teachers"]["acoustic"]["n_answered"] == 8


def test_failure_leaves_the_earlier_output(sets, tmp_path):
    run(tmp_path / "out", **sets)
    before = (tmp_path / "out" / "utt2emo").read_bytes()
    Path(next(iter(read_table(sets["unlabelled_dir"] / "wav.scp").values()))).unlink()
    with pytest.raises(SystemExit, match="no such file"):
        run(tmp_path / "out", **sets)
    assert (tmp_path / "out" / "utt2emo").read_bytes() == before


def test_audio_is_listened_to_once_and_again_where_it_changed(sets, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(acoustic, "log_mel_statistics", lambda wave: heard.append(1) or log_mel_statistics(wave))
    train, unlabelled = sets["train_dir"], sets["unlabelled_dir"]
    for name, count in (("train", 24), ("unlabelled", 32), ("again", 32)):
        answers = statistics_teacher(train, tmp_path / "vectors")(unlabelled) if name != "train" else None
        if name == "train":
            statistics_teacher(train, tmp_path / "vectors")
        assert len(heard) == count
    wav = Path(read_table(unlabelled / "wav.scp")["s4_unlabelled00"])
    soundfile.write(wav, sound("sad", np.random.default_rng(0)), 16000)
    changed = statistics_teacher(train, tmp_path / "vectors")(unlabelled)
    assert answers["s4_unlabelled00"].emotion == "angry" and changed["s4_unlabelled00"].emotion == "sad"


def test_warns_of_a_teacher_that_has_learned_nothing(sets, tmp_path, caplog):
    train = sets["train_dir"]
    words = ("well", "oh well", "and so", "now", "oh")
    write_table(train / "text", {utt: words[number % 5] for number, utt in enumerate(read_table(train / "text"))})
    run(tmp_path / "out", **sets)
    assert "text teacher is no better" in caplog.text and "--text none" in caplog.text
    assert "acoustic teacher is no better" not in caplog.text
    assert "warning: the text teacher" in (tmp_path / "out" / "report.txt").read_text()


@pytest.mark.parametrize("dropped", ["acoustic", "text"])
def test_one_teacher_labels_alone(sets, tmp_path, caplog, dropped):
    if dropped == "acoustic":  # then nothing is listened to
        for wav in (tmp_path / "wav").iterdir():
            wav.unlink()
    else:
        for folder in sets.values():
            (folder / "text").unlink()
    report = run(tmp_path / "out", f"--{dropped}", "none", **sets)
    assert report["n_labelled"] == 8 and "gain" not in report["held_out"]
    said = [emotion for _, heard, said in CROSSED for emotion in [said if dropped == "acoustic" else heard]]
    assert list(read_table(tmp_path / "out" / "utt2emo").values()) == said
    assert ("text teacher is no better" in caplog.text) == (dropped == "acoustic")  # words cross the held-out labels


def test_says_what_cannot_be_trusted(sets, tmp_path, caplog):
    shared = write_set(tmp_path, "shared", [("s1", emotion, emotion) for emotion in EMOTIONS], True)
    folders = {**sets, "held_out_dir": shared}
    report = run(tmp_path / "out", "--text_threshold", 1, **folders)
    assert report["n_labelled"] == 0 and read_table(tmp_path / "out" / "utt2emo") == {}
    assert "no utterance received a label" in caplog.text and "1 speakers of the held-out set" in caplog.text
    del folders["held_out_dir"]
    run(tmp_path / "out", **folders)
    assert "no held-out labels" in caplog.text and not (tmp_path / "out" / "report.png").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train/text", None, "text teacher needs; .*--text none"),
        ("unlabelled/text", None, "text teacher needs"),
        ("unlabelled/utt2spk", "", "no utterance to label"),
        ("train/utt2emo", "", "0 labelled utterances of 0 emotions"),
        ("train/utt2emo", "s1_train00 sad\n", "1 labelled utterances of 1 emotions"),
        ("train/attributes", None, "no such file"),
        ("train/attributes", "s1_train01 1 2 3\n", "'s1_train00' is missing"),
        ("train/attributes", "s1_train00 high\n", "run extract_attributes again"),
        ("held_out/utt2emo", "", "no label of these utterances"),
        ("held_out/utt2emo", "s4_held_out00 cross\n", "unknown emotion 'cross'"),
        ("held_out/utt2spk", "s1_train00 s1\n", "'s1_train00' is in .*train too"),
    ],
)
def test_bad_input_is_one_line(sets, tmp_path, name, content, message):
    path = tmp_path / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(SystemExit, match=message) as error:
        run(tmp_path / "out", **sets)
    assert str(path.parent) in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


@pytest.mark.parametrize("name", ["unlabelled", "held_out", "train"])
def test_output_is_not_the_input(tmp_path, name):
    folders = {f"{other}_dir": tmp_path / other for other in ("unlabelled", "held_out", "train")}
    with pytest.raises(InputError, match="is the .* set itself"):
        pseudo_label(Panel({}, {}, EMOTIONS), output_dir=tmp_path / name, **folders)
