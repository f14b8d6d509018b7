"""What stands before all pages and endpoints: size and rate of requests, counts, and what pages may load."""

import asyncio
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from c2ser.serving.errors import error_response
from c2ser.serving.limits import Gate, Refused
from c2ser.serving.metrics import Metrics

# A page loads nothing from elsewhere, whatever the library that makes it would like to.
HEADERS = {
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
PAGE = "/"  # under which all paths are counted that are not endpoints, so that strangers add no names to the metrics


class Guard:
    """An ASGI middleware.

    Args:
        app: what it stands before.
        gate: sizes and rates.
        metrics: counts requests.
        endpoints: paths that are counted by their names.
    """

    def __init__(self, app: ASGIApp, gate: Gate, *, metrics: Metrics, endpoints: frozenset[str]):
        self.app, self.gate, self.metrics, self.endpoints = app, gate, metrics, endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self.endpoints else PAGE
        began = time.perf_counter()
        body = _Body(receive, self.gate)

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
                self.metrics.requests.labels(path, message["status"]).inc()
                self.metrics.seconds.labels(path).observe(time.perf_counter() - began)
            await send(message)

        async def send_unless_refused(message: Message) -> None:
            if body.refused is None:
                await send_and_count(message)

        try:
            self._check(scope)
            await self.app(scope, body.receive, send_unless_refused)
        except Refused as error:
            body.refused = error
        if body.refused is not None:
            await error_response(body.refused)(scope, receive, send_and_count)

    def _check(self, scope: Scope) -> None:
        headers = dict(scope["headers"])
        if scope["method"] == "POST":
            self.gate.check_rate(scope["client"][0] if scope["client"] else "")
        length = headers.get(b"content-length", b"")
        if length.isdigit():
            self.gate.check_size(int(length))


class _Body:
    """Counts the bytes of a body, whose length may not have been stated, and the time that it takes.

    Frameworks answer errors of reading with their own words, so the refusal is kept.
    """

    def __init__(self, receive: Receive, gate: Gate):
        self._receive, self._gate = receive, gate
        self._size = 0
        self._more = True
        self._end = time.monotonic() + gate.limits.reading
        self.refused: Refused | None = None

    async def receive(self) -> Message:
        if not self._more:
            return await self._receive()  # which tells when the client goes away
        try:
            message = await asyncio.wait_for(self._receive(), self._end - time.monotonic())
            self._more = message.get("more_body", False)
            self._size += len(message.get("body", b""))
            self._gate.check_size(self._size)
        except asyncio.TimeoutError:  # of Python 3.10 no TimeoutError
            self.refused = Refused(408, f"more than {self._gate.limits.reading:g} s for a request; send less")
            raise self.refused from None
        except Refused as error:
            self.refused = error
            raise
        return message
