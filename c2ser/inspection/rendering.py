"""Pages from templates."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from c2ser.data.files import atomic_write


def render_page(template: str, output: str | Path, **values: Any) -> None:
    """Writes a page, whole or not at all.

    Args:
        template: the name of a file beside this one.
        output: the page.
        values: what the template names, functions among them; all of them must be there. Texts are escaped.

    Example:
        >>> render_page("answers.html", "answers.html", answers="text", samples=[])  # doctest: +SKIP
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template(template).render(**values)
    with atomic_write(output) as file:
        file.write(html)
