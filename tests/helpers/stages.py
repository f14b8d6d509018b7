"""Data directories as the stages of a recipe leave them, and the page that shows them."""

from html.parser import HTMLParser
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.data.writing import write_emotions
from c2ser.inspection.checks import find_warnings
from c2ser.inspection.sets import read_data_sets
from c2ser.rationales.targets import build_cot

EMOTIONS = ("angry", "sad")


class Page(HTMLParser):
    """Reads a page: tables by their caption or the heading above and their first cell, references, tags, text."""

    VOID = {"meta", "img"}

    def __init__(self, path: Path):
        super().__init__()
        self.tables: dict[tuple[str, str], list[list[str]]] = {}
        self.references: list[str] = []
        self.tags: list[str] = []
        self.text = self.title = ""
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self.references += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        if tag in ("caption", "h2", "h3"):
            self.title = ""
        elif tag == "table":
            self.rows: list[list[str]] = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]
            self.tables[self.title.strip(), rows[0][0]] = rows

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data
        if {"caption", "h2", "h3"} & set(self.open):
            self.title += data
        elif {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def stage_1(directory: Path, num: int = 12, speakers: str = "ab") -> Path:
    """A set of ``num`` angry and then ``num`` sad utterances, every fourth in Chinese; speakers take turns."""
    utts = []
    for number in range(2 * num):
        speaker = directory.name + speakers[number % len(speakers)]
        utts.append(
            Utterance(
                id=f"{speaker}_{number:04}",
                wav=directory / "wav" / f"{speaker}_{number:04}.wav",
                speaker=speaker,
                emotion=EMOTIONS[number // num],
                text=f"sentence {number}",
                language="en" if number % 4 else "zh",
                gender="f",
            )
        )
    DataDir(directory).write(utts, EMOTIONS)
    write_emotions(directory.parent / "emotions", EMOTIONS)
    return directory


def stage_2(directory: Path, num: int = 12) -> Path:
    """Durations of 1.00, 1.02, ... s, pitches of 100, 101, ... Hz, by line."""
    utts = list(read_table(stage_1(directory, num) / "utt2spk"))
    write_table(directory / "utt2dur", {utt: f"{1 + line / 50:.4f}" for line, utt in enumerate(utts)})
    values = {utt: f"{100 + line}.000 {line - 30}.000 {10 + line % 3}.000" for line, utt in enumerate(utts)}
    write_table(directory / "attributes", values)
    return directory


def stage_6(directory: Path, num: int = 12, thresholds: Path | None = None) -> Path:
    build_cot(stage_2(directory, num), directory, thresholds=thresholds)
    return directory


def change(path: Path, values: dict[str, str | None]) -> None:
    """Changes lines of a table; None takes a line away."""
    table = (read_table(path) if path.exists() else {}) | values
    write_table(path, {key: value for key, value in table.items() if value is not None})


def utts_of(directory: Path) -> list[str]:
    return list(read_table(directory / "utt2spk"))


def warnings(sets: list[Path]) -> list[str]:
    return find_warnings(read_data_sets(sets), EMOTIONS)
