"""Corpora by name: each module here that has ``EMOTIONS`` (its labels -> canonical names) and ``utterances`` is one."""

import importlib
import pkgutil
from types import ModuleType

from c2ser.errors import InputError


def corpora() -> dict[str, ModuleType]:
    """Returns the corpora that this package can prepare, by name."""
    modules = {info.name: importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)}
    return {name: module for name, module in modules.items() if hasattr(module, "utterances")}


def corpus(name: str) -> ModuleType:
    """Returns a corpus's module.

    Raises:
        InputError: there is none of that name.
    """
    known = corpora()
    if name not in known:
        raise InputError(f"unknown corpus '{name}'; known are {', '.join(known)} (a module each in c2ser/corpora)")
    return known[name]
