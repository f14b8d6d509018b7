"""Markdown tables that are aligned as plain text, too."""

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """A table of texts, to be shown as Markdown or on a page.

    Attributes:
        header: the column names.
        rows: cells of each row.
        text_columns: number of first columns to align left; the others are aligned right.

    Example:
        >>> print(Table(["emotion", "UA"], [["sad", "81.2"]]).markdown(), end="")
        | emotion |   UA |
        | ------- | ---: |
        | sad     | 81.2 |
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 1

    def markdown(self) -> str:
        """Returns it as `markdown_table` does."""
        return markdown_table(self.header, self.rows, text_columns=self.text_columns)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> str:
    """Formats a table.

    Args:
        header: the column names.
        rows: cells of each row.
        text_columns: number of first columns to align left; the others are aligned right.

    Returns:
        Lines of equal length, each with a newline.

    Example:
        >>> print(markdown_table(["emotion", "UA"], [["sad", "81.2"]]), end="")
        | emotion |   UA |
        | ------- | ---: |
        | sad     | 81.2 |
    """
    rows = [[cell.replace("|", r"\|") for cell in row] for row in [header, *rows]]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column < text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * width if column < text_columns else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return line(rows[0]) + line(rule) + "".join(map(line, rows[1:]))


def percent(fraction: float) -> str:
    """Formats a fraction of 1 as a percentage, without the sign.

    Example:
        >>> percent(0.8125)
        '81.2'
    """
    return f"{100 * fraction:.1f}"


def with_interval(fraction: float, interval: Sequence[float]) -> str:
    """Formats a fraction with its interval, in per cent.

    Example:
        >>> with_interval(0.812, [0.78, 0.841])
        '81.2 [78.0, 84.1]'
    """
    low, high = interval
    return f"{percent(fraction)} [{percent(low)}, {percent(high)}]"
