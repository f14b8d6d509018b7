"""How a command that goes on over inputs that cannot be used ends."""

import sys
from collections.abc import Sequence

from c2ser.errors import IncompleteError


def left_out(reasons: Sequence[str], num_inputs: int) -> None:
    """Lists on stderr what was left out, and ends the command with exit code 3; does nothing where nothing was.

    Args:
        reasons: one per input that cannot be used, which names it.
        num_inputs: how many inputs there were.

    Raises:
        IncompleteError: something was left out.

    Example:
        >>> left_out([], 200)
    """
    if not reasons:
        return
    for reason in reasons:
        print("left out:", " ".join(reason.split()), file=sys.stderr)
    what = "1 input was" if len(reasons) == 1 else f"{len(reasons)} inputs were"
    raise IncompleteError(f"{what} left out of {num_inputs}; the reasons are above")
