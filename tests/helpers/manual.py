"""The text of README and manual: its pages, blocks of code, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.paths import ROOT

OUTSIDE_DOCS = ("*.md", "egs/*/*.md", "egs/mini_emo/whisper/*.md", "tools/benchmark/*.md")
CHECKED = re.compile(r" *<!-- checked: (.+) -->$")
FENCE = re.compile(r"^( *)```(\w*)")
LINK = re.compile(r"(?<!`)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def pages() -> list[Path]:
    """Returns README, the manual and what else is a page of it."""
    found = {path for pattern in OUTSIDE_DOCS for path in ROOT.glob(pattern)} | set((ROOT / "docs").rglob("*.md"))
    return sorted(found)


def name(path: Path) -> str:
    """Returns the name of a page in messages."""
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        page: its file.
        line: of its first line of code, from 1.
        language: that the fence names.
        text: the code.
        reason: why it is only checked, not run; empty for one that is run.
    """

    page: Path
    line: int
    language: str
    text: str
    reason: str

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yields the blocks of a page. A line ``<!-- checked: WHY -->`` before a fence says that it is not run."""
    opened, before = None, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if opened is None and (fence := FENCE.match(line)):
            checked = CHECKED.match(before)
            opened = (number + 1, fence[1], fence[2], checked[1] if checked else "")
            code = []
        elif opened is not None and line.strip() == "```":
            yield Block(page, opened[0], opened[2], "".join(f"{line}\n" for line in code), opened[3])
            opened = None
        elif opened is not None:
            code.append(line.removeprefix(opened[1]))
        before = line
    assert opened is None, f"{name(page)}: a block of code is not closed"


def prose(page: Path) -> str:
    """Returns a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """Returns the targets of a page's links and pictures."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """Returns the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    titles = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in titles]
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}
