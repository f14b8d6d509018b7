"""The whole application: the HTTP interface with the page."""

from fastapi import FastAPI

from c2ser.serving.api import create_api
from c2ser.serving.service import Service


def create_app(service: Service) -> FastAPI:
    """Returns the application.

    Args:
        service: answers.

    Example:
        >>> uvicorn.run(create_app(Service(model, "exp/packed")), host="127.0.0.1")  # doctest: +SKIP
    """
    return create_api(service)
