"""Answers kept by what was asked, so that a killed job goes on where it stopped and nothing is asked twice."""

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

    Each object appends to a file of its own, so that the jobs of an array may share the folder. In memory are only the
    answers that are asked for.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._own = self.folder / f"{uuid4().hex}.jsonl"

    def read(self, keys: Collection[str]) -> dict[str, Any]:
        """Returns the answers that are there to some of the keys; a line torn by a kill is passed over."""
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
        """Adds an answer, which a kill from now on does not lose."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, "answer": answer}, ensure_ascii=False)
        with open(self._own, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
