"""One page of all that was measured of one or several experiments."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(__name__, page="write_report")
