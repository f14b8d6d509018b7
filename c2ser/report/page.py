"""The report as a page: a single file that plays and shows everything wherever it is sent."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from c2ser.data.commands import source_commit, without_folders
from c2ser.data.files import atomic_write
from c2ser.inspection.embedded_audio import MAX_SECONDS
from c2ser.interventions.conditions import interventions
from c2ser.interventions.text import interventions_tables
from c2ser.report import charts, finding
from c2ser.report.hints import Hints
from c2ser.report.levels import stated_levels
from c2ser.report.making import commands
from c2ser.report.paths import experiment_name, shown_path
from c2ser.report.systems import Board, boards, result_name
from c2ser.report.utterances import answered_sets, cards, drawn_utterances, worst_errors
from c2ser.scoring.calibration_text import calibration_tables
from c2ser.scoring.faithfulness_text import faithfulness_tables
from c2ser.scoring.groups import groups_tables
from c2ser.scoring.results import environment
from c2ser.scoring.tables import Table, percent, with_interval
from c2ser.stability.audio import DEGRADATIONS
from c2ser.stability.text import stability_tables
from c2ser.templates import template_environment

PAGE_NAME = "report.html"
MOST_GAPS = 20  # rows that are not folded away
MAX_PICTURE = 2_000_000  # bytes of a picture that is embedded


class Picture(NamedTuple):
    """A picture of the page.

    Attributes:
        name: its file.
        source: data URI; None where it is too large.
    """

    name: str
    source: str | None


def write_report(
    exp_dirs: Sequence[str | Path],
    output: str | Path | None = None,
    *,
    samples: int = 24,
    dump_dir: str | Path | None = None,
    command: str = "",
) -> Path:
    """Writes the page.

    Args:
        exp_dirs: experiment folders, below which all results are found.
        output: the page; by default ``report.html`` in the first folder.
        samples: utterances to listen to, half of them the most confident errors.
        dump_dir: the folder of the data directories, where commands have not noted it.
        command: what makes the page, to be named in it.

    Returns:
        The path of the page.

    Raises:
        InputError: a folder has no results, or a file of theirs is faulty.

    Example:
        >>> write_report(["exp"])  # doctest: +SKIP
        PosixPath('exp/report.html')
    """
    output = Path(output or Path(exp_dirs[0]) / PAGE_NAME)
    findings = finding.find(exp_dirs)
    found = boards(findings)
    sets = answered_sets(found)
    worst = worst_errors(sets, samples // 2)
    drawn = drawn_utterances(sets, samples - len(worst), without=worst)
    shown = cards(sets, [*worst, *drawn], dump_dir=dump_dir)
    html = (
        template_environment(Path(__file__).parent)
        .get_template(PAGE_NAME)
        .render(
            names=list(dict.fromkeys(experiment_name(folder) for folder in exp_dirs)),
            boards=found,
            findings=findings,
            hints=Hints(sets[0] if sets else [], dump_dir),
            hints_of=lambda board: Hints(board.systems, dump_dir),
            errors=shown[: len(worst)],
            drawn=shown[len(worst) :],
            several_sets=len(sets) > 1,
            max_seconds=MAX_SECONDS,
            pictures=[_picture(path) for path in findings.pictures],
            made=commands(findings),
            environment=environment(),
            commit=source_commit(),
            command=without_folders(command),
            kinds=finding,
            charts=charts,
            degradations=DEGRADATIONS,
            percent=percent,
            with_interval=with_interval,
            result_name=result_name,
            shown_path=shown_path,
            systems_chart=systems_chart,
            interventions_chart=interventions_chart,
            interventions_tables=interventions_tables,
            gaps=gaps,
            stated_levels=stated_levels,
            calibration_tables=calibration_tables,
            faithfulness_tables=faithfulness_tables,
            groups_tables=groups_tables,
            stability_tables=stability_tables,
        )
    )
    with atomic_write(output) as file:
        file.write(html)
    return output


def systems_chart(board: Board) -> Markup:
    """Draws the systems of a set."""
    rows = [(own.name, own.result["ua"], own.result["ci95"]["ua"]) for own in board.standings]
    return charts.intervals_chart(rows, {name: scores["ua"] for name, scores in board.floors.items()})


def interventions_chart(result: Mapping) -> Markup:
    """Draws whom answers follow whose inputs are exchanged."""
    exchanges = interventions(result["mode"], pooled=True)
    known = {own.title: result["interventions"].get(own.name) for own in exchanges}
    shares = {title: [own[name] for name in ("other", "own", "neither")] for title, own in known.items() if own}
    return charts.shares_chart(shares, ("follows the other", "its own", "neither"))


def gaps(board: Board) -> tuple[Table, Table]:
    """Returns best and worst groups of all systems of a set, of several folders with its name: the widest gaps, and all
    others, which may be none."""
    rows = []
    for system in board.systems:
        _, table = groups_tables(system.found.result.get("groups", {}))
        names = [system.name, *([experiment_name(system.experiment)] if board.is_pooled else [])]
        rows += [[*names, *row] for row in table.rows]
    names = ["system", *(["experiment"] if board.is_pooled else [])]
    header = [*names, "by", "best group", "worst group", "best UA", "worst UA", "gap [95 % interval]"]
    rows.sort(key=lambda row: -float(row[-1].split()[0]))
    widest, others = (Table(header, part, len(names) + 3) for part in (rows[:MOST_GAPS], rows[MOST_GAPS:]))
    return widest, others


def _picture(path: Path) -> Picture:
    small = path.stat().st_size <= MAX_PICTURE
    source = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}" if small else None
    return Picture(shown_path(path), source)
