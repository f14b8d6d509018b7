"""Corpus against corpus: who is trained on whom, on which emotions, and what is left out."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.tiny_encoders import save_encoder

from c2ser.bin import cross_corpus as command
from c2ser.data.data_dir import DataDir
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError
from c2ser.probe.cross_corpus import CorpusFeatures, common_emotions, cross_corpus
from c2ser.probe.features import LabelledFeatures

CENTRES = {"angry": (3.0, 0.0), "sad": (0.0, 3.0), "bored": (-3.0, -3.0)}


def features(corpus: str, name: str, emotions: tuple[str, ...], turn: float = 0.0) -> LabelledFeatures:
    """Two speakers' utterances around the centres of their emotions, turned by an angle."""
    rng = np.random.default_rng(zlib.crc32(f"{corpus} {name}".encode()))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    labels = [emotion for emotion in emotions for _ in range(10)]
    vectors = np.array([rotation @ np.array(CENTRES[emotion]) for emotion in labels])
    vectors = (vectors + 0.3 * rng.normal(size=vectors.shape)).astype(np.float32)
    utts = [f"{corpus}-{name}-{number}" for number in range(len(labels))]
    return LabelledFeatures(utts, vectors, np.array(labels), np.array([f"s{i % 2}" for i in range(len(labels))]))


def corpus(name: str, emotions: tuple[str, ...], sets=("train", "test"), turn: float = 0.0) -> CorpusFeatures:
    files = {part: frozenset(f"{name}/{part}/{number}.wav" for number in range(10)) for part in sets}
    return CorpusFeatures(name, {part: features(name, part, emotions, turn) for part in sets}, files)


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


def test_each_is_trained_and_tested_on_each_on_the_emotions_that_all_have(tmp_path):
    corpora = [
        corpus("one", ("angry", "sad", "bored")),
        corpus("two", ("angry", "sad"), turn=np.pi / 2),  # its angry is where the others' sad is
        corpus("three", ("angry", "sad"), sets=("test",)),
    ]
    text = cross_corpus(corpora, head="linear", output_dir=tmp_path, model="tiny", command="./matrix.sh")
    assert "all of them have: angry and sad." in text and "chance is 50.0" in text
    assert text == (tmp_path / "RESULTS.md").read_text()
    head, _, *rows, numbers = table(text)
    assert head == ["trained on", "one", "two", "three", "mean of others"]
    values = {row[0]: row[1:] for row in rows}
    assert values["one"][0] == values["one"][2] == values["two"][1] == "100.0"
    assert float(values["one"][1]) <= 60 and float(values["two"][0]) <= 60
    assert values["one"][3] == f"{(float(values['one'][1]) + 100) / 2:.1f}"
    assert numbers == ["test utterances", "20", "20", "20", ""]
    assert (tmp_path / "matrix.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "two" / "three" / "result.json").is_file() and not (tmp_path / "three").exists()


def test_a_pair_with_utterances_in_both_sets_is_left_out(tmp_path):
    one, two = corpus("one", ("angry", "sad")), corpus("two", ("angry", "sad"))
    two = CorpusFeatures("two", two.sets, two.files | {"test": one.files["train"]})
    text = cross_corpus([one, two], head="linear", output_dir=tmp_path, model="tiny", command="x")
    assert [row[2] for row in table(text)[2:4]] == ["-", "100.0"] and table(text)[2][3] == "-"


def test_corpora_without_two_common_emotions_are_refused():
    corpora = [corpus("one", ("angry", "sad")), corpus("two", ("angry", "bored"))]
    with pytest.raises(InputError, match="have 1 emotions in common.*one has angry, sad; two has angry, bored"):
        common_emotions(corpora)


def test_the_command_extracts_features_once_and_writes_table_and_picture(tmp_path, capsys, caplog):
    encoder = save_encoder("wavlm", tmp_path / "encoder")
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        for part in ("train", "test"):
            utts = []
            for number in range(8):
                wav = tmp_path / "wav" / f"{name}-{part}-{number}.wav"
                wav.parent.mkdir(exist_ok=True)
                soundfile.write(wav, rng.normal(scale=0.1 + number % 2, size=2000), 16000)
                speaker = f"{name}{number % 4}"
                utts.append(Utterance(f"{speaker}-{part}{number}", wav, speaker, ("sad", "angry")[number % 2]))
            DataDir(tmp_path / name / part).write(utts, ["angry", "sad"])
    words = ["--encoder", str(encoder), "--output_dir", str(tmp_path / "exp")]
    command.main([*words, "--data_dirs", str(tmp_path / "one"), str(tmp_path / "two") + "/"])
    text = capsys.readouterr().out
    assert [row[0] for row in table(text)[2:]] == ["one", "two", "test utterances"]
    caplog.set_level("INFO")
    command.main([*words, "--data_dirs", str(tmp_path / "two"), str(tmp_path / "one")])
    assert sum("are there already" in message for message in caplog.messages) == 4
    with pytest.raises(SystemExit):
        command.main([*words, "--data_dirs", str(tmp_path / "one")])


def test_a_folder_without_sets_is_named(tmp_path):
    from c2ser.probe.cross_corpus import load_corpus

    with pytest.raises(InputError, match=f"{tmp_path}: has neither train nor test"):
        load_corpus(Path(tmp_path), lambda folder: folder)
