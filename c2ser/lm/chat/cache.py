"""Answers on disk by what was asked, so that a killed job resumes where it stopped and nothing is asked twice."""

import json
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

FIELDS = {"key", "answer"}


def content_key(content: Any) -> str:
    """Returns the SHA-256 of content that JSON can hold, the same in every process."""
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


class AnswerCache:
    """A folder of JSON lines ``{"key": ..., "answer": ...}``.

    Each object appends to its own file, so that the jobs of an array may share the folder. Only the answers that are
    asked for are held in memory.

    Args:
        folder: is made when the first answer is added.

    Example:
        >>> cache = AnswerCache("exp/cache")  # doctest: +SKIP
        >>> cache.append("key", "answer")  # doctest: +SKIP
        >>> cache.read(["key"])  # doctest: +SKIP
        {'key': 'answer'}
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._own = self.folder / f"{uuid4().hex}.jsonl"

    def read(self, keys: Collection[str]) -> dict[str, Any]:
        """Returns the answers to those of the keys that have one; lines cut off by a kill are skipped."""
        answers = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    try:
                        entry = json.loads(line)
                    except ValueError:
                        continue
                    if isinstance(entry, dict) and entry.keys() == FIELDS and entry["key"] in keys:
                        answers.setdefault(entry["key"], entry["answer"])
        return answers

    def append(self, key: str, answer: Any) -> None:
        """Adds an answer, which is on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, "answer": answer}, ensure_ascii=False)
        with open(self._own, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
