"""Texts with names in braces, and the words of commands that they stand for; no shell is involved."""

import re
import shlex
from collections.abc import Iterable, Mapping
from itertools import product

from c2ser.errors import InputError

PLACEHOLDER = re.compile(r"\{(\w+)((?::\w+)*)\}")


def expand_text(template: object, parameters: Mapping[str, object]) -> str:
    """Replaces ``{name}`` by the parameter's value, which may have braces itself.

    Raises:
        InputError: there is no such parameter, or its value contains itself.

    Example:
        >>> expand_text("{exp}/fold{fold}", {"exp": "exp/{name}", "name": "ablation", "fold": 1})
        'exp/ablation/fold1'
    """
    return _expand(template, parameters, seen=())


def expand_words(
    template: str | Iterable[object], parameters: Mapping[str, object], *, loops: Mapping[str, Iterable[object]]
) -> list[str]:
    """Returns the words of a command.

    Args:
        template: the command as one text, which is split at spaces as a shell does, or its words. A word that is only
            ``{name}`` becomes several words if the parameter is a list; ``{name:loop}`` becomes a word for each value
            of a loop, ``{name:loop:other}`` for all values of the other one with each value of the first.
        parameters: values by name.
        loops: values of loops by name.

    Raises:
        InputError: as `expand_text`, or there is no such loop.

    Example:
        >>> expand_words("score --ref {ref} {refs:fold}", {"ref": "a b", "refs": "f{fold}"}, loops={"fold": [1, 2]})
        ['score', '--ref', 'a b', 'f1', 'f2']
    """
    words: list[str] = []
    for word in shlex.split(template) if isinstance(template, str) else template:
        whole = PLACEHOLDER.fullmatch(str(word))
        name, chosen = (whole[1], whole[2].split(":")[1:]) if whole else (None, [])
        if chosen:
            if unknown := [loop for loop in chosen if loop not in loops]:
                raise InputError(f"{word}: no loop '{unknown[0]}'; there are {', '.join(loops)}")
            for values in product(*(loops[loop] for loop in chosen)):
                words.append(expand_text(f"{{{name}}}", {**parameters, **dict(zip(chosen, values, strict=True))}))
        elif isinstance(parameters.get(name), list):
            words += expand_words(parameters[name], parameters, loops=loops)
        else:
            words.append(expand_text(word, parameters))
    return words


def _expand(template: object, parameters: Mapping[str, object], seen: tuple[str, ...]) -> str:
    if isinstance(template, bool):
        return str(template).lower()

    def value(found: re.Match) -> str:
        name = found[1]
        if name in seen:
            raise InputError(f"{{{name}}}: the parameter contains itself")
        if name not in parameters:
            raise InputError(f"{{{name}}}: no such parameter; there are {', '.join(parameters)}")
        return _expand(parameters[name], parameters, (*seen, name))

    return PLACEHOLDER.sub(value, str(template))
