"""Small sets in which sound and words agree or not, and the command that labels them."""

import json
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import lfilter

from c2ser.bin import pseudo_label as command
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import write_table
from c2ser.data.utterance import Utterance
from c2ser.pseudo_label.teacher import Answer
from helpers.paths import ROOT

EMOTIONS = ("angry", "sad")
TEXTS = {"angry": ("go away now", "away with you"), "sad": ("i miss home", "missing them")}
SPEAKERS = ("s1", "s2", "s3")
THRESHOLDS = {"acoustic": 0.5, "text": 0.5}
PROMPT_FILE = ROOT / "egs" / "TEMPLATE" / "conf" / "text_teacher.yaml"


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
    DataDir(root / name).write(utterances, EMOTIONS)
    attributes = {utt.id: "nan -23.0 12.0" for utt in utterances}
    write_table(root / name / "attributes", attributes)
    return root / name


CROSSED = [("s4", heard, said) for heard in EMOTIONS for said in EMOTIONS for _ in range(2)]
AGREED = {0: "angry", 1: "angry", 6: "sad", 7: "sad"}  # numbers of CROSSED where sound and words say the same


def run(output_dir: Path, *options: object, **folders: Path) -> dict:
    """Runs the command and returns its report."""
    given = [str(word) for name, folder in folders.items() for word in (f"--{name}", folder)]
    command.main(["--output_dir", str(output_dir), *given, *map(str, options)])
    return json.loads((output_dir / "report.json").read_text(encoding="utf-8"))


def random_answers(rng: np.random.Generator, count: int, emotions=("angry", "happy", "sad")) -> dict[str, Answer]:
    """Answers about a part of ``count`` utterances, some equally sure."""
    utts = rng.permutation(count)[: rng.integers(count // 2, count)]
    return {f"u{utt}": Answer(str(rng.choice(emotions)), float(rng.integers(1, 20)) / 20) for utt in utts}
