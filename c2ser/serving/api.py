"""The HTTP interface for programs."""

import logging
import time
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, File, Form, UploadFile
from fastapi import Request as Connection
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from c2ser.serving.answers import Answer, Transcription, TranscriptionSegment, VerboseTranscription
from c2ser.serving.connection import while_connected
from c2ser.serving.errors import RESPONSES, add_handlers
from c2ser.serving.guard import Guard
from c2ser.serving.service import Service
from c2ser.systems.recognition import Recognition, Segment
from c2ser.systems.request import Request
from c2ser.version import __version__

Mode = Literal["implicit", "explicit"]
Audio = Annotated[UploadFile, File(description="audio that libsndfile reads, or ffmpeg where the server has it")]
ModeField = Annotated[Mode, Form(description="explicit gives reasons before the emotion")]
Language = Annotated[str | None, Form(description="of what is said, ISO 639-1; answers are given in it")]
RECOGNIZE, TRANSCRIBE, MODELS = "/v1/recognize", "/v1/audio/transcriptions", "/v1/models"
HEALTH, METRICS, OPENAPI = "/health", "/metrics", "/openapi.json"


def create_api(service: Service) -> FastAPI:
    """Returns the application without the page.

    Args:
        service: answers.

    Example:
        >>> uvicorn.run(create_api(service))  # doctest: +SKIP
    """
    app = FastAPI(
        title="C²SER",
        version=__version__,
        description="Emotions in speech. Errors are `{error: {message, type, param, code}}`.",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        openapi_url=OPENAPI,
    )
    add_handlers(app)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # a line for each broken form fills the log
    app.include_router(recognition_routes(service))
    app.include_router(status_routes(service))
    endpoints = frozenset({RECOGNIZE, TRANSCRIBE, MODELS, HEALTH, METRICS, OPENAPI})
    app.add_middleware(Guard, gate=service.gate, metrics=service.metrics, endpoints=endpoints)
    return app


def recognition_routes(service: Service) -> APIRouter:
    """Returns the endpoints that answer audio.

    Args:
        service: answers.
    """
    routes = APIRouter(responses=RESPONSES)

    @routes.post(RECOGNIZE, response_model=Answer)
    async def recognize(
        connection: Connection,
        file: Audio,
        mode: ModeField = "implicit",
        language: Language = None,
        emotions: Annotated[list[str] | None, Form(description="those that may be answered; by default all")] = None,
        scores: Annotated[bool, Form(description="give the probability of each emotion")] = False,
        measure: Annotated[bool, Form(description="measure pitch, loudness and speaking rate")] = False,
        segments: Annotated[bool | None, Form(description="cut the recording; by default those over 30 s")] = None,
    ) -> dict:
        """Recognizes the emotion of a file."""
        request = Request(mode, None, language or None, tuple(emotions or ()) or None, scores, measure, segments)
        answered = await while_connected(connection, service.answer(file.file, file.filename, request))
        return answered.recognition.as_dict()

    @routes.post(TRANSCRIBE, response_model=Transcription | VerboseTranscription)
    async def transcribe(
        connection: Connection,
        file: Audio,
        model: Annotated[str, Form(description="any; there is one model")] = "",
        language: Language = None,
        response_format: Annotated[Literal["json", "text", "verbose_json"], Form()] = "json",
        mode: ModeField = "explicit",
    ) -> Response:
        """Answers as OpenAI's audio API does; the text is what the model says about the emotion."""
        verbose = response_format == "verbose_json"
        request = Request(mode, language=language or None, scores=verbose)
        answered = await while_connected(connection, service.answer(file.file, file.filename, request))
        recognition = answered.recognition
        if response_format == "text":
            return PlainTextResponse(full_text(recognition) + "\n")
        answer = verbose_transcription(recognition) if verbose else Transcription(text=full_text(recognition))
        return JSONResponse(answer.model_dump())

    return routes


def status_routes(service: Service) -> APIRouter:
    """Returns the endpoints that tell of the server.

    Args:
        service: that it has.
    """
    routes = APIRouter()
    began = int(time.time())

    @routes.get(MODELS)
    async def models() -> dict:
        """Lists the model."""
        model = {"id": service.name, "object": "model", "created": began, "owned_by": "c2ser"}
        return {"object": "list", "data": [model | {"emotions": service.model.emotions}]}

    @routes.get(HEALTH)
    async def health() -> JSONResponse:
        """Tells whether requests are answered: status 200, or 503."""
        alive = service.batcher.is_alive
        status = {"status": "ok" if alive else "failed", "model": service.name, "waiting": service.gate.waiting}
        return JSONResponse(status, 200 if alive else 503)

    @routes.get(METRICS, response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        """Counts of requests, batches and audio, in Prometheus's text format."""
        return PlainTextResponse(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def full_text(recognition: Recognition) -> str:
    """Returns what is answered; of a recording in segments, a line for each.

    Example:
        >>> full_text(Recognition("sad", "The speaker's emotion is sad."))
        "The speaker's emotion is sad."
    """
    parts = [segment.recognition for segment in recognition.segments] or [recognition]
    return "\n".join(" ".join(part.text.split()) for part in parts)


def verbose_transcription(recognition: Recognition) -> VerboseTranscription:
    """Returns an answer as OpenAI's verbose_json."""
    whole = Segment(0.0, recognition.seconds or 0.0, recognition)
    segments = [
        TranscriptionSegment(
            id=number,
            start=segment.start,
            end=segment.end,
            text=segment.recognition.text,
            emotion=segment.recognition.emotion,
        )
        for number, segment in enumerate(recognition.segments or [whole])
    ]
    return VerboseTranscription(
        text=full_text(recognition),
        language=recognition.language,
        duration=recognition.seconds,
        segments=segments,
        emotion=recognition.emotion,
        scores=None if recognition.scores is None else dict(recognition.scores),
    )
