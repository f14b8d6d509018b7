"""Whatever is sent, the server gives a reason or an answer, and works on: broken audio, broken forms, odd headers."""

import shutil
import struct
import subprocess

import pytest
from helpers.audio import encoded, tone
from helpers.serving import upload, wav

from c2ser.serving import Limits

hypothesis = pytest.importorskip("hypothesis", reason="the extra [test] is not installed")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as some  # noqa: E402

REASONS = {400, 413, 422}
LIMITS = Limits(megabytes=2, seconds=5, rate=None)
FORMATS = {"WAV": "PCM_16", "WAVEX": "FLOAT", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": None, "AIFF": "PCM_24"}
FORMATS |= {"AU": "ULAW", "CAF": "PCM_16", "W64": "PCM_16", "RF64": "DOUBLE", "NIST": "PCM_16", "IRCAM": "PCM_16"}
PATHS = ("/v1/recognize", "/v1/audio/transcriptions")
BOUNDARY = b"----boundary"
EXTREMES = (0, 1, 2, 3, 255, 1000, 1024, 65535, 2**31 - 1, 2**31, 2**32 - 1)

often = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def check(response) -> None:
    """What a response has to be: an answer, or a reason in the form of OpenAI's."""
    assert response.status_code in REASONS | {200}, response.text
    if response.status_code != 200:
        fault = response.json()["error"]
        assert fault["code"] == response.status_code and fault["message"] and "\n" not in fault["message"]


@pytest.fixture(scope="module")
def client(model):
    from starlette.testclient import TestClient

    from c2ser.serving.api import create_api
    from c2ser.serving.service import Service

    service = Service(model, "tiny", limits=LIMITS, window=0)
    client = TestClient(create_api(service))  # an exception that is not handled fails the test
    yield client
    assert client.post("/v1/recognize", **upload()).status_code == 200
    assert client.get("/health").json() == {"status": "ok", "model": "tiny", "waiting": 0}
    service.batcher.close()


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """A short file of each format."""
    samples = tone(seconds=0.05)
    return [encoded(samples, format=kind, subtype=subtype) for kind, subtype in FORMATS.items()]


@some.composite
def changes(draw) -> tuple[float, list[tuple[float, bytes]]]:
    """Where a file ends, and what is written over it; places are parts of its length, most of them in its header."""
    place = some.floats(0, 1).map(lambda part: part**3)
    value = some.one_of(
        some.binary(min_size=1, max_size=4),
        some.sampled_from(EXTREMES).map(lambda number: struct.pack("<I", number)),
        some.sampled_from(EXTREMES).map(lambda number: struct.pack(">I", number)),
    )
    end = draw(some.one_of(some.just(1.0), some.floats(0, 1)))
    return end, draw(some.lists(some.tuples(place, value), max_size=4))


def changed(content: bytes, change: tuple[float, list[tuple[float, bytes]]]) -> bytes:
    end, values = change
    array = bytearray(content[: int(end * len(content))])
    for place, value in values:
        start = int(place * len(array))
        array[start : start + len(value)] = value
    return bytes(array)


@often
@given(which=some.integers(0, 100), change=changes())
def test_broken_audio(client, files, which, change):
    check(client.post("/v1/recognize", **upload(changed(files[which % len(files)], change))))


@settings(often, max_examples=20)
@given(change=changes())
def test_broken_audio_that_ffmpeg_gets(client, m4a, change):
    check(client.post("/v1/recognize", **upload(changed(m4a, change), name="a.m4a")))


@pytest.fixture(scope="module")
def m4a(tmp_path_factory) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not on PATH")
    folder = tmp_path_factory.mktemp("m4a")
    (folder / "a.wav").write_bytes(wav(0.1))
    subprocess.run([program, "-v", "error", "-nostdin", "-i", folder / "a.wav", folder / "a.m4a"], check=True)
    return (folder / "a.m4a").read_bytes()


fields = some.one_of(
    some.sampled_from(["file", "mode", "language", "emotions", "scores", "segments", "model", "response_format"]),
    some.text(max_size=8),
)
values = some.one_of(
    some.sampled_from(["", "true", "explicit", "en", "zh", "sad", "null", "-1", "9" * 5000]), some.text()
)


@often
@given(
    form=some.lists(some.tuples(fields, values), max_size=8), path=some.sampled_from(PATHS), has_file=some.booleans()
)
def test_forms_with_anything_in_them(client, form, path, has_file):
    parts = [(name, (None, value.encode("utf-8", "surrogatepass"))) for name, value in form]
    check(client.post(path, files=[*parts, ("file", ("a.wav", wav(0.1)))] if has_file else parts))


pieces = some.one_of(
    some.sampled_from([BOUNDARY, b"--", b"\r\n", b"\n", b"\0", b": ", b";", b'"', b"=", b"file", b"Content-Length: 7"]),
    some.sampled_from([b'Content-Disposition: form-data; name="file"; filename="a.wav"', b"Content-Type: audio/wav"]),
    some.binary(max_size=20),
)
kinds = some.one_of(
    some.just(b"multipart/form-data; boundary=" + BOUNDARY),
    some.sampled_from([b"multipart/form-data", b"multipart/form-data; boundary=", b"application/json", b"", b"a/b; c"]),
    some.binary(max_size=60).map(lambda kind: kind.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")),
)


@settings(often, max_examples=300)
@given(body=some.lists(pieces, max_size=20).map(b"".join), kind=kinds, path=some.sampled_from(PATHS))
def test_bodies_that_are_no_forms(client, body, kind, path):
    check(client.post(path, content=body, headers={b"content-type": kind}))
