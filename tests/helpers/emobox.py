"""EmoBox metadata of a made-up corpus."""

import json
from pathlib import Path


def write_rows(path: Path, rows: list[dict]) -> None:
    """Writes a list of EmoBox."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def row(name: str, label: str, **others: object) -> dict:
    """A row of the corpus `toy`, whose audio is ``downloads/toy/sub/<name>.wav``."""
    return {"key": f"toy-{name}", "wav": f"downloads/toy/sub/{name}.wav", "length": 1.0, "emo": label} | others


def write_toy(root: Path) -> tuple[Path, Path]:
    """Writes metadata of the corpus `toy`, 30 rows to train on and 10 to test on, and audio files that are not audio.

    Returns:
        The folders of the metadata and of the audio, with spaces in their names.
    """
    metadata, audio = root / "Emo Box" / "toy", root / "Ton für alle"
    rows = [row(f"u {index}", "aNx"[index % 3] if index < 30 else "a") for index in range(40)]
    write_rows(metadata / "fold_1" / "toy_train_fold_1.jsonl", rows[:30])
    write_rows(metadata / "fold_1" / "toy_test_fold_1.jsonl", rows[30:])
    (metadata / "label_map.json").write_text(json.dumps({"A": "Anger", "n": "Neutral", "x": "breath"}))
    (audio / "sub").mkdir(parents=True)
    for index in range(40):
        (audio / "sub" / f"u {index}.wav").write_bytes(b"x")
    return metadata, audio
