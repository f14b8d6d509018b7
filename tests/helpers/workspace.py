"""The files that code in the manual names, small."""

import sys
from pathlib import Path

import numpy as np
import soundfile

from c2ser.acoustics.levels import Thresholds
from c2ser.data.tables import write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.packing.packed_model import PackedModel
from helpers.data_dirs import spk2utt
from helpers.tiny_alm import ACOUSTIC_WIDTH, build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec

RATE = 16000
THRESHOLDS = Thresholds({"pitch": (100.0, 150.0), "energy": (-20.0, -10.0), "rate": (2.0, 9.0)})
EMOTIONS = ("angry", "happy", "sad")


def voice(frequency: float, seconds: float = 0.6) -> np.ndarray:
    """Five harmonics, whose pitch is plain."""
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.1 * np.sin(2 * np.pi * number * frequency * time) / number for number in range(1, 6)).astype("f4")


def make_workspace(folder: Path, llm: Path) -> Path:
    """Lays out models, audio and data directories by the names that the manual has for them.

    Args:
        folder: receives them.
        llm: a language model without weights.
    """
    pack(folder / "egs" / "mini_emo" / "exp", llm)
    save_classifier(folder / "emotion2vec_plus_large")
    for name in ("a.wav", "b.flac", "recordings/c.wav", "recordings/d.wav"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, voice(90 + 10 * len(path.stem)), RATE)
    soundfile.write(folder / "interview.wav", voice(120, 31), RATE)
    make_set(folder / "data" / "train", speakers=range(3))
    make_set(folder / "data" / "test", speakers=range(3, 5))
    make_set(folder / "data" / "many_speakers", speakers=range(10))
    (folder / "bin").mkdir()
    (folder / "bin" / "c2ser").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m c2ser "$@"\n')
    (folder / "bin" / "c2ser").chmod(0o755)
    (folder / "answers").mkdir()
    (folder / "answers" / "utt2emo").write_bytes((folder / "data" / "test" / "utt2emo").read_bytes())
    return folder


def pack(folder: Path, llm: Path) -> None:
    """Packs a model of random weights, for both modes."""
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(folder / "encoder", ACOUSTIC_WIDTH))
    model = build(tiny_config(llm), seed=3)
    PackedModel(model, encoder, list(PAPER_EMOTIONS), {}, thresholds=THRESHOLDS).save(folder / "packed")
    (folder / "packed_explicit").symlink_to("packed")


def save_classifier(folder: Path) -> None:
    """Saves an encoder with a classifier, as emotion2vec+ is one."""
    plain = Emotion2Vec.from_pretrained(save_emotion2vec(folder, ACOUSTIC_WIDTH))
    Emotion2Vec(plain.encoder, EMOTIONS).save_pretrained(folder)


def make_set(folder: Path, speakers: range) -> None:
    """Writes a data directory of four utterances per speaker and emotion."""
    folder.mkdir(parents=True)
    utterances = {
        f"s{speaker}-{emotion}{number}": (f"s{speaker}", emotion, 100 + 10 * speaker + number)
        for speaker in speakers
        for emotion in EMOTIONS
        for number in range(4)
    }
    utterances = dict(sorted(utterances.items()))
    for utterance, (_, _, frequency) in utterances.items():
        soundfile.write(folder / f"{utterance}.wav", voice(frequency, 0.3), RATE)
    write_table(folder / "wav.scp", {utt: str(folder / f"{utt}.wav") for utt in utterances})
    write_table(folder / "utt2spk", {utt: speaker for utt, (speaker, _, _) in utterances.items()})
    write_table(folder / "spk2utt", spk2utt({utt: speaker for utt, (speaker, _, _) in utterances.items()}))
    write_table(folder / "utt2emo", {utt: emotion for utt, (_, emotion, _) in utterances.items()})
