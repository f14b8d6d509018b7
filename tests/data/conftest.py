"""A data directory that a corpus's utterances were written to."""

from pathlib import Path

import pytest
from helpers.data_dirs import EMOTIONS

from c2ser.data.data_dir import DataDir
from c2ser.data.utterance import Utterance
from c2ser.data.writing import write_emotions


@pytest.fixture
def utterances(tmp_path) -> list[Utterance]:
    """Nine utterances of three speakers in no order, one unlabelled, in a folder with spaces and umlauts."""
    folder = tmp_path / "Größe  XL 中"
    folder.mkdir()
    made = []
    for index in (4, 8, 0, 6, 2, 7, 1, 5, 3):
        speaker = f"spk{index % 3}"
        wav = folder / f"{index} é.wav"
        wav.write_bytes(b"x")
        emotion = None if index == 5 else EMOTIONS[index // 3]
        text = "  ein \n Satz " if index else None
        made.append(Utterance(f"{speaker}-{index}", wav, speaker, emotion, text, "de", "fmf"[index % 3]))
    return made


@pytest.fixture
def data(tmp_path, utterances) -> Path:
    DataDir(tmp_path / "data" / "train").write(utterances, EMOTIONS, corpus="corpus a")
    write_emotions(tmp_path / "data" / "emotions", EMOTIONS)
    return tmp_path / "data" / "train"
