"""A model on a server: a page for people and an HTTP interface for programs."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    api="create_api",
    app="create_app",
    limits="Limits Refused",
    service="Service",
)
