"""Rewriting rationales: what passes is kept, what does not falls back, and a killed job goes on."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from helpers.chat_server import chat_servers
from helpers.paths import ROOT

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, read_emotion
from c2ser.lm.chat import load_chat_model
from c2ser.rationales.checker import Facts, faults
from c2ser.rationales.rewriting import RewritingConfig, merge_rewriting, rewrite_cot
from c2ser.rationales.targets import build_cot

PROMPT = ROOT / "egs" / "TEMPLATE" / "conf" / "rewrite.yaml"
NUM_UTTS = 24
EMOTIONS = ("angry", "happy", "sad")


def reworded(template: str) -> str:
    return f"Here, {template}" if template.isascii() else f"听，{template}"


def template_of(request: dict) -> str:
    first = next(message for message in request["messages"] if message["role"] == "user")
    return first["content"].splitlines()[-1]


def number_of(template: str) -> int:
    return int(re.search(r"number (\d+)|第(\d+)句", template).group().strip("number 第句"))


def stubborn(request: dict, asked: int) -> tuple[int, str]:
    """Of each four utterances one is rewritten well on the second try only, and one never."""
    template, tries = template_of(request), sum(message["role"] == "user" for message in request["messages"])
    if number_of(template) % 4 == 3 or (number_of(template) % 4 == 2 and tries == 1):
        return 200, f"Sure, this is cheerful! {template}"
    return 200, reworded(template)


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with chat_servers() as start:
        yield start


@pytest.fixture
def train(tmp_path) -> Path:
    directory = tmp_path / "train"
    utts = [f"spk{number // 8}_{number:03}" for number in range(NUM_UTTS)]
    write_table(directory / "wav.scp", {utt: f"/{utt}.wav" for utt in utts})
    write_table(directory / "utt2spk", {utt: utt[:4] for utt in utts})
    write_table(directory / "attributes", {utt: f"{100 + 9 * i} {-30 + i % 5} {i % 7}" for i, utt in enumerate(utts)})
    write_table(directory / "utt2emo", {utt: EMOTIONS[i % 3] for i, utt in enumerate(utts)})
    write_table(directory / "utt2lang", {utt: "zh" if i % 2 else "en" for i, utt in enumerate(utts)})
    texts = {utt: f"这是第{i}句" if i % 2 else f"It is number {i}" for i, utt in enumerate(utts)}
    write_table(directory / "text", texts)
    build_cot(directory, directory)
    return directory


def config() -> RewritingConfig:
    return RewritingConfig.read(PROMPT)


def test_good_rewrites_are_kept_and_others_fall_back(train, tmp_path, serve):
    server = serve(stubborn)
    templates = read_table(train / "explicit")
    chat = load_chat_model("m", server.url, cache_dir=str(tmp_path / "cache"))
    report = rewrite_cot(train, train, chat=chat, config=config())
    explicit, labels = read_table(train / "explicit"), read_table(train / "utt2emo")
    for utt, template in templates.items():
        assert explicit[utt] == (template if number_of(template) % 4 == 3 else reworded(template))
        assert read_emotion(explicit[utt]) == labels[utt]
    assert {name: entry["number"] for name, entry in report["outcomes"].items()} == {
        "accepted_at_once": 12,
        "accepted_on_second_try": 6,
        "fallen_back": 6,
    }
    assert report["outcomes"]["fallen_back"]["share"] == 0.25
    assert report["rewrites"] == {"first_try": 24, "second_try": 12}
    for name, number in (("first_try", 12), ("second_try", 6)):
        assert report["faults"][name]["form"] == {"number": number, "share": 0.5}
        assert report["faults"][name]["levels"]["number"] == 0
    assert json.loads((train / "rewriting.json").read_text()) == report
    assert " 6 (0.250)  left as the template words them" in (train / "rewriting.txt").read_text()
    first, again = ([r for r in server.requests if (len(r["messages"]) > 2) == second] for second in (False, True))
    assert {request["temperature"] for request in first} == {0} and {r["temperature"] for r in again} == {0.7}
    second = again[0]["messages"]
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert "Sure, this is cheerful!" in second[2]["content"] and "- form: " in second[3]["content"]

    before, asked = (train / "explicit").read_bytes(), len(server.requests)
    assert (
        rewrite_cot(
            train, train, chat=load_chat_model("m", server.url, cache_dir=str(tmp_path / "cache")), config=config()
        )
        == report
    )
    assert (train / "explicit").read_bytes() == before and len(server.requests) == asked


def test_the_parts_of_an_array_job_give_what_the_whole_gives(train, tmp_path, serve):
    server = serve(stubborn)
    whole = rewrite_cot(train, tmp_path / "whole", chat=load_chat_model("m", server.url), config=config())
    for part in DataDir(train).split(5):
        rewrite_cot(
            part, part, chat=load_chat_model("m", server.url, cache_dir=str(tmp_path / "cache")), config=config()
        )
    DataDir(train).merge(5, ["explicit"])
    assert merge_rewriting(train, 5) == whole
    for name in ("explicit", "rewriting.json", "rewriting.txt"):
        assert (train / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    (train / "split5" / "2" / "rewriting.json").unlink()
    with pytest.raises(InputError, match="split5/2/rewriting.json: no such file; the job of this part did not finish"):
        merge_rewriting(train, 5)


def test_a_part_without_labels_is_no_error(train, tmp_path):
    (train / "utt2emo").unlink()
    report = rewrite_cot(train, tmp_path / "out", chat=load_chat_model("m", "http://127.0.0.1:9/v1"), config=config())
    assert report["utterances"] == 0 and (tmp_path / "out" / "explicit").read_text() == ""


def command(train: Path, output: Path, url: str, cache: Path) -> list:
    options = {"data_dir": train, "output_dir": output, "llm": "m", "llm_url": url, "prompt": PROMPT}
    options |= {"cache_dir": cache, "concurrency": 2}
    return [sys.executable, "-m", "c2ser.bin.rewrite_cot", *(str(x) for k, v in options.items() for x in (f"--{k}", v))]


def test_a_killed_job_goes_on_to_the_same_bytes_and_asks_nothing_twice(train, tmp_path, serve):
    server = serve(stubborn)
    with subprocess.Popen(command(train, tmp_path / "out", server.url, tmp_path / "cache")) as killed:
        while len(server.requests) < 10 and killed.poll() is None:
            time.sleep(0.002)
        killed.send_signal(signal.SIGKILL)
    assert len(server.requests) < NUM_UTTS and not (tmp_path / "out" / "explicit").exists()
    cached = "".join(path.read_text() for path in (tmp_path / "cache").iterdir()).count("\n")
    assert cached
    before = len(server.requests)
    subprocess.run(command(train, tmp_path / "out", server.url, tmp_path / "cache"), check=True, capture_output=True)
    assert len(server.requests) - before == NUM_UTTS * 3 // 2 - cached
    subprocess.run(command(train, tmp_path / "again", server.url, tmp_path / "cache"), check=True, capture_output=True)
    assert len(server.requests) - before == NUM_UTTS * 3 // 2 - cached
    for name in ("explicit", "rewriting.json", "rewriting.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_errors_are_one_line(train, tmp_path, serve):
    server = serve(lambda request, asked: (404, "no model 'm'"))
    failed = subprocess.run(
        command(train, tmp_path / "out", server.url, tmp_path / "cache"), capture_output=True, text=True
    )
    assert failed.returncode == 1 and failed.stderr.count("error:") == 1 and "no model 'm'" in failed.stderr
    assert "Traceback" not in failed.stderr and not (tmp_path / "out").exists()
    (train / "attribute_levels").write_text("spk0_000 low low low\n")
    with pytest.raises(InputError, match="attribute_levels: no line for 'spk0_001'"):
        rewrite_cot(train, train, chat=load_chat_model("m", server.url), config=config())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zh": None}, "zh: expected a mapping of .*, not null"),
        ({"fr": {}}, "unknown key 'fr'"),
        ({"temperature": 0}, "temperature: 0 is not a number above 0"),
        ({"en": {"user": "{template}", "retry": "{faults}", "examples": 3}}, "en: unknown key 'examples'"),
        ({"en": {"user": "{template} {emotion}", "retry": "{faults}"}}, "en: user: .* should be template, not emotion"),
        ({"en": {"user": "{template}", "retry": "again"}}, "en: retry: .* should be faults, not none"),
        ({"en": {"user": "{template", "retry": "{faults}"}}, "en: user: not a text with placeholders"),
        ({"en": {"user": 5, "retry": "{faults}"}}, "en.user: expected a text, not 5"),
    ],
)
def test_prompts_are_checked_strictly(tmp_path, change, message):
    path = tmp_path / "rewrite.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(PROMPT.read_text(encoding="utf-8")), **change}))
    with pytest.raises(InputError, match=message):
        RewritingConfig.read(path)


def test_the_prompts_of_the_recipes(train):
    """They hold every fact in the language of the rationale, and nothing of them may be in a rewrite."""
    prompts = config().prompts
    for language, template in (("en", "The speaker talks fast. {braces}"), ("zh", "语速较快。")):
        prompt = prompts[language]
        first = prompt.conversation(template)
        assert template in first[-1]["content"] and "{template}" not in str(first)
        assert "{faults}" not in prompt.again(first, "no", found=["levels: bad"])[-1]["content"]
        told = Facts("这是悲伤。" if language == "zh" else "This is sad.", ("nan",) * 3, None, "sad", language)
        for sentence in filter(None, prompt.instructions.splitlines()):
            found = faults(f"{sentence} {told.template}", told, prompt=prompt.instructions)
            long = sum(map(str.isalnum, sentence)) >= LANGUAGES[language].echo
            assert not long or any(fault.startswith("form: the prompt") for fault in found)
