"""Text from labels, paths and tables in a Markdown document, as text."""

import re

from jinja2.runtime import Undefined
from markupsafe import Markup

# What Markdown reads as marks within a line. An underscore within a word is none, and a vertical bar is left to tables,
# which escape it in their cells.
_MARKS = re.compile(r"[\\`*\[\]~$]|(?<!\w)_|_(?!\w)")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: object) -> Markup:
    """Escapes HTML and Markdown in one line of text; what is Markdown already stays as it is.

    Args:
        text: a value.

    Example:
        >>> print(escape("<b>*bold*</b>"))
        &lt;b&gt;\\*bold\\*&lt;/b&gt;
        >>> print(escape(Markup("*bold*")))
        *bold*
    """
    if isinstance(text, (Markup, Undefined)):
        return text
    line = " ".join(str(text).split())
    marked = _MARKS.sub(r"\\\g<0>", line)
    return Markup("".join(_HTML.get(character, character) for character in marked))


def code(text: object) -> Markup:
    """Returns one line of text as inline code, in which nothing is HTML or Markdown.

    Args:
        text: a value.

    Example:
        >>> print(code("a `b` <c>"))
        `` a `b` <c> ``
    """
    line = " ".join(str(text).split())
    fence = "`" * (1 + max(map(len, re.findall(r"`+", line)), default=0))
    space = " " if "`" in line else ""
    return Markup(f"{fence}{space}{line}{space}{fence}")


def fenced(text: str, language: str = "") -> Markup:
    """Returns lines as a block of code.

    Args:
        text: the lines.
        language: of the code.
    """
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return Markup(f"{fence}{language}\n{text.rstrip()}\n{fence}")
