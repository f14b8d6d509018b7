"""The whole application: the HTTP interface with the page."""

from collections.abc import Sequence

from fastapi import FastAPI

from c2ser.serving.api import create_api
from c2ser.serving.page import Clips, Example, page_app, page_routes
from c2ser.serving.service import Service

CLIPS = 8  # recordings of users that are in memory, if each is as large as it may be


def create_app(service: Service, examples: Sequence[Example] = ()) -> FastAPI:
    """Returns the application.

    Args:
        service: answers.
        examples: recordings that the page offers.

    Example:
        >>> uvicorn.run(create_app(Service(model, "exp/packed")), host="127.0.0.1")  # doctest: +SKIP
    """
    app = create_api(service)
    clips = Clips(examples, num_bytes=CLIPS * service.limits.bytes)
    app.include_router(page_routes(service, clips))
    app.mount("/", page_app(service, clips))
    return app
