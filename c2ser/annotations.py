"""Plain values, as YAML holds them, checked against type annotations; all faults are collected.

Lists become tuples where an annotation asks for a tuple, mappings become dataclasses, and whole numbers written as
4.0 become integers. What an annotation says beyond the types handled here is not checked.
"""

import collections.abc
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from difflib import get_close_matches
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

SCALARS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
}
NAMED = 20  # names of a list that a message tells at most
LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
MAPPINGS = (dict, collections.abc.Mapping)


@dataclass(frozen=True)
class KeywordsOf:
    """In an annotation ``Annotated[dict, KeywordsOf(target)]``: a mapping with keywords of a class or function.

    Args:
        target: the class or function; of a dataclass, the values are tried together.
        given: keywords that do not come from the mapping.
        unchecked: further keys that are valid.
    """

    target: Callable
    given: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def convert(value: Any, annotation: Any, *, name: str, faults: list[str]) -> Any:
    """Returns a value as its annotation asks for it.

    Args:
        value: of types that YAML has.
        annotation: the type.
        name: the key's path, which faults begin with.
        faults: receives one line per fault.

    Example:
        >>> faults = []
        >>> convert("4", int, name="connector_conf.heads", faults=faults), faults
        ('4', ["connector_conf.heads: expected a whole number, not the text '4'"])
    """
    kind = get_origin(annotation) or annotation
    if kind in SCALARS:
        return _scalar(value, kind, name, faults)
    if kind is Annotated:
        return _annotated(value, annotation, name, faults)
    if kind in (Union, types.UnionType):
        return _union(value, get_args(annotation), name, faults)
    if kind is Literal:
        return _choice(value, get_args(annotation), name, faults)
    if kind is tuple or kind in LISTS:
        return _items(value, kind, get_args(annotation), name, faults)
    if kind in MAPPINGS:
        return _mapping(value, get_args(annotation), name, faults)
    if is_dataclass(kind):
        return value if isinstance(value, kind) else construct(value, kind, name=name, faults=faults)
    if kind is types.NoneType and value is not None:
        faults.append(at(name, f"expected nothing, not {describe(value)}"))
    return value


def convert_keywords(
    mapping: Any, target: Callable, *, name: str, faults: list[str], given: Sequence[str] = ()
) -> dict[str, Any]:
    """Returns a mapping as keywords of a class or function.

    Args:
        mapping: keyword -> value.
        target: the class or function, whose annotations are checked.
        name: the path of the mapping, which faults begin with.
        faults: receives one line per fault.
        given: keywords that do not come from the mapping.
    """
    known = {key: parameter for key, parameter in parameters(target).items() if key not in given}
    if not isinstance(mapping, Mapping):
        faults.append(at(name, f"expected a mapping of {', '.join(known)}, not {describe(mapping)}"))
        return {}
    for key in mapping:
        if key not in known:
            faults.append(at(name, unknown(key, known, what="key")))
    for key, parameter in known.items():
        if parameter.default is Parameter.empty and key not in mapping:
            faults.append(at(name, f"'{key}' is missing"))
    return {
        key: convert(value, known[key].annotation, name=key_path(name, key), faults=faults)
        for key, value in mapping.items()
        if key in known
    }


def construct(mapping: Any, target: type, *, name: str, faults: list[str]) -> Any:
    """Returns a dataclass with the fields of a mapping, or None with faults.

    Args:
        mapping: field -> value.
        target: the dataclass, which may raise a ValueError with one line per fault.
        name: the path of the mapping, which faults begin with.
        faults: receives one line per fault.
    """
    before = len(faults)
    keywords = convert_keywords(mapping, target, name=name, faults=faults)
    if len(faults) > before:
        return None
    try:
        return target(**keywords)
    except ValueError as error:
        faults += [at(name, line) for line in str(error).splitlines()]
        return None


def parameters(target: Callable) -> dict[str, Parameter]:
    """Returns the keywords of a class or function, with annotations that are types."""
    names = vars(sys.modules[getattr(target, "func", target).__module__])
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {
        key: parameter.replace(annotation=_evaluated(parameter.annotation, names))
        for key, parameter in signature(target).parameters.items()
        if parameter.kind in kinds
    }


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """Returns the type of an annotation that may be text, as after ``from __future__ import annotations``."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)  # code of an installed package, as inspect.signature evaluates it
    except (NameError, AttributeError, TypeError):  # of a base class elsewhere, or imported for type checkers only
        return Any


def at(name: str, message: str) -> str:
    """Returns a message behind the path that it is about; the path of a whole configuration is empty."""
    return f"{name}: {message}" if name else message


def key_path(name: str, key: Any) -> str:
    """Returns the path of a key in the mapping of a path."""
    return f"{name}.{key}" if name else str(key)


def unknown(name: Any, known: Sequence[str] | Mapping, *, what: str) -> str:
    """Returns what to tell about a name that is not known, with the nearest ones that are."""
    near = get_close_matches(str(name), list(known), n=3)
    if near:
        advice = f"did you mean {' or '.join(near)}?"
    else:
        advice = f"known are {', '.join(list(known)[:NAMED])}" + (" and others" if len(known) > NAMED else "")
    return f"unknown {what} '{name}'; {advice}"


def describe(value: Any) -> str:
    """Returns a value with its type, in the words of YAML."""
    if value is None:
        return "null"
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return f"the text '{value}'"
        exponent = "e" in value.lower() and "; YAML's numbers with an exponent look like 1.0e-3"
        return f"the text '{value}'{exponent or ''}"
    kinds = ((bool, ""), ((list, tuple), "the list "), (Mapping, "the mapping "))
    prefix = next((words for kind, words in kinds if isinstance(value, kind)), "")
    return f"{prefix}{str(value).lower() if isinstance(value, bool) else value}"


def _scalar(value: Any, kind: type, name: str, faults: list[str]) -> Any:
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    accepted = {float: (int, float), Path: (str, Path)}.get(kind, kind)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        faults.append(at(name, f"expected {SCALARS[kind]}, not {describe(value)}"))
    return value


def _annotated(value: Any, annotation: Any, name: str, faults: list[str]) -> Any:
    plain, *marks = get_args(annotation)
    for mark in marks:
        if isinstance(mark, KeywordsOf) and isinstance(value, Mapping):
            known = parameters(mark.target)
            checked = {key: item for key, item in value.items() if key in known or key not in mark.unchecked}
            if is_dataclass(mark.target):
                construct(checked, mark.target, name=name, faults=faults)
            else:
                convert_keywords(checked, mark.target, name=name, faults=faults, given=mark.given)
            return value
    return convert(value, plain, name=name, faults=faults)


def _union(value: Any, members: Sequence[Any], name: str, faults: list[str]) -> Any:
    if value is None and types.NoneType in members:
        return None
    tried = []
    for member in (member for member in members if member is not types.NoneType):
        found: list[str] = []
        converted = convert(value, member, name=name, faults=found)
        if not found:
            return converted
        tried.append(found)
    prefix = at(name, "expected ")
    precise = [found for found in tried if not found[0].startswith(prefix)]  # a key, an item, a choice
    if precise or len(tried) == 1:
        faults += (precise or tried)[0]
    else:
        expected = (found[0].removeprefix(prefix).partition(", not ")[0] for found in tried)
        faults.append(f"{prefix}{' or '.join(expected)}, not {describe(value)}")
    return value


def _choice(value: Any, choices: Sequence[Any], name: str, faults: list[str]) -> Any:
    if value not in choices:
        faults.append(at(name, unknown(value, list(map(str, choices)), what="value")))
    return value


def _items(value: Any, kind: type, arguments: Sequence[Any], name: str, faults: list[str]) -> Any:
    if not isinstance(value, (list, tuple)):
        faults.append(at(name, f"expected a list, not {describe(value)}"))
        return value
    if kind is tuple and arguments and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            faults.append(at(name, f"expected {len(arguments)} values, not {len(value)}"))
            return value
        kinds = arguments
    else:
        kinds = [arguments[0] if arguments else Any] * len(value)
    converted = [
        convert(item, item_kind, name=f"{name}[{number}]", faults=faults)
        for number, (item, item_kind) in enumerate(zip(value, kinds, strict=True))
    ]
    return tuple(converted) if kind is tuple else converted


def _mapping(value: Any, arguments: Sequence[Any], name: str, faults: list[str]) -> Any:
    if not isinstance(value, Mapping):
        faults.append(at(name, f"expected a mapping, not {describe(value)}"))
        return value
    if not arguments:
        return value
    return {key: convert(item, arguments[1], name=key_path(name, key), faults=faults) for key, item in value.items()}
