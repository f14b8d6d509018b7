"""The card of a packed model, made from the files of the run that trained it."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(__name__, rendering="card_text", run="Run read_run")
