"""The server as users start it: many clients, OpenAI's client, clients that go away, its end."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from helpers.audio import encoded
from helpers.server import MPEG4, answers, serving, until
from helpers.serving import upload, wav


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    packed = tmp_path_factory.mktemp("packed") / "model"
    model.save_pretrained(packed)
    with serving(packed, tmp_path_factory.mktemp("server"), wav=wav()) as server:
        yield server


def test_requests_of_many_clients_are_answered_as_in_python(server, model):
    """None is lost or mixed up with another, in whichever batches they are answered."""
    rng = np.random.default_rng(0)
    clips = [encoded(rng.normal(scale=0.1, size=size), format="WAV") for size in rng.integers(4000, 16000, size=30)]
    asked = [{"scores": "true", "mode": ("implicit", "explicit")[number % 2]} for number in range(len(clips))]

    def answer(number: int) -> dict:
        sent = upload(clips[number], name=f"{number}.wav")
        return httpx.post(f"{server.url}/v1/recognize", data=asked[number], **sent, timeout=120).json()

    with ThreadPoolExecutor(10) as clients:
        answered = list(clients.map(answer, range(len(clips))))
    for content, fields, got in zip(clips, asked, answered, strict=True):
        samples = np.frombuffer(content[44:], "<i2").astype(np.float32) / 32768
        expected = model.recognize(samples, fields["mode"], scores=True)
        assert (got["text"], got["emotion"]) == (expected.text, expected.emotion)
        scores = None if expected.scores is None else pytest.approx(dict(expected.scores), abs=1e-5)
        assert got["scores"] == scores
    assert list((server.folder / "tmp").iterdir()) == []


def test_openais_client_understands_answers_and_errors(server):
    openai = pytest.importorskip("openai", reason="the extra [recipe] is not installed")
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    assert client.models.list().data[0].object == "model"
    sent = {"model": "c2ser", "file": ("a.wav", wav()), "extra_body": {"mode": "implicit"}}
    create = client.audio.transcriptions.create
    text = create(**sent).text
    assert create(**sent, response_format="text") == text + "\n"
    verbose = create(**sent, response_format="verbose_json")
    assert (verbose.text, verbose.duration, verbose.segments[0].end) == (text, 0.5, 0.5)
    assert sum(verbose.scores.values()) == pytest.approx(1, abs=1e-4) and verbose.emotion in verbose.scores
    with pytest.raises(openai.UnprocessableEntityError) as error:
        create(model="c2ser", file=("b.wav", b"no audio"))
    assert error.value.body["message"] == "b.wav: broken or not audio (Format not recognised); replace the file"
    with pytest.raises(openai.UnprocessableEntityError) as error:
        create(**sent, response_format="srt")
    assert error.value.param == "response_format"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 999999999999999", b""),
        ("Content-Length: 9999999999999999999999999999", b""),
        ("Content-Length: -1", b""),
        ("Content-Length: 1\r\nContent-Length: 2", b""),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"zz\r\nhello\r\n"),
        ("Transfer-Encoding: nonsense", b""),
        ("X: " + "a" * 100000, b""),
        ("X\0: a", b""),
        ("Expect: 100-continue\r\nContent-Length: 0", b""),
    ],
)
def test_requests_that_are_hardly_http(server, headers, body):
    address = server.url.removeprefix("http://").split(":")
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(f"POST /v1/recognize HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n".encode() + body)
        lines = connection.makefile("rb")
        while (line := lines.readline()).startswith(b"HTTP/1.1 100"):
            lines.readline()
        assert int(line.split()[1]) in (400, 413, 422)
    assert answers(server.url)


def test_a_body_that_ends_too_soon_harms_nobody(server):
    address = server.url.removeprefix("http://").split(":")
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(
            b"POST /v1/recognize HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        )
        connection.sendall(b"Content-Length: 1000\r\n\r\n--b\r\n")
    assert httpx.post(f"{server.url}/v1/recognize", **upload(), timeout=60).status_code == 200


def test_when_a_client_goes_away_its_file_is_no_longer_decoded(server):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.url}/v1/recognize", **upload(MPEG4, name="a.m4a"), timeout=1)
    converter = server.converter
    until(lambda: not converter.exists())
    until(lambda: httpx.get(f"{server.url}/health").json()["waiting"] == 0)
    (server.folder / "ffmpeg.pid").unlink()


def test_at_its_end_a_server_answers_what_is_in_work(server):
    """The last test of this server."""
    with ThreadPoolExecutor(1) as clients:
        answer = clients.submit(httpx.post, f"{server.url}/v1/recognize", **upload(MPEG4, name="a.m4a"), timeout=120)
        assert server.converter.exists()
        server.process.send_signal(signal.SIGTERM)
        until(lambda: not answers(server.url))
        assert server.process.poll() is None
        server.convert()
        assert (answer.result().status_code, answer.result().json()["seconds"]) == (200, 0.5)
    assert server.process.wait(60) in (0, -signal.SIGTERM)
    assert list((server.folder / "tmp").iterdir()) == []
