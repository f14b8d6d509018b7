"""Fields of a line that whatever is in them does not break the line."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

# Control characters, what Python takes for ends of lines besides, and bytes of names that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_NOT_IN_WORDS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff%]|^;")


def escaped(text: str) -> str:
    r"""Returns a text without tabs, line breaks and other control characters, which are written as Python writes them.

    Args:
        text: a name of a file, or what a model says.

    Example:
        >>> print(escaped("a\tb\n"), escaped("\x1b[1m"))
        a\tb\n \x1b[1m
    """
    return _UNPRINTABLE.sub(_escape, text)


def tsv_line(fields: Iterable[str]) -> str:
    r"""Returns a line of fields with tabs between them.

    Within a field a tab is ``\t``, a line break ``\n``, another control character ``\x..`` and a backslash two of them;
    a quotation mark that a field begins with has a backslash before it, because readers take it for the beginning of a
    quotation.

    Args:
        fields: of the line.

    Example:
        >>> print(tsv_line(["a\tb", '"c"']).split("\t"))
        ['a\\tb', '\\"c"\n']
    """
    return "\t".join(_tsv_field(field) for field in fields) + "\n"


def csv_line(fields: Iterable[str]) -> str:
    """Returns a line of comma-separated values, quoted where they need it (RFC 4180).

    Args:
        fields: of the line.

    References:
        Shafranovich: Common format and MIME type for comma-separated values. RFC 4180, 2005.

    Example:
        >>> print(csv_line(["a,b", 'a "no" said', "c"]), end="")
        "a,b","a ""no"" said",c
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_valid(field) for field in fields])
    return line.getvalue()


def json_line(values: Mapping[str, Any]) -> str:
    """Returns a line of JSON, in which letters of all scripts stand as they are.

    Args:
        values: that JSON can hold.

    Example:
        >>> print(json_line({"emotion": "sad", "text": "声音很慢。"}), end="")
        {"emotion": "sad", "text": "声音很慢。"}
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(values, ensure_ascii=False)) + "\n"


def word(text: str) -> str:
    """Returns a text as one word: white space, control characters and ``%`` are ``%`` and two digits per byte.

    Args:
        text: the name of a file; ``;`` at its beginning would start a comment, and is written so too.

    Example:
        >>> word("my file.wav")
        'my%20file.wav'
    """
    return _NOT_IN_WORDS.sub(lambda found: "".join(f"%{byte:02X}" for byte in _encoded(found[0])), text)


def _tsv_field(text: str) -> str:
    text = escaped(text.replace("\\", r"\\"))
    return f"\\{text}" if text.startswith('"') else text


def _escape(found: re.Match) -> str:
    character = found[0]
    return _SHORT.get(character) or character.encode("unicode_escape").decode("ascii")


def _valid(text: str) -> str:
    """Returns a text that UTF-8 has; bytes of a name that is not UTF-8 are written as Python writes them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
