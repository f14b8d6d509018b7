"""Size, rate and headers of requests, before an endpoint sees them."""

import asyncio

from helpers.serving import upload

from c2ser.serving import Limits


def refused(response, status: int) -> str:
    assert response.status_code == status and response.json()["error"]["code"] == status
    return response.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused_whether_or_not_its_length_is_stated(serve):
    client = serve(limits=Limits(megabytes=1))
    message = "more than 1 MB, the limit of a request; send less"
    assert refused(client.post("/v1/recognize", **upload(bytes(2 << 20))), 413) == message
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    chunks = (start, *[bytes(1 << 16)] * 40, b"\r\n--b--\r\n")
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert refused(client.post("/v1/recognize", content=iter(chunks), headers=headers), 413) == message
    assert client.post("/v1/recognize", **upload()).status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(serve):
    client = serve(limits=Limits(reading=0.2))

    async def receive() -> dict:
        await asyncio.sleep(100)

    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    scope = {"type": "http", "method": "POST", "path": "/v1/recognize", "headers": headers, "query_string": b""}
    asyncio.run(client.app(scope | {"client": None}, receive, send))
    assert sent[0]["status"] == 408 and b"more than 0.2 s for a request; send less" in sent[1]["body"]
    assert len(sent) == 2


def test_a_client_that_sends_too_many_is_told_when_to_come_again(serve):
    client = serve(limits=Limits(rate="2/hour"))
    assert [client.post("/v1/recognize", **upload()).status_code for _ in range(2)] == [200, 200]
    response = client.post("/v1/recognize", **upload())
    assert refused(response, 429) == "more than 2 per 1 hour from one client; send fewer"
    assert response.headers["retry-after"] == "3600"
    assert client.get("/health").status_code == 200


def test_a_full_queue_refuses(serve):
    client = serve(limits=Limits(waiting=0))
    response = client.post("/v1/recognize", **upload())
    assert refused(response, 503) == "0 requests wait already; send it again later"
    assert response.headers["retry-after"] == "1"


def test_responses_forbid_what_comes_from_elsewhere(client):
    for response in (client.get("/health"), client.get("/nothing")):
        assert response.headers["content-security-policy"].startswith("default-src 'self'")
        assert "http" not in response.headers["content-security-policy"]


def test_paths_that_strangers_make_up_add_nothing_to_the_metrics(client):
    for number in range(5):
        client.get(f"/made/up/{number}")
    lines = client.get("/metrics").text.splitlines()
    assert 'c2ser_requests_total{path="/",status="404"} 5.0' in lines and not any("made" in line for line in lines)
