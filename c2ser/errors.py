"""The exception for bad input, whose message is what the user reads, and how a program ends with it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """Input that cannot be used: the message says what, where (file, line, utterance) and what to do, in one line."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the program with exit code 1 and one line on stderr at an `InputError` or an operating system's error."""
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename or ''}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit("error: interrupted")
