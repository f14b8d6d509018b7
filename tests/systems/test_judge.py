"""A chat model reads answers again: what it is asked, what becomes of its replies, and how far the rules agree."""

import json
from pathlib import Path

import pytest
from helpers.chat_server import chat_servers
from helpers.paths import ROOT

from c2ser.bin import judge, score
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.systems.judge import Judge, judge_answers
from c2ser.systems.transcript import read_prompts

PROMPT = ROOT / "egs" / "TEMPLATE" / "conf" / "judge.yaml"
EMOTIONS = ["angry", "happy", "sad"]
ANSWERS = {
    "a": "The speaker is sad.",
    "b": "She is boiling.",
    "c": "{emotions} 说话人很高兴。",
    "d": "I am a model.",
    "e": "",
}
RULES = {"a": "sad", "b": "<invalid>", "c": "happy", "d": "<invalid>", "e": "<invalid>"}
JUDGE = {"a": "sad", "b": "angry", "c": "happy", "d": "<invalid>", "e": "<invalid>"}
REPLIES = {"sad": "Sad", "boiling": "<think>angry or sad?</think>\nangry.", "高兴": "快乐", "model": "None"}


def reply(request: dict, number: int) -> tuple[int, str]:
    asked = request["messages"][-1]["content"]
    return 200, next(answer for word, answer in REPLIES.items() if f"{word}" in asked.replace("sad, none", ""))


@pytest.fixture
def server():
    with chat_servers() as start:
        yield start(reply)


@pytest.fixture
def answers_dir(tmp_path) -> Path:
    write_table(tmp_path / "answers" / "text", ANSWERS)
    write_table(tmp_path / "answers" / "utt2emo", RULES)
    (tmp_path / "emotions").write_text("\n".join(EMOTIONS) + "\n")
    return tmp_path / "answers"


def words(answers_dir: Path, url: str) -> list[str]:
    folder = answers_dir.parent
    return [
        *("--answers_dir", str(answers_dir), "--output_dir", str(folder / "judged"), "--prompt", str(PROMPT)),
        *("--emotions", str(folder / "emotions"), "--llm", "m", "--llm_url", url),
    ]


def test_the_command_reads_again_and_tells_how_far_the_rules_agree(answers_dir, server, capsys):
    judge.main(words(answers_dir, server.url))
    output = answers_dir.parent / "judged"
    assert read_table(output / "utt2emo") == JUDGE and read_table(output / "text") == ANSWERS
    agreement = json.loads((output / "agreement.json").read_text())
    assert agreement["same_answer"] == 0.8 and agreement["invalid"] == {"rules": 0.6, "judge": 0.4}
    # by chance 3/5 * 2/5 + 2 * 1/25
    assert agreement["kappa"] == pytest.approx((0.8 - 0.32) / (1 - 0.32))
    (_, difference) = (output / "differences.tsv").read_text().splitlines()
    assert difference == "b\t<invalid>\tangry\tShe is boiling."
    assert "80.0" in capsys.readouterr().out
    write_table(answers_dir / "ref", dict.fromkeys(ANSWERS, "sad"))
    score.main(["--ref", str(answers_dir / "ref"), "--hyp", str(output / "utt2emo")])  # is a system as others are


def test_what_is_asked(answers_dir, server):
    judge.main(words(answers_dir, server.url))
    asked = [request["messages"][-1]["content"] for request in server.requests]
    assert len(asked) == 4  # nothing about an empty answer
    (chinese,) = [question for question in asked if "高兴" in question]
    assert "愤怒" in chinese and "{emotions} 说话人很高兴。" in chinese
    assert all("angry, happy, sad, none" in question for question in asked if question != chinese)
    judge.main(words(answers_dir, server.url))
    assert len(server.requests) == 4  # the second time everything is known


def test_faults_are_told(answers_dir):
    reader = Judge(None, EMOTIONS, prompts=read_prompts(PROMPT))
    with pytest.raises(InputError, match="give another folder"):
        judge_answers(reader, answers_dir, output_dir=answers_dir.parent / "x" / ".." / "answers")
    write_table(answers_dir / "utt2emo", {**RULES, "f": "sad"})
    with pytest.raises(InputError, match="'f' is in one of text and utt2emo only"):
        judge_answers(reader, answers_dir, output_dir=answers_dir.parent / "judged")
