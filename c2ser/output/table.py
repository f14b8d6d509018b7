"""Answers as a table to read on a terminal, row by row as they come."""

import os.path
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from c2ser.emotions import INVALID
from c2ser.output.fields import escaped
from c2ser.output.formats import Answer, parts_of, probability_of

GAP = 2
SHORTEST_NAME, LONGEST_NAME = 16, 48  # characters; of longer ones the start and the end are shown
NARROWEST_TEXT = 32  # characters, for which names are shortened; on narrower terminals text is not wrapped


class Table:
    """A table whose columns are as wide as what is to come.

    Args:
        files: names of all files.
        emotions: the label set.
        width: characters of the terminal.
        probabilities: there is a column of them.

    Example:
        >>> table = Table(["a.wav"], ["sad"], width=60, probabilities=False)
        >>> answer = {"file": "a.wav", "seconds": 2.5, "emotion": "sad", "text": "It is sad."}
        >>> print("".join(table.lines([answer])), end="")
        file   seconds  emotion    text
        a.wav     2.50  sad        It is sad.
    """

    def __init__(self, files: Iterable[str], emotions: Sequence[str], *, width: int, probabilities: bool):
        self.file_width = 0
        self.emotion_width = max(map(len, ("emotion", INVALID, *emotions)))
        self.probabilities = probabilities
        room = width - len(self._line("", "", "", "", "")) - NARROWEST_TEXT
        files, limit = list(files), max(SHORTEST_NAME, min(room, LONGEST_NAME))
        self.folder = ""  # that all files are in, left out where it is too long
        if longest_name(files) > limit:
            common = os.path.commonprefix(files)
            self.folder = common[: common.rfind("/") + 1]
        longest = longest_name(file[len(self.folder) :] for file in files)
        self.file_width = max(len("file"), min(longest, limit))
        self.text_width = width - len(self._line("", "", "", "", ""))

    def lines(self, answers: Iterable[Answer]) -> Iterator[str]:
        """Yields the head, and for each file its row and a row per segment."""
        yield self._line("file", "seconds", "emotion", "prob.", "text").rstrip() + "\n"
        for answer in answers:
            yield self._row(self._name(answer["file"]), f"{answer['seconds']:.2f}", answer)
            if answer.get("segments"):
                for part in parts_of(answer):
                    yield self._row(f"  {clock(part.start)} to {clock(part.end)}", "", part.answer)

    def _row(self, name: str, seconds: str, answer: Answer) -> str:
        share = probability_of(answer)
        probability = "" if share is None else f"{share:.2f}"
        start = self._line(name, seconds, answer["emotion"] or INVALID, probability, "")
        text = escaped(" ".join(answer["text"].split()))
        if self.text_width < NARROWEST_TEXT:
            return f"{start}{text}".rstrip() + "\n"
        first, *others = textwrap.wrap(text, self.text_width) or [""]
        lines = [start + first, *(" " * display_width(start) + line for line in others)]
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def _line(self, name: str, seconds: str, emotion: str, probability: str, text: str) -> str:
        name += " " * (self.file_width - display_width(name))
        columns = [name, f"{seconds:>7}", f"{emotion:{self.emotion_width}}"]
        if self.probabilities:
            columns.append(f"{probability:>5}")
        return (" " * GAP).join([*columns, text])

    def _name(self, file: str) -> str:
        """Returns the name of a file, of a long one its start and its end."""
        name = escaped(file.removeprefix(self.folder))
        if display_width(name) <= self.file_width:
            return name
        start, end = name[: len(name) // 2], name[len(name) // 2 :]
        while display_width(f"{start}...{end}") > self.file_width:
            start, end = (start[:-1], end) if len(start) > len(end) / 2 else (start, end[1:])
        return f"{start}...{end}"


def longest_name(files: Iterable[str]) -> int:
    """Returns the columns that the longest name takes.

    Example:
        >>> longest_name(["a.wav", "语音.wav"])
        8
    """
    return max((display_width(escaped(file)) for file in files), default=0)


def display_width(text: str) -> int:
    """Returns the columns that a text takes on a terminal: two for a Chinese character, none for an accent on its own.

    Example:
        >>> display_width("语音.wav")
        8
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def clock(seconds: float) -> str:
    """Returns a time in hours, minutes and seconds.

    Example:
        >>> clock(75.25), clock(3675)
        ('1:15.2', '1:01:15.0')
    """
    minutes, rest = divmod(int(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest / 10:04.1f}" if hours else f"{minutes}:{rest / 10:04.1f}"
