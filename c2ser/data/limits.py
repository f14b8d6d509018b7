"""How long an utterance may be."""

from c2ser.errors import InputError

MAX_SECONDS = 120.0  # attention over it takes 5 GB then, and grows with the square of the length


def check_seconds(seconds: float, max_seconds: float | None = MAX_SECONDS) -> None:
    """Checks the duration of an utterance.

    Args:
        seconds: its duration.
        max_seconds: the limit; None for none.

    Raises:
        InputError: it is longer; the caller adds which utterance it is.

    Example:
        >>> check_seconds(119.9)
    """
    if max_seconds is not None and seconds > max_seconds:
        limit = f"an utterance has at most {max_seconds:g} s"
        raise InputError(f"{seconds:.0f} s long, and {limit}; leave it out, or correct where it is cut")
