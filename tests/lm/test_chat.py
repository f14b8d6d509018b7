"""Chat models: batches change nothing, each thing is asked once, and servers may stumble."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.chat_server import chat_servers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.lm.chat import load_chat_model
from c2ser.lm.chat.cache import AnswerCache

LLM = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
TEMPLATE = (
    "{% for message in messages %}[{{ message.role }}]{{ message.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TEMPLATE
TEXTS = [
    "The speaker is happy.",
    "Hello",
    "Is it a very long question that nobody has an answer to, or is it not?",
    "你好",
]
QUESTIONS = [[{"role": "user", "content": text}] for text in TEXTS]
CANDIDATES = ("happy", "sad", "very angry indeed", "愤怒")


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> Path:
    """Weights that are wide enough apart that rounding does not change the likeliest token."""
    folder = tmp_path_factory.mktemp("chat")
    build_llm(LLM, {"vocab_size": 400}, texts=TEXTS, output_dir=folder)
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8 if weight.dim() == 2 else 1)
    model.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


def test_the_batch_changes_no_answer(llm):
    together, alone = (load_chat_model(str(llm), batch_size=size) for size in (4, 1))
    for sampling in ({}, {"temperature": 1.5, "seed": 3}):
        answers = together.answers(QUESTIONS, 12, **sampling)
        assert answers == alone.answers(QUESTIONS, 12, **sampling)
        assert answers[::-1] == together.answers(QUESTIONS[::-1], 12, **sampling)
    assert together.answers(QUESTIONS, 12, temperature=1.5, seed=4) != answers
    assert together.answers(QUESTIONS * 2, 12) == together.answers(QUESTIONS, 12) * 2


def test_drawn_tokens_have_the_models_distribution(llm):
    """The first token of 300 answers against the softmax: no further from it than chance explains."""
    model = load_chat_model(str(llm), batch_size=500)
    question = QUESTIONS[1]
    tokenizer, temperature = AutoTokenizer.from_pretrained(llm), 4.0
    prompt = tokenizer(f"[user]Hello{tokenizer.eos_token}[assistant]", add_special_tokens=False, return_tensors="pt")
    with torch.no_grad():
        logits = AutoModelForCausalLM.from_pretrained(llm)(prompt.input_ids).logits[0, -1]
    expected = (logits / temperature).softmax(0)
    drawn = Counter()
    for seed in range(300):
        drawn.update(model.answers([question], 1, temperature=temperature, seed=seed))
    by_text = Counter()
    for token, probability in enumerate(expected.tolist()):
        by_text[tokenizer.decode([token], skip_special_tokens=True).strip()] += probability
    distance = sum(abs(by_text[text] - drawn[text] / 300) for text in by_text) / 2
    noise = sum((2 * p * (1 - p) / 300 / np.pi) ** 0.5 for p in by_text.values()) / 2
    assert distance < 1.5 * noise


@pytest.mark.parametrize("batch_size", [1, 3])
def test_probabilities_are_those_of_the_whole_answer(llm, batch_size):
    """Against a pass of its own for each question and candidate."""
    model = AutoModelForCausalLM.from_pretrained(llm).eval()
    tokenizer = AutoTokenizer.from_pretrained(llm)
    expected = []
    for text in TEXTS:
        prompt = tokenizer(f"[user]{text}{tokenizer.eos_token}[assistant]", add_special_tokens=False).input_ids
        row = []
        for candidate in CANDIDATES:
            answer = [*tokenizer(candidate, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
            with torch.no_grad():
                logs = model(torch.tensor([prompt + answer])).logits[0].log_softmax(1)
            row.append(sum(logs[len(prompt) + i - 1, token].item() for i, token in enumerate(answer)))
        expected.append(torch.tensor(row).softmax(0).numpy())
    found = load_chat_model(str(llm), batch_size=batch_size).probabilities(QUESTIONS, CANDIDATES)
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-4)


def test_a_template_without_system_messages_reads_them_as_the_users(llm, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
        (tmp_path / name).symlink_to(llm / name)
    with pytest.raises(InputError, match="no chat template; name an instruction-tuned model"):
        load_chat_model(str(tmp_path))
    (tmp_path / "chat_template.jinja").write_text(NO_SYSTEM)
    apart = [{"role": "system", "content": "Be brief."}, *QUESTIONS[0]]
    joined = [{"role": "user", "content": f"Be brief.\n\n{TEXTS[0]}"}]
    assert load_chat_model(str(tmp_path)).answers([apart], 8) == load_chat_model(str(llm)).answers([joined], 8)


def test_a_cache_is_read_by_key_and_torn_lines_are_passed_over(tmp_path):
    first, second = AnswerCache(tmp_path / "cache"), AnswerCache(tmp_path / "cache")
    assert first.read({"a"}) == {}
    first.append("a", "one\ntwo ü")
    second.append("b", [0.25, 0.75])
    first.append("c", "three")
    (path,) = [path for path in (tmp_path / "cache").iterdir() if "three" in path.read_text()]
    path.write_bytes(path.read_bytes() + b'{"key": "d", "answer": "\xc3')
    assert AnswerCache(tmp_path / "cache").read({"a", "b", "d", "e"}) == {"a": "one\ntwo ü", "b": [0.25, 0.75]}


def test_what_is_in_the_cache_is_not_asked_again(llm, tmp_path, monkeypatch):
    model = load_chat_model(str(llm), cache_dir=str(tmp_path))
    answers, probabilities = model.answers(QUESTIONS, 8), model.probabilities(QUESTIONS, CANDIDATES)
    again = load_chat_model(str(llm), cache_dir=str(tmp_path))
    monkeypatch.setattr("c2ser.lm.chat.local.load_llm", None)
    assert again.answers(QUESTIONS[::-1], 8) == answers[::-1]
    np.testing.assert_array_equal(again.probabilities(QUESTIONS, CANDIDATES), probabilities)
    for other in ({"max_new_tokens": 9}, {"max_new_tokens": 8, "temperature": 1.0}):
        with pytest.raises(TypeError):
            again.answers(QUESTIONS, **other)


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with chat_servers() as start:
        yield start


def echo(request, number) -> tuple[int, str]:
    return 200, f" {request['messages'][-1]['content'].upper()}\n"


def test_a_server_is_asked_in_parallel_and_with_the_key_of_the_environment(serve, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    server = serve(echo)
    questions = [[{"role": "user", "content": f"q{number}"}] for number in range(40)]
    model = load_chat_model("m", server.url, cache_dir=str(tmp_path), concurrency=4)
    with caplog.at_level("DEBUG"):
        assert model.answers(questions, 7, temperature=0.5, seed=2) == [f"Q{number}" for number in range(40)]
    assert 2 <= server.most_open <= 4
    request = server.requests[0]
    assert request["path"] == "/v1/chat/completions" and request["authorization"] == "Bearer sk-very-secret"
    assert (request["model"], request["max_tokens"], request["temperature"], request["seed"]) == ("m", 7, 0.5, 2)
    assert "secret" not in caplog.text + "".join(path.read_text() for path in tmp_path.iterdir())
    assert (
        load_chat_model("m", "http://127.0.0.1:9/v1", cache_dir=str(tmp_path)).answers(
            questions, 7, temperature=0.5, seed=2
        )[39]
        == "Q39"
    )


def test_servers_that_stumble_are_asked_again(serve):
    troubles = {1: None, 2: (500, "oops"), 3: (429, "slow down"), 4: (503, "loading")}
    server = serve(lambda request, number: troubles.get(number, (200, "yes")))
    assert load_chat_model("m", server.url, concurrency=1).answers(QUESTIONS[:1]) == ["yes"]
    assert len(server.requests) == 5


def test_servers_that_refuse_say_why_in_one_line(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    cases = {404: "no model\n'm'", 400: "temperature not supported", 401: "Incorrect API key provided: sk-very-secret"}
    for status, message in cases.items():
        server = serve(lambda request, number, said=(status, message): said)
        with pytest.raises(InputError) as caught:
            load_chat_model("m", server.url).answers(QUESTIONS)
        said = str(caught.value)
        assert "\n" not in said and "secret" not in said and server.url in said
        assert ("OPENAI_API_KEY" in said) if status == 401 else (json.dumps(message) in said)
        assert len(server.requests) <= len(QUESTIONS)
    monkeypatch.setattr("c2ser.lm.chat.remote.MAX_RETRIES", 0)
    with pytest.raises(InputError, match="no connection .*see that the server runs"):
        load_chat_model("m", "http://127.0.0.1:9/v1").answers(QUESTIONS)


def test_a_server_of_transformers_answers_as_the_model_does_here(llm, tmp_path):
    pytest.importorskip("fastapi", reason="needs transformers[serving]")
    pytest.importorskip("uvicorn", reason="needs transformers[serving]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    program = Path(sys.executable).parent / "transformers"
    with (
        open(tmp_path / "log", "w") as log,
        subprocess.Popen([program, "serve", llm, *options], stdout=log, stderr=log) as server,
    ):
        try:
            remote = load_chat_model(str(llm), f"http://127.0.0.1:{port}/v1", concurrency=2)
            deadline = time.monotonic() + 120
            while "startup complete" not in (tmp_path / "log").read_text():
                assert server.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.2)
            assert remote.answers(QUESTIONS, 12) == load_chat_model(str(llm)).answers(QUESTIONS, 12)
            assert len(remote.answers(QUESTIONS[:1], 12, temperature=1.0, seed=1)) == 1
        finally:
            server.terminate()


def test_votes_of_a_server(serve):
    said = ["Happy.", "happy", "I would say sad", "happy or sad", "unhappy", "no idea", "愤怒。", "HAPPY"]
    server = serve(lambda request, number: (200, said[request["seed"]]))
    votes = load_chat_model("m", server.url).probabilities(QUESTIONS[:2], ("happy", "sad", "愤怒"), samples=8)
    np.testing.assert_allclose(votes, [[3 / 8, 1 / 8, 1 / 8]] * 2)


@pytest.mark.parametrize("end, answer", [("</think>\n\nhappy", "happy"), ("", "")])
def test_reasoning_is_no_part_of_an_answer(serve, end, answer):
    server = serve(lambda request, number: (200, f"<think>\nHe is sad? No.\n{end}"))
    assert load_chat_model("m", server.url).answers(QUESTIONS[:1]) == [answer]


def test_a_killed_program_asks_for_no_answer_twice(serve, tmp_path):
    """The program is killed in the midst of its questions; two more jobs share what it left."""
    code = (
        "import sys; from c2ser.lm.chat import load_chat_model;"
        "questions = [[{'role': 'user', 'content': f'q{i}'}] for i in range(60)];"
        "print(load_chat_model('m', sys.argv[1], cache_dir=sys.argv[2], concurrency=2).answers(questions))"
    )
    server = serve(echo)
    command = [sys.executable, "-c", code, server.url, tmp_path / "cache"]
    with subprocess.Popen(command) as killed:
        while len(server.requests) < 20 and killed.poll() is None:
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
    before = len(server.requests)
    assert 20 <= before < 60
    first = subprocess.run(command, capture_output=True, check=True, env=os.environ).stdout
    assert (
        b"Q59" in first and len(server.requests) <= 60 + 4
    )  # the two under way may have been lost, or not yet written
    asked = len(server.requests)
    assert subprocess.run(command, capture_output=True, check=True).stdout == first
    assert len(server.requests) == asked
