"""Pages to look at: the data before training, the answers after it."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    answers_page="write_answers_page",
    page="write_page",
)
