"""How commands end: tables that they show and keep, and inputs that they left out."""

import sys
from collections.abc import Sequence
from pathlib import Path

from c2ser.errors import IncompleteError


def report_arguments(parser) -> None:
    """Adds ``--output`` and ``--json``; see `report`."""
    parser.add_argument("--output", type=Path, help="also write the tables to this Markdown file")
    parser.add_argument("--json", type=Path, help="also write the figures, as JSON, to this file")


def report(args, text: str, *, figures: object) -> None:
    """Prints tables, and writes what ``--output`` and ``--json`` ask for.

    Args:
        args: parsed options of `report_arguments`.
        text: the tables, in Markdown.
        figures: what they show, for JSON.

    Example:
        >>> report(parser.parse_args(), "| UA |\\n", figures={"ua": 0.9})  # doctest: +SKIP
    """
    from c2ser.data.files import atomic_write, write_json

    print(text, end="")
    if args.output:
        with atomic_write(args.output) as file:
            file.write(text)
    if args.json:
        write_json(args.json, figures)


def left_out(reasons: Sequence[str], num_inputs: int) -> None:
    """Lists on stderr what was left out, and ends the command with exit code 3; does nothing where nothing was.

    Args:
        reasons: one per input that cannot be used, which names it.
        num_inputs: how many inputs there were.

    Raises:
        IncompleteError: something was left out.

    Example:
        >>> left_out([], 200)
    """
    if not reasons:
        return
    for reason in reasons:
        print("left out:", " ".join(reason.split()), file=sys.stderr)
    what = "1 input was" if len(reasons) == 1 else f"{len(reasons)} inputs were"
    raise IncompleteError(f"{what} left out of {num_inputs}; the reasons are above")
