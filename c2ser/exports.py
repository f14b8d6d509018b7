"""Public names of a package, whose modules are imported when a name is first asked for."""

import importlib
from collections.abc import Callable
from typing import Any


def lazy_exports(package: str, **modules: str) -> tuple[Callable[[str], Any], list[str]]:
    """Returns ``__getattr__`` and ``__all__`` of a package.

    Args:
        package: the package's ``__name__``.
        modules: names of its modules, and for each the public names in it, separated by spaces.

    Example:
        >>> __getattr__, __all__ = lazy_exports(__name__, data_dir="DataDir", tables="read_table write_table")
    """
    places = {name: module for module, names in modules.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(importlib.import_module(f"{package}.{places[name]}"), name)

    return __getattr__, sorted(places)
