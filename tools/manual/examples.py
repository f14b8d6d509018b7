"""Griffe's extension: a docstring's section "Example" is code, as its "Examples" are, and not a box of prose."""

import re

from griffe import Extension, Object


class Examples(Extension):
    """Renames the sections before they are parsed."""

    def on_object(self, *, obj: Object, **_) -> None:
        """Is called for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
