"""Pages and cards from Jinja templates."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def template_environment(folder: str | Path, **options: Any) -> Environment:
    """Returns the environment of the templates in a folder: texts are escaped, and all values must be there.

    Args:
        folder: of the templates.
        options: further keywords of Jinja's ``Environment``.

    Example:
        >>> template_environment(".").from_string("{{ name }}").render(name="<b>")
        '&lt;b&gt;'
    """
    loader = FileSystemLoader(folder)
    settings = {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=loader, **(settings | options))
