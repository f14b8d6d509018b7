"""Answers files group by group, and writes the answers as they come or, into a file, all at once."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tqdm import tqdm

from c2ser.data.file_groups import file_groups
from c2ser.data.files import atomic_write
from c2ser.data.fingerprint import fingerprint
from c2ser.data.location import AudioLocation
from c2ser.output.formats import Answer
from c2ser.output.journal import resumed

ERROR = "error"  # in place of an answer: why a file cannot be used

# Files -> their answers, or mappings with `ERROR`.
Answering = Callable[[Sequence[str]], Iterable[Answer]]
Lines = Callable[[Iterable[Answer]], Iterator[str]]


def print_answers(files: Sequence[str], answering: Answering, *, lines: Lines) -> list[str]:
    """Prints answers as they come, with a progress bar on stderr where that is a terminal.

    Args:
        files: to answer.
        answering: answers some of them.
        lines: answers -> what to print.

    Returns:
        For each file that cannot be used, the reason.

    Example:
        >>> def answering(files):
        ...     return [{"emotion": "sad"} for _ in files]
        >>> print_answers(["a.wav"], answering, lines=lambda answers: (f"{answer['emotion']}\\n" for answer in answers))
        sad
        []
    """
    left_out: list[str] = []

    def answers(bar: tqdm) -> Iterator[Answer]:
        for group in file_groups(files):
            for answer in _counted(answering(group), bar):
                if ERROR in answer:
                    left_out.append(answer[ERROR])
                else:
                    yield answer

    with _progress(len(files)) as bar:
        for line in lines(answers(bar)):
            with tqdm.external_write_mode(file=sys.stdout):
                sys.stdout.write(line)
                sys.stdout.flush()
    return left_out


def save_answers(
    files: Sequence[str], answering: Answering, *, lines: Lines, output: str | Path, settings: str
) -> list[str]:
    """Writes answers into a file, whole or not at all; an interrupted call goes on where it stopped.

    Args:
        files: to answer.
        answering: answers some of them.
        lines: answers -> what to write.
        output: the file. Until all is there, the answers are in a journal beside it.
        settings: fingerprint of what answers depend on besides the files.

    Returns:
        For each file that cannot be used, the reason.

    Raises:
        InputError: another program writes there.

    Example:
        >>> def answering(files):
        ...     return [{"emotion": "sad"} for _ in files]
        >>> lines = lambda answers: (f"{answer['emotion']}\\n" for answer in answers)
        >>> save_answers(["a.wav"], answering, lines=lines, output="answers.txt", settings="implicit")
        []
    """
    key = partial(_group_key, settings)
    with resumed(output, file_groups(files), key=key) as journal, _progress(len(files)) as bar:
        for number, group in enumerate(file_groups(files)):
            if number < journal.num_groups:
                bar.update(len(group))
                continue
            made_from = key(group)  # before it is read, so that a change meanwhile is noticed later
            journal.append(made_from, list(_counted(answering(group), bar)))
        with atomic_write(output) as file:
            file.writelines(lines(answer for answer in journal.answers() if ERROR not in answer))
        return [answer[ERROR] for answer in journal.answers() if ERROR in answer]


def _counted(answers: Iterable[Answer], bar: tqdm) -> Iterator[Answer]:
    for answer in answers:
        bar.update()
        yield answer


def _progress(num_files: int) -> tqdm:
    return tqdm(total=num_files, unit="file", disable=None, dynamic_ncols=True)


def _group_key(settings: str, group: Sequence[str]) -> str:
    return fingerprint(settings, [AudioLocation.parse(file).stamp() for file in group])
