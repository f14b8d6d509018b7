"""The files of a run: sets in ``dump``, their comparison, an experiment with scores and reasons."""

import json
from pathlib import Path

import pytest
import yaml

from c2ser.data.files import atomic_write
from c2ser.data.leaks import REPORT, find_leaks
from c2ser.data.tables import write_table
from c2ser.rationales.templates import explicit_target
from c2ser.scoring.faithfulness import measure_faithfulness
from c2ser.scoring.score import score_files

EMOTIONS = ("angry", "happy", "sad", "neutral")
SPEAKERS = {"train": ("anna", "bert"), "dev": ("dora",), "test": ("cleo", "emil")}
SEXES = {"anna": "f", "bert": "m", "cleo": "f", "dora": "f", "emil": "m"}
LEVELS = ("low", "medium", "high")
CONFIG = {"whisper": "openai/whisper-base", "llm": "Qwen/Qwen2-7B", "explicit_probability": [1.0, 0.5], "seed": 3}


def write_set(folder: Path, speakers: tuple[str, ...], corpus: str) -> None:
    """Twelve utterances of each speaker, of 1.0 to 1.3 s; those with odd numbers are English."""
    utterances = {f"{speaker}-{one}{number}": speaker for speaker in speakers for one in "abc" for number in range(4)}
    tables = {
        "utt2spk": utterances,
        "wav.scp": {utt: f"{utt}.wav" for utt in utterances},
        "spk2gender": {speaker: SEXES[speaker] for speaker in speakers},
        "utt2emo": {utt: EMOTIONS[int(utt[-1]) % 4] for utt in utterances},
        "utt2lang": {utt: "en" if int(utt[-1]) % 2 else "de" for utt in utterances},
        "utt2corpus": dict.fromkeys(utterances, corpus),
        "utt2dur": {utt: f"1.{utt[-1]}" for utt in utterances},
        "text": {utt: f"sentence {utt[-1]}" for utt in utterances},
        "attribute_levels": {utt: " ".join(LEVELS) for utt in utterances},
    }
    for name, table in tables.items():
        write_table(folder / name, table)


def answer(exp: Path, dump: Path, name: str) -> None:
    """Emil's angry utterances are taken for sad ones; all else is right."""
    output = exp / "inference_explicit" / name
    truths = dict(line.split() for line in (dump / name / "utt2emo").read_text().splitlines())
    heard = {
        utt: "sad" if utt.startswith("emil") and emotion == "angry" else emotion for utt, emotion in truths.items()
    }
    write_table(output / "utt2emo", heard)
    texts = {
        utt: explicit_target(LEVELS, text=f"sentence {utt[-1]}", emotion=heard[utt], language="en") for utt in heard
    }
    write_table(output / "text", texts)
    score_files(dump / name / "utt2emo", output / "utt2emo", output_dir=output / "score")
    measure_faithfulness(dump / name, output / "text", output_dir=output / "faithfulness")


@pytest.fixture
def write_run(tmp_path):
    """Writes a run; the corpus and the name of the test set may be anything."""

    def written(corpus: str = "emodb", test: str = "test", **config: object) -> Path:
        dump, exp = tmp_path / "dump", tmp_path / "exp" / "alm"
        for name, speakers in SPEAKERS.items():
            write_set(dump / (test if name == "test" else name), speakers, corpus)
        sets = [dump / "train"], [dump / test]
        leaks = find_leaks(*sets, dev_dir=dump / "dev", hashes=lambda path: [(path.name, path.name)])
        with atomic_write(dump / REPORT) as file:
            json.dump(leaks.as_json(), file)
        answer(exp, dump, test)
        folders = {"train_dir": str(dump / "train"), "valid_dir": str(dump / "dev")}
        (exp / "config.yaml").write_text(yaml.safe_dump(CONFIG | folders | config))
        return exp

    return written
