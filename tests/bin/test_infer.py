"""infer from end to end, with a packed model of hardly any weights."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.bin import infer
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.pipeline import C2SER


@pytest.fixture(scope="module")
def packed(llms, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("packed")
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(folder / "encoder", width=ACOUSTIC_WIDTH))
    C2SER(encoder, C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS)).save_pretrained(folder / "model")
    return str(folder / "model")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """20 files, of which two are broken."""
    folder = tmp_path_factory.mktemp("recordings")
    random = np.random.default_rng(0)
    for number in range(20):
        samples = random.normal(scale=0.1, size=1000 + 300 * number)
        soundfile.write(folder / f"{number:02} 'a\tb.wav", samples, 16000)
    (folder / "03 'a\tb.wav").write_bytes(b"text, renamed")
    (folder / "11 'a\tb.wav").write_bytes(b"")
    return folder


def run(packed: str, *words: object) -> int:
    """Runs the command and returns its exit code."""
    try:
        infer.main(["--model", packed, "--constrained", *map(str, words)])
    except SystemExit as ended:
        return ended.code
    return 0


def test_bad_files_are_listed_at_the_end_with_exit_code_3(packed, recordings, capsys):
    assert run(packed, recordings) == 3
    out, err = capsys.readouterr()
    head, *rows = out.splitlines()
    assert head.split("\t") == ["file", "seconds", "emotion", "probability", *PAPER_EMOTIONS, "text"]
    assert len(rows) == 18 and all(len(row.split("\t")) == len(head.split("\t")) for row in rows)
    probabilities = np.array([[float(value) for value in row.split("\t")[4:-1]] for row in rows])
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    left_out, last = err.splitlines()[-3:-1], err.splitlines()[-1]
    assert [line.partition(".wav: ")[2][:6] for line in left_out] == ["broken", "empty "]
    assert last == "error: 2 inputs were left out of 20; the reasons are above"


def test_formats_go_by_the_suffix_of_the_output(packed, recordings, tmp_path, capsys):
    good = [path for path in sorted(recordings.iterdir()) if path.stat().st_size > 100]
    assert run(packed, *good, "--output", tmp_path / "a.jsonl", "--emotions", "sad,happy") == 0
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [answer["file"] for answer in answers] == list(map(str, good))
    assert {answer["emotion"] for answer in answers} <= {"sad", "happy"} and "path" not in answers[0]
    assert run(packed, *good, "--output", tmp_path / "a.csv", "--no_scores") == 0
    rows = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text(), newline="")))
    assert rows[0] == ["file", "seconds", "emotion", "text"] and [row[0] for row in rows[1:]] == list(map(str, good))
    assert run(packed, good[0], "--format", "ctm", "--mode", "implicit") == 0
    assert capsys.readouterr().out.split()[0].endswith("00%20'a%09b.wav")


def test_segments_have_rows_and_times(packed, tmp_path, capsys):
    path = tmp_path / "noise, then nothing.wav"
    soundfile.write(path, np.zeros(16000), 16000)
    assert run(packed, path, "--segments") == 0
    head, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert head[:4] == ["file", "start", "end", "emotion"] and rows
    assert all(0 <= float(row[1]) < float(row[2]) <= 1 for row in rows)


def test_one_answer_does_not_depend_on_the_others(packed, recordings, capsys):
    assert run(packed, recordings) == 3
    together = {row.split("\t")[0]: row.split("\t") for row in capsys.readouterr().out.splitlines()[1:]}
    for path in sorted(recordings.iterdir())[:3]:
        assert run(packed, path) == 0
        (alone,) = (row.split("\t") for row in capsys.readouterr().out.splitlines()[1:])
        other = together[alone[0]]
        assert (alone[:3], alone[-1]) == (other[:3], other[-1])
        assert np.allclose(list(map(float, alone[3:-1])), list(map(float, other[3:-1])), atol=2e-4)


def test_nothing_but_the_answers_is_printed(packed, recordings):
    """A process of its own, whose libraries may print what they like when they are loaded."""
    command = [sys.executable, "-W", "default", "-m", "c2ser", "infer", "--model", packed, "-", "--format", "table"]
    good = next(path for path in recordings.iterdir() if path.stat().st_size > 100)
    done = subprocess.run(command, input=f"{good}\n", capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "" and len(done.stdout.splitlines()) >= 2


def test_options_that_make_no_sense_are_wrong_usage(packed, capsys):
    assert run(packed, "a.wav", "--mode", "implicit", "--reasons", "measured") == 2
    assert run(packed, "a.wav", "--asr", "x") == 2
    assert "--measure" in capsys.readouterr().err
    assert run(
        packed, "a.wav", "--emotions", "sda"
    ) == "error: emotions: 'sda' is not in the model's label set; it has " + (", ".join(PAPER_EMOTIONS))
