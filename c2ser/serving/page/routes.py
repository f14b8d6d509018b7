"""What the page sends and loads: recordings and their answers."""

import asyncio
import io
import mimetypes
import os
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi import Request as Connection
from fastapi.responses import HTMLResponse, Response

from c2ser.serving.api import ModeField
from c2ser.serving.connection import while_connected
from c2ser.serving.page.clips import Clip, Clips
from c2ser.serving.page.view import answer_html
from c2ser.serving.service import Service, measuring_error, shown_name
from c2ser.systems.request import Request

# Where Gradio's form sends files, and loads them from.
UPLOAD, FILE = "/gradio_api/upload", "/gradio_api/file={key}/{name}"
PROGRESS = "/gradio_api/upload_progress"
ANSWER = "/page/answer"


def page_routes(service: Service, clips: Clips) -> APIRouter:
    """Returns the page's endpoints.

    Args:
        service: answers.
        clips: recordings that are answered.
    """
    routes = APIRouter(include_in_schema=False)
    drawing = asyncio.Semaphore(os.cpu_count() or 1)  # curves of long recordings take seconds of a core

    @routes.post(UPLOAD)
    async def upload(files: Annotated[list[UploadFile], File()]) -> list[str]:
        """Keeps recordings; the answer is what Gradio's form takes for their paths."""
        received = [Clip(shown_name(file.filename), await file.read()) for file in files]
        return [f"{clips.put(clip)}/{clip.name}" for clip in received]

    @routes.get(PROGRESS)
    async def progress() -> Response:
        """Tells Gradio's form, which would draw how far it is, that a file has been sent."""
        return Response('data: {"msg": "done"}\n\n', media_type="text/event-stream")

    @routes.get(FILE)
    async def file(key: str, name: str) -> Response:
        """Returns a recording, to be played."""
        clip = await asyncio.to_thread(clips.get, key)
        kind = mimetypes.guess_type(clip.name)[0] or ""
        # Whatever was sent, it is never a page of this site.
        return Response(clip.content, media_type=kind if kind.startswith("audio/") else "application/octet-stream")

    @routes.post(ANSWER)
    async def answer(
        connection: Connection,
        clip: Annotated[str, Form()],
        mode: ModeField = "explicit",
        language: Annotated[str | None, Form()] = None,
        cut: Annotated[bool, Form()] = False,
    ) -> HTMLResponse:
        """Answers a recording that was sent before."""
        fault = measuring_error()
        request = Request(mode, None, language or None, None, True, fault is None, True if cut else None)
        return HTMLResponse(await while_connected(connection, answered(clip.partition("/")[0], request, fault)))

    async def answered(key: str, request: Request, fault: str | None) -> str:
        clip = await asyncio.to_thread(clips.get, key)
        answer = await service.answer(io.BytesIO(clip.content), clip.name, request)
        thresholds = service.model.recognizer.thresholds
        async with drawing:
            return await asyncio.to_thread(answer_html, answer, thresholds=thresholds, fault=fault)

    return routes
