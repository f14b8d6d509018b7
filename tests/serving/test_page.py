"""The page's endpoints, and those of Gradio that must not be reached."""

import io
import socket

import pytest
import soundfile
from helpers.serving import upload, wav

from c2ser.serving import Limits

pytest.importorskip("gradio", reason="the extra [serve] is not installed with Gradio")


CLOSED = (403, 404, 405, 410)


@pytest.fixture(scope="module")
def page(model):
    from starlette.testclient import TestClient

    from c2ser.serving import Service, create_app
    from c2ser.serving.page import Example

    service = Service(model, "tiny", limits=Limits(rate=None))
    yield TestClient(create_app(service, [Example("tone.wav", wav)]), raise_server_exceptions=False)
    service.batcher.close()


def send(client, content: bytes | None = None, name: str = "a.wav") -> str:
    response = client.post("/gradio_api/upload", files={"files": (name, wav() if content is None else content)})
    assert response.status_code == 200
    return response.json()[0]


def test_a_recording_is_sent_played_and_answered(page):
    path = send(page)
    played = page.get(f"/gradio_api/file={path}")
    assert (played.content, played.headers["content-type"].replace("x-", "")) == (wav(), "audio/wav")
    answer = page.post("/page/answer", data={"clip": path, "mode": "implicit"})
    assert answer.status_code == 200 and "<article" in answer.text and "a.wav" in answer.text


def test_an_example_is_answered(page):
    assert "tone.wav" in page.get("/").text
    assert page.get("/gradio_api/file=example-0/tone.wav").content == wav()
    assert "tone.wav" in page.post("/page/answer", data={"clip": "example-0/tone.wav", "mode": "implicit"}).text


def test_examples_are_spoken_or_those_of_a_folder(tmp_path):
    pytest.importorskip("espeakng_loader", reason="the extra [recipe] is not installed")
    from c2ser.serving.page import read_examples, spoken_examples

    angry, *_, dialogue = spoken_examples()
    samples, rate = soundfile.read(io.BytesIO(angry.read()))
    assert (angry.name, dialogue.name, rate) == ("angry.flac", "dialogue.flac", 16000) and 1 < len(samples) / rate < 5
    (tmp_path / "b.wav").write_bytes(wav())
    (tmp_path / "notes.txt").write_text("no audio")
    assert [(example.name, example.read()) for example in read_examples(tmp_path)] == [("b.wav", wav())]


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ({"content": b"hello\n"}, 422, "a.wav: broken or not audio (Format not recognised); replace the file"),
        ({"content": wav(70)}, 422, "a.wav: 70 s long or more, and the limit is 60 s; send a part of it"),
    ],
)
def test_what_cannot_be_answered_has_the_reason_that_programs_get(serve, sent, status, message):
    from c2ser.serving import create_app

    client = serve(create=create_app, limits=Limits(seconds=60))
    for response in (
        client.post("/page/answer", data={"clip": send(client, **sent)}),
        client.post("/v1/recognize", **upload(sent["content"])),
    ):
        assert (response.status_code, response.json()["error"]["message"]) == (status, message)


def test_uploads_count_as_requests_and_have_their_size(serve):
    from c2ser.serving import create_app

    client = serve(create=create_app, limits=Limits(megabytes=1, rate="2/hour"))
    large = client.post("/gradio_api/upload", files={"files": ("a.wav", bytes(2 << 20))})
    assert large.status_code == 413
    send(client)
    assert client.post("/gradio_api/upload", files={"files": ("a.wav", wav())}).status_code == 429


def test_recordings_make_room_for_newer_ones_and_are_forgotten(serve, monkeypatch):
    from c2ser.serving import create_app

    monkeypatch.setattr("c2ser.serving.app.CLIPS", 2)
    client = serve(create=create_app, limits=Limits(megabytes=1))
    paths = [send(client, bytes([number]) * 900_000) for number in range(4)]
    kept = [client.get(f"/gradio_api/file={path}").status_code for path in paths]
    assert kept == [410, 410, 200, 200]
    gone = client.post("/page/answer", data={"clip": paths[0]})
    assert gone.status_code == 410 and gone.json()["error"]["message"].endswith("; send it again")


def test_what_was_sent_is_no_page_of_this_site(page):
    path = send(page, b"<script>alert(1)</script>", name="a.html")
    sent = page.get(f"/gradio_api/file={path}")
    assert sent.headers["content-type"] == "application/octet-stream"
    assert sent.headers["x-content-type-options"] == "nosniff"
    named = page.post("/page/answer", data={"clip": send(page, name="<b>&.wav"), "mode": "implicit"}).text
    assert "<b>&.wav" not in named and "&lt;b&gt;&amp;.wav" in named


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret.wav"
    file.write_bytes(wav(0.7))
    return file


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


def attacks(place: str) -> dict[str, tuple[str, str, dict]]:
    """Requests by which a client names a file or an address; name -> method, path and keywords."""
    file = {"path": place, "url": place, "orig_name": "a.wav", "meta": {"_type": "gradio.FileData"}}
    event = {"data": [file, "explicit", "", False], "fn_index": 0, "session_hash": "a", "trigger_id": None}
    recording = {"files": {"video": ("a.mp4", b"..")}}
    return {
        "queue": ("POST", "/gradio_api/queue/join", {"json": event}),
        "run": ("POST", "/gradio_api/run/predict", {"json": event}),
        "call": ("POST", "/gradio_api/call/answer", {"json": event}),
        "api": ("POST", "/gradio_api/api/predict/", {"json": event}),
        "component": ("POST", "/gradio_api/component_server", {"json": event | {"component_id": 1, "fn_name": "ls"}}),
        "recording": ("POST", "/gradio_api/process_recording", recording),
        "vibe": ("POST", "/gradio_api/vibe-edit/", {"json": {"prompt": place}}),
        "file": ("GET", f"/gradio_api/file={place}", {}),
        "old file": ("GET", f"/file={place}", {}),
        "proxy": ("GET", f"/gradio_api/proxy={place}", {}),
        "asset": ("GET", f"/assets/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..{place}", {}),
        "static": ("GET", f"/static/{place}", {}),
        "component file": ("GET", f"/gradio_api/custom_component/1/server/component/{place}", {}),
        "config": ("GET", "/config", {}),
        "runs": ("GET", "/gradio_api/runs", {}),
        "monitoring": ("GET", "/monitoring/summary", {}),
        "answer": ("POST", "/page/answer", {"data": {"clip": place}}),
    }


@pytest.mark.parametrize("name", attacks(""))
def test_a_client_reaches_no_file(page, secret, name):
    method, path, keywords = attacks(str(secret))[name]
    response = page.request(method, path, **keywords)
    assert response.status_code in CLOSED and secret.read_bytes() not in response.content


@pytest.mark.parametrize("name", attacks(""))
def test_a_client_makes_the_server_fetch_nothing(page, listener, name):
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.wav"
    method, path, keywords = attacks(address)[name]
    assert page.request(method, path, **keywords).status_code in CLOSED
    with pytest.raises(TimeoutError):
        listener.accept()


def test_without_the_page_there_is_none(client):
    assert client.get("/").status_code == 404 and client.post("/page/answer").status_code == 404


def test_programs_get_errors_in_their_form_with_the_page_too(page):
    response = page.get("/v1/nothing")
    assert response.status_code == 404 and response.json()["error"]["message"] == "Not Found"
