"""Options of a training that are fields of a dataclass: declared there once, offered on the command line as well."""

import argparse
import re
from dataclasses import MISSING, Field, fields
from inspect import getdoc
from typing import Annotated, Any, get_args, get_origin

from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import float_or_none, int_or_none, str2bool, str_or_none

SCALARS = {bool: str2bool, int: int, float: float, str: str_or_none}


def add_field_arguments(group, config: type) -> None:
    """Adds an option for each field of a dataclass, with the field's default and its text in the docstring as help.

    Args:
        group: of an argument parser.
        config: the dataclass, whose docstring has a section "Attributes:".

    Example:
        >>> parser = argparse.ArgumentParser()  # doctest: +SKIP
        >>> add_field_arguments(parser, ConnectorConfig)  # doctest: +SKIP
        >>> parser.parse_args(["--heads", "8"]).heads  # doctest: +SKIP
        8
    """
    texts = attribute_texts(config)
    for field in fields(config):
        default, text = option_default(field), texts[field.name]
        group.add_argument(f"--{field.name}", default=default, help=text, **_kind(field.type))


def attribute_texts(config: type) -> dict[str, str]:
    """Returns what the docstring of a class says of each of its attributes."""
    section = re.search(r"^Attributes:\n(.*?)(?:\n\n|\Z)", getdoc(config) or "", re.MULTILINE | re.DOTALL)
    entries = re.findall(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", section[1] if section else "", re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.replace("`", "").split()).replace("%", "%%") for name, text in entries}


def option_default(field: Field) -> Any:
    """Returns the default of a field as a YAML file would hold it; None where it has none."""
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    if default is MISSING:
        return None
    return list(default) if isinstance(default, tuple) else default


def _kind(annotation: Any) -> dict[str, Any]:
    """Returns how argparse reads values of a type: a mapping, a list of texts, or one value."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation)
    if annotation is dict or origin is dict:
        return {"action": NestedDictAction}
    members = get_args(annotation)
    if annotation in SCALARS:
        return {"type": SCALARS[annotation]}
    scalars = [member for member in members if member in SCALARS]
    if scalars:  # a text or a mapping, a text or nothing
        return {"type": SCALARS[scalars[0]]}
    return {"nargs": "*"}


def annotation_of(action: argparse.Action) -> Any:
    """Returns the type of the values that an option takes, as far as its action tells it."""
    if isinstance(action, NestedDictAction):
        return dict
    annotation = {int: int, int_or_none: int, float: float, float_or_none: float, str2bool: bool}.get(action.type)
    return Any if annotation is None or action.nargs is not None else annotation | None
