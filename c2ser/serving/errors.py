"""Errors as responses, in the form of OpenAI's: ``{"error": {"message", "type", "param", "code"}}``."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from c2ser.errors import InputError
from c2ser.serving.limits import Refused


class Fault(BaseModel):
    """What is wrong."""

    message: str = Field(description="the reason")
    type: str = Field(description="name of the status, such as payload_too_large")
    param: str | None = Field(None, description="the field of the form that is wrong")
    code: int = Field(description="the status")


class ErrorBody(BaseModel):
    """Body of every response with a status from 400 on."""

    error: Fault


STATUSES = {
    400: "the body is not a form",
    408: "the body takes too long, or the client went away",
    413: "the body is larger than the server takes",
    422: "a field is wrong, or the file is not audio, broken or too long",
    429: "the client sends more requests than the server takes",
    503: "too many requests wait",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description} for status, description in STATUSES.items()
}


def error_response(error: Refused) -> JSONResponse:
    """Returns the response of a request that is refused."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return _response(error.status, str(error), headers=headers)


def add_handlers(app: FastAPI) -> None:
    """Makes errors of an application responses of this form."""

    @app.exception_handler(InputError)
    async def unusable(_: Request, error: InputError) -> JSONResponse:
        return _response(422, str(error))

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        param = _param(first["loc"])
        return _response(422, f"{param}: {first['msg']}" if param else first["msg"], param=param)

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> JSONResponse:
        return _response(error.status_code, str(error.detail), headers=error.headers or {})

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> JSONResponse:
        return _response(500, "the server failed; its log says why")


def _param(place: Sequence[Any]) -> str | None:
    return str(place[1]) if len(place) > 1 else None


def _response(
    status: int, message: str, *, param: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    kind = HTTPStatus(status).phrase.lower().replace(" ", "_")
    fault = Fault(message=message, type=kind, param=param, code=status)
    return JSONResponse(ErrorBody(error=fault).model_dump(), status, headers=headers)
