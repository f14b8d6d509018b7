"""Scores of a user's own tables of files."""

import json

import pytest

from c2ser.bin import score

NAMES = ["a b.wav", 'say "no".wav', "c,d.wav", "e.wav"]
TRUTH = ["sad", "happy", "sad", "angry"]


def exit_of(*words: object) -> object:
    with pytest.raises(SystemExit) as ended:
        score.main(list(map(str, words)))
    return ended.value.code


@pytest.fixture
def labels(tmp_path):
    quoted = (name.replace('"', '""') for name in NAMES)
    rows = ["emotion,file", *(f'{emotion},"{name}"' for emotion, name in zip(TRUTH, quoted))]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path / "labels.csv"


@pytest.mark.parametrize("suffix", ["jsonl", "tsv"])
def test_answers_about_files_are_scored_against_labels_of_files(labels, tmp_path, capsys, suffix):
    answers = dict(zip(NAMES, ["sad", "happy", None, "angry"]))
    lines = {
        "jsonl": [json.dumps({"file": name, "emotion": emotion}) for name, emotion in answers.items()],
        "tsv": ["file\temotion", *(f"{name}\t{emotion or '<invalid>'}" for name, emotion in answers.items())],
    }
    hyp = tmp_path / f"answers.{suffix}"
    hyp.write_text("\n".join(lines[suffix]))
    score.main(["--ref", str(labels), "--hyp", str(hyp), "--output_dir", str(tmp_path / "score")])
    result = json.loads((tmp_path / "score" / "result.json").read_text())
    assert (result["n_utts"], result["wa"], result["invalid_rate"]) == (4, 0.75, 0.25)
    printed = capsys.readouterr().out
    score.main(["--ref", str(labels), "--hyp", str(hyp)])
    assert capsys.readouterr().out == printed


def test_tables_that_cannot_be_scored_are_one_line(labels, tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    for text, message in (
        ("file,label\na.wav,sad\n", ":2: no file and emotion"),
        ("file,emotion\na.wav,sad\na.wav,happy\n", ":3: 'a.wav' is a duplicate"),
    ):
        bad.write_text(text)
        assert str(exit_of("--ref", labels, "--hyp", bad)).startswith(f"error: {bad}{message}")
    bad.write_bytes(b"file,emotion\na.wav,sad\nb.wav,\xe9\n")
    assert str(exit_of("--ref", labels, "--hyp", bad)) == f"error: {bad}:3: not UTF-8; convert the file with iconv"
    assert exit_of("--ref", labels, "--hyp", tmp_path / "utt2emo") == 2
    bad.write_text("file,emotion\nother.wav,sad\n")
    assert str(exit_of("--ref", labels, "--hyp", bad)).startswith("error: bad.csv:")


def test_turns_are_scored_where_both_files_are_rttm(labels, tmp_path, capsys):
    ref = tmp_path / "ref.rttm"
    ref.write_text("SPEAKER a 1 0 4 <NA> <NA> sad\n")
    score.main(["--ref", str(ref), "--hyp", str(ref), "--output_dir", str(tmp_path / "score")])
    assert json.loads((tmp_path / "score" / "result.json").read_text())["eder"] == 0
    assert "EDER" in capsys.readouterr().out
    assert exit_of("--ref", ref, "--hyp", labels) == 2
    assert exit_of("--ref", ref, "--hyp", ref, "--emotions", "emotions") == 2
    assert exit_of("--ref", labels, "--hyp", labels, "--durations", "reco2dur") == 2
