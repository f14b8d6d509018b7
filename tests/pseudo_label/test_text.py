"""Text teachers."""

import numpy as np
import pytest
from helpers.pseudo_label import EMOTIONS, PROMPT_FILE, run
from transformers import AutoTokenizer

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.lm.chat import load_chat_model
from c2ser.pseudo_label.text import classifier_teacher, llm_teacher
from c2ser.systems.transcript import read_prompts


def test_recognised_words_count_where_there_are_no_others(sets):
    unlabelled = sets["unlabelled_dir"]
    texts = read_table(unlabelled / "text")
    del texts["s4_unlabelled00"], texts["s4_unlabelled01"]
    write_table(unlabelled / "text", texts)
    write_table(unlabelled / "text_asr", {"s4_unlabelled00": "i miss home", "s4_unlabelled02": "go away now"})
    answers = classifier_teacher(sets["train_dir"])(unlabelled)
    assert answers["s4_unlabelled00"].emotion == "sad" and answers["s4_unlabelled02"].emotion == "sad"
    assert "s4_unlabelled01" not in answers


class Reader:
    """Answers with the candidate that is last in the question's sentence; keeps the questions."""

    def __init__(self):
        self.questions = []

    def probabilities(self, conversations, candidates):
        self.questions += [messages[-1]["content"] for messages in conversations]
        return np.array([[float(f"I am {word}" in m[-1]["content"]) for word in candidates] for m in conversations])


def test_a_chat_model_is_asked_in_the_language_of_the_words(tmp_path):
    data = tmp_path / "data"
    texts = {"a": ("I am angry", "en"), "b": ("I am 悲伤 {text}", "zh"), "c": ("I am sad", None), "d": ("hm", "de")}
    utterances = [Utterance(u, tmp_path / "no.wav", u, None, text, lang) for u, (text, lang) in texts.items()]
    DataDir(data).write(utterances, EMOTIONS)
    reader = Reader()
    answers = llm_teacher(reader, read_prompts(PROMPT_FILE), emotions=EMOTIONS)(data)
    assert answers == {"a": ("angry", 1.0), "b": ("sad", 1.0), "c": ("sad", 1.0)}
    *english, chinese = reader.questions
    assert "愤怒, 悲伤" in chinese and "“I am 悲伤 {text}”" in chinese and "angry" not in chinese
    assert len(english) == 3 and all("angry, sad" in question for question in english)


def test_a_local_chat_model_teaches(sets, tmp_path):
    folder = tmp_path / "llm"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    build_llm(sizes, {"vocab_size": 300}, texts=["go away", "one word out of"], output_dir=folder)
    (folder / "chat_template.jinja").write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    assert AutoTokenizer.from_pretrained(folder).chat_template
    (tmp_path / "emotions").write_text("angry\nsad\n")
    options = ["--text", "llm", "--llm", folder, "--prompt", PROMPT_FILE, "--emotions", tmp_path / "emotions"]
    options += ["--acoustic", "none", "--unlabelled_dir", sets["unlabelled_dir"], "--text_threshold", 0]
    run(tmp_path / "out", *options)
    (prompt,) = [read_prompts(PROMPT_FILE)["en"].replace("{emotions}", "angry, sad")]
    texts = read_table(sets["unlabelled_dir"] / "text")
    asked = [[{"role": "user", "content": prompt.replace("{text}", text)}] for text in texts.values()]
    classes = load_chat_model(str(folder)).probabilities(asked, EMOTIONS).argmax(axis=1)
    assert read_table(tmp_path / "out" / "utt2emo") == dict(zip(texts, (EMOTIONS[number] for number in classes)))
    answers = {path: path.read_bytes() for path in (tmp_path / "out" / "answers").iterdir()}
    run(tmp_path / "out", *options)
    assert answers == {path: path.read_bytes() for path in (tmp_path / "out" / "answers").iterdir()} != {}


@pytest.mark.parametrize("text", ["en: x\n", "en: '{emotions} {text}'\nzh: '{text}'\n", "en: {emotions: 1}\n"])
def test_prompts_without_their_places(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(InputError, match="p.yaml: (en|zh): needs a prompt with {emotions} and {text}"):
        read_prompts(tmp_path / "p.yaml")
