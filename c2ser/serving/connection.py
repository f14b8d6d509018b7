"""Work for a client that may go away before it is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from c2ser.serving.limits import Refused

Result = TypeVar("Result")


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Returns the result of some work, which is cancelled when the client goes away.

    Args:
        request: whose body has been read.
        work: for its response.

    Raises:
        Refused: the client went away; nobody reads this response, but it is counted.

    Example:
        >>> answered = await while_connected(request, service.answer(file, name, asked))  # doctest: +SKIP
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Refused(408, "the client went away")
    finally:
        gone.cancel()
        if task.cancel():
            await asyncio.wait([task])


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
