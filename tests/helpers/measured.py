"""Results of all kinds on answers that are made up, as commands write them."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from c2ser.bin.score import main as score
from c2ser.data.scores import format_scores
from c2ser.data.tables import read_table, write_table
from c2ser.interventions.summary import Outcome, exchange_figures, reference_figures
from c2ser.stability.conditions import list_conditions, read_conditions
from c2ser.stability.summary import Answered, summarise_stability

EMOTIONS = ("angry", "happy", "sad")
EXPLICIT, IMPLICIT, WORDS = "alm_<b>_explicit", "alm_implicit", "words"
LABEL = "no & <i>never</i> «ü»"


def write_set(folder: Path, *, speakers: int = 6, takes: int = 5, seed: int = 0) -> None:
    """Writes a data directory with audio, levels and words that have marks of HTML in them."""
    rng = np.random.default_rng(seed)
    utts = {f"s{speaker}-{take}": f"s{speaker}" for speaker in range(speakers) for take in range(takes)}
    for utt in utts:
        (folder / "wav").mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / "wav" / f"{utt}.wav", rng.normal(0, 0.1, 3200), 16000)
    tables = {
        "wav.scp": {utt: folder.resolve() / "wav" / f"{utt}.wav" for utt in utts},
        "utt2spk": utts,
        "spk2gender": {speaker: "fm"[int(speaker[1:]) % 2] for speaker in utts.values()},
        "utt2emo": {utt: EMOTIONS[number % 3] for number, utt in enumerate(utts)},
        "text": dict.fromkeys(utts, LABEL),
        "utt2lang": dict.fromkeys(utts, "en"),
        "attribute_levels": {utt: " ".join(rng.choice(["low", "medium", "high"], 3)) for utt in utts},
        "attributes": dict.fromkeys(utts, "120.0 -20.0 12.0"),
    }
    for name, table in tables.items():
        write_table(folder / name, table)


def answer(data: Path, answers: Path, *, right: float, scores: bool = False, seed: int = 1) -> None:
    """Writes and scores answers of which about a share is right."""
    rng, labels = np.random.default_rng(seed), read_table(data / "utt2emo")
    given = {utt: label if rng.random() < right else rng.choice(EMOTIONS) for utt, label in labels.items()}
    said = 'The speaker talks at a fast pace, in a low pitch, at a high volume. The words "{}" are heard. '
    write_table(answers / "utt2emo", given)
    text = {utt: said.format(LABEL) + f"The speaker seems to be {emotion}." for utt, emotion in given.items()}
    write_table(answers / "text", text)
    if scores:
        write_table(answers / "utt2scores", {utt: _scores(emotion, rng) for utt, emotion in given.items()})
    call(score, ref=data / "utt2emo", hyp=answers / "utt2emo", output_dir=answers / "score")


def call(command, **options) -> None:
    """Calls a command."""
    command([word for name, value in options.items() for word in (f"--{name}", str(value))])


def _scores(emotion: str, rng: np.random.Generator) -> str:
    confidence = rng.uniform(0.5, 0.99)
    others = [name for name in EMOTIONS if name != emotion]
    return format_scores({emotion: confidence, **dict.fromkeys(others, (1 - confidence) / 2)})


def write_stability(folder: Path, data: Path) -> None:
    """Writes the result of answers that change under one condition."""
    labels = read_table(data / "utt2emo")
    conditions = list_conditions(read_conditions(), "implicit", emotions=EMOTIONS)
    other = dict.fromkeys(labels, "sad")
    answers = {condition.name: labels for condition in conditions} | {"noise_0": other}
    result = {"model": "exp/alm_implicit", "mode": "implicit"}
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(
        json.dumps(result | summarise_stability(conditions, Answered(labels, answers, {}, {})))
    )


def write_interventions(folder: Path, data: Path) -> None:
    """Writes the result of a model that follows Whisper alone, and is not asked to give reasons."""
    labels = read_table(data / "utt2emo")
    alone, pairs = {utt: utt for utt in labels}, list(pairwise(labels))
    kept = [Outcome(*pair, *(labels[utt] for utt in pair), labels[pair[0]]) for pair in pairs]
    followed = [replace(outcome, answer=outcome.other) for outcome in kept]
    result = {"model": "exp/alm_implicit", "mode": "implicit", "n_utts": len(labels), "n_classes": 3}
    result |= {"ci95_over": "utterances", "pairs": {"n": len(pairs), "same_speaker": 0.8}}
    result["interventions"] = {
        "emotion2vec": exchange_figures(kept, units=alone),
        "whisper": exchange_figures(followed, units=alone),
    }
    result["references"] = {
        "unchanged": reference_figures(labels, labels, speakers={}),
        "blind": reference_figures(labels, dict.fromkeys(labels, "sad"), speakers={}),
    }
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(result))
