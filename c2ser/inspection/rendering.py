"""Pages from templates."""

from pathlib import Path
from typing import Any

from c2ser.data.files import atomic_write
from c2ser.templates import template_environment


def render_page(template: str, output: str | Path, **values: Any) -> None:
    """Writes a page, whole or not at all.

    Args:
        template: the name of a file beside this one.
        output: the page.
        values: what the template names, functions among them; all of them must be there. Texts are escaped.

    Example:
        >>> render_page("answers.html", "answers.html", answers="text", samples=[])  # doctest: +SKIP
    """
    html = template_environment(Path(__file__).parent).get_template(template).render(**values)
    with atomic_write(output) as file:
        file.write(html)
