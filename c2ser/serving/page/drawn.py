"""What of Gradio a client reaches."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

FILES = ("/", "/theme.css", "/favicon.ico", "/manifest.json")
FOLDERS = ("/assets/", "/static/")


class Drawn:
    """An ASGI application that lets through what draws the form, and nothing that a client would send.

    Each of Gradio's other routes reads, writes, fetches or runs something that the client names.

    Args:
        app: Gradio's.

    Raises:
        HTTPException: something else is asked for; its status is 404.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _draws(scope["path"]):
            raise HTTPException(404)
        await self.app(scope | {"query_string": b""}, receive, send)


def _draws(path: str) -> bool:
    return path in FILES or (path.startswith(FOLDERS) and ".." not in path)
