"""The commands that made what a report shows, as logs and notes tell."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from c2ser.data.commands import logged_command, noted_command, without_folders
from c2ser.report.finding import Findings
from c2ser.report.paths import shown_path

_MADE_BY = re.compile(r"Figures are per cent\. Made by (.*)\.$")


class Made(NamedTuple):
    """What was made, and how.

    Attributes:
        what: a folder or file.
        command: the command, without folders of the machine.
        commit: of c2ser; None where it was not noted.
    """

    what: str
    command: str
    commit: str | None = None


def commands(findings: Findings) -> list[Made]:
    """Gathers the commands: recipes, trainings, inference, then what measured the answers.

    Example:
        >>> [made.what for made in commands(find(["exp"]))][:2]  # doctest: +SKIP
        ['exp/RESULTS.md', 'exp/alm_tiny_explicit']
    """
    made = [*_recipes(findings), *_logged(findings), *_noted(findings)]
    return list(dict.fromkeys(made))


def _recipes(findings: Findings) -> Iterator[Made]:
    for table in findings.tables:
        *_, last = table.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""]
        if footer := _MADE_BY.match(last):
            yield Made(shown_path(table), without_folders(footer[1].replace("`", "")))


def _logged(findings: Findings) -> Iterator[Made]:
    logs = {log.parent: log for log in findings.logs}
    for found in findings.results:
        for log in sorted(found.answers.glob("log/*.log"))[:1]:
            logs.setdefault(found.answers, log)
    for folder, log in logs.items():
        if command := logged_command(log):
            yield Made(shown_path(folder), command)


def _noted(findings: Findings) -> Iterator[Made]:
    folders = [folder for found in findings.results for folder in (found.answers, found.directory)]
    for folder in dict.fromkeys(folders):
        if noted := noted_command(folder):
            yield Made(shown_path(folder), without_folders(noted.command), noted.commit)
