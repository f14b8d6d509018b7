"""What programs get: answers, and reasons where there is none."""

import numpy as np
import pytest
from helpers.audio import encoded, headerless_mp3
from helpers.serving import upload, wav

from c2ser.emotions import PAPER_EMOTIONS
from c2ser.serving import Limits


def refusal(response) -> tuple[int, str]:
    fault = response.json()["error"]
    assert fault["code"] == response.status_code
    return response.status_code, fault["message"]


def test_a_file_is_answered_as_in_python(client, model):
    response = client.post("/v1/recognize", data={"scores": "true", "language": "en"}, **upload())
    samples = np.frombuffer(wav()[44:], "<i2").astype(np.float32) / 32768
    expected = model.recognize(samples, language="en", scores=True)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["text"], answer["emotion"], answer["seconds"]) == (expected.text, expected.emotion, 0.5)
    assert answer["scores"] == pytest.approx(dict(expected.scores), abs=1e-5)


def test_the_label_set_is_narrowed_and_attributes_are_measured(client):
    pytest.importorskip("parselmouth", reason="the extra [recipe] is not installed")
    asked = {"emotions": ["sad", "happy"], "scores": "true", "measure": "true"}
    answer = client.post("/v1/recognize", data=asked, **upload(wav(1.0, hertz=300, rate=44100))).json()
    assert set(answer["scores"]) == {"happy", "sad"}
    assert answer["measured"]["pitch_hz"] == pytest.approx(300, rel=0.02)
    assert answer["measured"]["levels"]["pitch"] == "high"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_formats_are_told_by_their_content(client, kind):
    content = encoded(np.random.default_rng(0).normal(scale=0.1, size=8000), format=kind)
    assert client.post("/v1/recognize", **upload(content, name="recording")).status_code == 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello\n", "a.wav: broken or not audio (Format not recognised); replace the file"),
        (b"", "a.wav: empty file, 0 samples; replace the file or leave it out"),
        (wav()[:5000], "a.wav: truncated: 4956 of 16000 bytes of samples are there; copy it again"),
    ],
)
def test_files_that_are_no_audio_have_a_reason(client, content, message):
    assert refusal(client.post("/v1/recognize", **upload(content))) == (422, message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"mode": "fast"}, "mode: Input should be 'implicit' or 'explicit'"),
        ({"language": "english"}, "language 'english': not a code of ISO 639-1 such as en"),
        (
            {"emotions": "bored"},
            f"emotions: 'bored' is not in the model's label set; it has {', '.join(PAPER_EMOTIONS)}",
        ),
        ({"scores": "perhaps"}, "scores: Input should be a valid boolean, unable to interpret input"),
    ],
)
def test_faulty_fields_have_a_reason(client, data, message):
    assert refusal(client.post("/v1/recognize", data=data, **upload())) == (422, message)


def test_a_request_without_a_file_and_paths_that_do_not_exist_have_a_reason(client):
    assert refusal(client.post("/v1/recognize", data={"mode": "implicit"})) == (422, "file: Field required")
    assert refusal(client.get("/v1/nothing")) == (404, "Not Found")
    assert refusal(client.get("/v1/recognize")) == (405, "Method Not Allowed")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../a.wav", "a.wav; touch b", "$(touch b)", "cat a |", "http://a/b"]
)
def test_a_file_name_opens_and_starts_nothing(client, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert client.post("/v1/recognize", **upload(name=name)).status_code == 200
    assert client.post("/v1/recognize", **upload(b"no audio", name=name)).status_code == 422
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_too_long_is_refused(serve):
    client = serve(limits=Limits(seconds=60))
    three_hours = encoded(np.zeros(3 * 3600 * 1000, np.int16), 1000, format="FLAC")
    message = "long.flac: 10800 s long or more, and the limit is 60 s; send a part of it"
    assert refusal(client.post("/v1/recognize", **upload(three_hours, name="long.flac"))) == (422, message)
    unstated = headerless_mp3("CONSTANT", seconds=70)
    status, message = refusal(client.post("/v1/recognize", **upload(unstated, name="long.mp3")))
    assert status == 422 and message.startswith("long.mp3: ") and "long" in message


def test_the_openai_form_gives_the_answer_as_text(client):
    sent = {"model": "whisper-1", "mode": "implicit"}
    plain = client.post("/v1/audio/transcriptions", data=sent, **upload()).json()
    verbose = client.post(
        "/v1/audio/transcriptions", data=sent | {"response_format": "verbose_json"}, **upload()
    ).json()
    text = client.post("/v1/audio/transcriptions", data=sent | {"response_format": "text"}, **upload()).text
    assert plain == {"text": text.strip()} and verbose["text"] == text.strip()
    assert verbose["duration"] == 0.5 and verbose["segments"][0]["end"] == 0.5
    assert set(verbose["scores"]) == set(PAPER_EMOTIONS)
    refused = client.post("/v1/audio/transcriptions", data=sent | {"response_format": "srt"}, **upload())
    assert refusal(refused) == (422, "response_format: Input should be 'json', 'text' or 'verbose_json'")


def test_state_and_metrics(client):
    assert client.post("/v1/recognize", **upload()).status_code == 200
    assert client.get("/health").json() == {"status": "ok", "model": "tiny", "waiting": 0}
    assert client.get("/v1/models").json()["data"][0]["emotions"] == list(PAPER_EMOTIONS)
    lines = client.get("/metrics").text.splitlines()
    assert 'c2ser_requests_total{path="/v1/recognize",status="200"} 1.0' in lines
    assert "c2ser_audio_seconds_total 0.5" in lines and "c2ser_batch_size_sum 1.0" in lines


def test_a_server_whose_model_answers_no_longer_says_so(serve, monkeypatch):
    client = serve()

    def end(*_, **__):
        raise SystemExit

    monkeypatch.setattr("c2ser.systems.pipeline.C2SER.recognize", end)
    for _ in range(2):
        status, message = refusal(client.post("/v1/recognize", **upload()))
        assert status == 503 and message.startswith("the thread that answers has ended")
    response = client.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "failed")


def test_the_description_names_every_field_and_refusal(client):
    described = client.get("/openapi.json").json()
    operation = described["paths"]["/v1/recognize"]["post"]
    assert set(operation["responses"]) >= {"200", "400", "408", "413", "422", "429", "503"}
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    fields = described["components"]["schemas"][form]["properties"]
    assert set(fields) == {"file", "mode", "language", "emotions", "scores", "measure", "segments"}
    assert all(field.get("description") for field in fields.values())
