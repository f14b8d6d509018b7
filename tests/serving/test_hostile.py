"""Files, names and bodies that someone made to do harm: each has its reason, and costs little."""

import struct

import numpy as np
import pytest
from helpers.audio import encoded
from helpers.serving import upload, wav

from c2ser.serving import Limits

HALF_A_SECOND = 8000
START = b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
FORM = {"content-type": "multipart/form-data; boundary=b"}


def header(content: bytes = bytes(100), *, channels: int = 1, rate: int = 16000, size: int | None = None) -> bytes:
    """A 16-bit WAV with any header."""
    fields = struct.pack("<HHIIHH", 1, channels, rate, 2 * rate * channels % 2**32, 2 * channels % 2**16, 16)
    size = len(content) if size is None else size
    return b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0" + fields + b"data" + struct.pack("<I", size) + content


def reason(response, status: int = 422) -> str:
    assert response.status_code == status, response.text
    return response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(rate=1), "a.wav: a sampling rate of 1 Hz; the header is broken"),
        (header(rate=2**31 - 1), "a.wav: a sampling rate of 2147483647 Hz; the header is broken"),
        (header(rate=767999), "a.wav: a sampling rate of 767999 Hz; the server takes up to 192000"),
        (header(channels=0), "a.wav: broken"),
        (header(channels=65535), "a.wav: broken"),
        (header(size=2**31 - 2**17), "a.wav: truncated: 100 of 2147352576 bytes"),
        (header(b""), "a.wav: 0 samples"),
        (b"RIFF", "a.wav: broken"),
        (encoded(np.full(99, np.nan), format="WAV", subtype="FLOAT"), "a.wav: samples that are NaN or infinite"),
        (encoded(np.full(99, -np.inf), format="WAV", subtype="DOUBLE"), "a.wav: samples that are NaN or infinite"),
        (encoded(np.full(99, 1e38), format="WAV", subtype="FLOAT"), "a.wav: samples up to 1e+38"),
    ],
)
def test_headers_that_lie_and_samples_that_are_none(client, content, message):
    assert reason(client.post("/v1/recognize", **upload(content))).startswith(message)


def test_a_thousand_channels_are_read_a_few_samples_at_a_time(client):
    content = header(bytes(2000 * HALF_A_SECOND), channels=1000)
    response = client.post("/v1/recognize", **upload(content))
    assert (response.status_code, response.json()["seconds"]) == (200, 0.5)


def test_hours_of_silence_in_a_small_file_are_not_decoded(serve):
    client = serve(limits=Limits(seconds=10))
    silence = encoded(np.zeros((8 << 20, 8), np.int16), 48000, format="FLAC")
    assert "175 s long or more" in reason(client.post("/v1/recognize", **upload(silence)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"../../etc/passwd", "passwd: "),
        (b"..\\..\\a.wav", "a.wav: "),
        (b"a%0d%0aSet-Cookie: a", "a%0d%0aSet-Cookie: a: "),
        (b"a\x1b[31m\x00b.wav", "a[31mb.wav: "),
        ("\u202egpj.wav".encode(), "gpj.wav: "),
        (b"\xff\xfe", "\xff\xfe: "),
        (b"a" * 3000, "a" * 80 + ": "),
        (b".", "file: "),
    ],
)
def test_names_of_files_are_shown_without_what_could_mislead(client, name, shown):
    body = START + name + b'"\r\n\r\nno audio\r\n--b--\r\n'
    assert reason(client.post("/v1/recognize", content=body, headers=FORM)).startswith(shown + "broken or not audio")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"--b--\r\n", 422),
        (b"--c\r\n", 400),
        (START + b'a.wav"\r\n\r\nno end', 422),
        (START + b'a.wav"\nContent-Type', 422),
        (b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--b--\r\n', 422),
        (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' * 10000 + b"--b--\r\n", 400),
        (START + b'a"\r\n' + b"X: y\r\n" * 10000 + b"\r\n\r\n--b--\r\n", 400),
        (b'--b\r\nContent-Disposition: form-data; name="mode"\r\n\r\n' + b"a" * (2 << 20) + b"\r\n--b--\r\n", 400),
    ],
)
def test_forms_that_are_broken_or_huge(client, body, status):
    reason(client.post("/v1/recognize", content=body, headers=FORM), status)


def test_boundaries_that_are_none(client):
    body = START + b'a.wav"\r\n\r\n' + wav() + b"\r\n--b--\r\n"
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "c" * 5000,
    ):
        reason(client.post("/v1/recognize", content=body, headers={"content-type": kind}), 400)
    reason(client.post("/v1/recognize", content=body, headers={"content-type": "audio/wav"}), 422)
    assert client.post("/v1/recognize", content=body, headers=FORM).status_code == 200
