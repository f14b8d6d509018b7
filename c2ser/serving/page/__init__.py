"""The page of a server, for people: a form that Gradio draws, and answers as HTML.

Gradio's own routes read files and fetch addresses that a client names. So nothing that a client sends reaches Gradio:
it only draws the form, and recordings and answers have routes of their own.
"""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    clips="Clip Clips Example",
    examples="read_examples spoken_examples",
    form="page_app",
    routes="page_routes",
)
