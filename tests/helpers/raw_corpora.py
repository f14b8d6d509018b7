"""Folders of corpora as their owners have them, laid out by EmoBox's metadata around one tiny audio file."""

import json
import os
import shutil
from pathlib import Path

from helpers.audio import encoded, tone


def read_lists(metadata_dir: Path) -> dict[str, dict]:
    """Reads path -> row of all lists of a corpus."""
    lines = [line for path in sorted(metadata_dir.rglob("*.jsonl")) for line in path.read_text().splitlines()]
    return {row["wav"]: row for row in map(json.loads, lines)}


def lay_out(root: Path, paths: list[str]) -> None:
    """Links one tiny file to all paths below a folder."""
    tiny = root / "tiny.wav"
    tiny.write_bytes(encoded(tone(seconds=0.05), format="WAV"))
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(tiny, root / path)


def write_iemocap_labels(source_dir: Path, rows: dict[str, dict]) -> None:
    """Writes labels and transcripts of the dialogues that the rows are of."""
    for row in rows.values():
        name = Path(row["wav"]).stem
        session, dialogue = source_dir / Path(row["wav"]).parts[2], name.rpartition("_")[0]
        for folder in ("EmoEvaluation", "transcriptions"):
            (session / "dialog" / folder).mkdir(parents=True, exist_ok=True)
        with open(session / "dialog" / "EmoEvaluation" / f"{dialogue}.txt", "a") as file:
            file.write(f"[6.2901 - 8.2357]\t{name}\t{row['emo']}\t[2.5000, 2.5000, 2.5000]\nC-E1:\tNeutral;\t()\n")
        with open(session / "dialog" / "transcriptions" / f"{dialogue}.txt", "a") as file:
            file.write(f"{name} [006.2901-008.2357]: Excuse me. [LAUGHTER]\n")


def write_m3ed_annotation(source_dir: Path, rows: dict[str, dict]) -> None:
    """Writes the annotation of the dialogues that the rows are of, whose sides are the same characters everywhere."""
    annotation: dict[str, dict] = {}
    for row in rows.values():
        side, _, name = Path(row["wav"]).stem.partition("_")
        dialogue = name.rpartition("_")[0]
        series = dialogue.rpartition("_")[0]
        characters = {"A": {"Name": "方圆", "Gender": "Male"}, "B": {"Name": "钟 晓芹", "Gender": "Female"}}
        content = annotation.setdefault(series, {}).setdefault(dialogue, {"SpeakerInfo": characters, "Dialog": {}})
        emotion = {"EmoAnnotator1": row["emo"], "final_mul_emo": row["emo"], "final_main_emo": row["emo"]}
        content["Dialog"][name] = {"Text": "你好", "Speaker": side, "EmoAnnotation": emotion}
    (source_dir / "annotation.json").write_text(json.dumps(annotation, ensure_ascii=False), encoding="utf-8")
    (source_dir / "splitInfo").mkdir()
    for number, name in enumerate(("train", "val", "test")):
        series = sorted(annotation)[number::3]
        (source_dir / "splitInfo" / f"movie_list_{name}.txt").write_text("\n".join(series))


def add_labels(name: str, source_dir: Path, *, rows: dict[str, dict], tables: Path) -> None:
    """Adds the files of labels of the corpora whose paths do not have them."""
    if name == "iemocap":
        write_iemocap_labels(source_dir, rows)
    elif name == "m3ed":
        write_m3ed_annotation(source_dir, rows)
    elif name == "meld":
        for table in ("train", "dev", "test"):
            shutil.copy(tables / "meld" / f"{table}_sent_emo.csv", source_dir)
