"""Systems that see the words alone."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.pseudo_label import PROMPT_FILE
from transformers import AutoTokenizer

from c2ser.bin import recognize, score
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.systems.recognizer import Speech
from c2ser.systems.transcript import ChatRecognizer, TranscriptClassifier, question, read_prompts

WORDS = {"angry": "go away now", "happy": "how lovely to see", "sad": "i miss you so"}


def write_data(folder: Path, *, text: str | None = "text") -> Path:
    """Six utterances whose words tell their emotions, all with the same audio."""
    folder.mkdir()
    soundfile.write(folder / "a.wav", np.full(8000, 0.1), 16000)
    labels = {f"utt{number}": emotion for number, emotion in enumerate([*WORDS, *WORDS])}
    write_table(folder / "wav.scp", dict.fromkeys(labels, str(folder / "a.wav")))
    write_table(folder / "utt2spk", dict.fromkeys(labels, "one"))
    write_table(folder / "utt2emo", labels)
    if text is not None:
        write_table(folder / text, {utt: WORDS[emotion] for utt, emotion in labels.items()})
    return folder


@pytest.mark.parametrize("text", ["text", "text_asr"])
def test_words_of_the_corpus_or_a_recogniser_are_classified(text, tmp_path, capsys):
    train, test = write_data(tmp_path / "train"), write_data(tmp_path / "test", text=text)
    output = tmp_path / "out"
    options = ["--data_dir", str(test), "--output_dir", str(output)]
    recognize.main(["--system", "text", "--model", str(train), *options])
    assert read_table(output / "utt2emo") == read_table(test / "utt2emo")
    assert len(list(read_scores(output / "utt2scores", list(WORDS)))) == 6
    score.main(
        ["--ref", str(test / "utt2emo"), "--hyp", str(output / "utt2emo"), "--output_dir", str(output / "score")]
    )
    assert "100.0" in capsys.readouterr().out


def test_only_allowed_emotions_and_priors_without_words():
    recognizer = TranscriptClassifier([*WORDS.values(), "go"], [*WORDS, "angry"])
    silent, narrowed = recognizer.recognize(
        [Speech(), Speech(transcript="go away", emotions=["happy", "sad"])], "implicit"
    )
    assert silent.emotion == "angry" and sum(silent.scores.values()) == pytest.approx(1)
    assert narrowed.emotion in ("happy", "sad") and set(narrowed.scores) == {"happy", "sad"}


def test_other_training_transcripts_are_another_system():
    first, same, other = (TranscriptClassifier(["go", word], ["angry", "sad"]).identity() for word in ("a", "a", "b"))
    assert first == same != other


class Reader:
    """Thinks that what is said in the words is what they suggest; keeps the questions."""

    def __init__(self):
        self.questions = []

    def probabilities(self, conversations, candidates):
        self.questions += [messages[-1]["content"] for messages in conversations]
        named = [
            [0.1 + (f"I am {word}" in messages[-1]["content"]) for word in candidates] for messages in conversations
        ]
        return np.array(named) / np.sum(named, axis=1, keepdims=True)


def test_a_chat_model_is_asked_in_the_language_of_the_words():
    recognizer = ChatRecognizer(Reader(), ["angry", "sad"], prompts=read_prompts(PROMPT_FILE), name="reader")
    batch = [Speech(transcript="I am sad"), Speech(transcript="I am 悲伤", language="zh"), Speech()]
    sad, chinese, silent = recognizer.recognize(batch, "implicit")
    assert (sad.emotion, chinese.emotion, silent.emotion) == ("sad", "sad", None)
    assert sad.scores == pytest.approx({"angry": 0.1 / 1.2, "sad": 1.1 / 1.2}) and sad.transcript == "I am sad"
    english, other = recognizer.model.questions
    assert "angry, sad" in english and "愤怒, 悲伤" in other


def test_the_command_asks_a_local_chat_model(tmp_path):
    folder, test = tmp_path / "llm", write_data(tmp_path / "test")
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    build_llm(sizes, {"vocab_size": 300}, texts=["go away", "one word out of"], output_dir=folder)
    (folder / "chat_template.jinja").write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    assert AutoTokenizer.from_pretrained(folder).chat_template
    (tmp_path / "emotions").write_text("angry\nhappy\nsad\n")
    options = ["--emotions", tmp_path / "emotions", "--prompt", PROMPT_FILE, "--data_dir", test]
    words = ["--system", "chat", "--model", folder, *options, "--output_dir", tmp_path / "out"]
    recognize.main(list(map(str, words)))
    scores = dict(read_scores(tmp_path / "out" / "utt2scores", list(WORDS)))
    recognizer = ChatRecognizer.load(str(folder), emotions=list(WORDS), prompts=read_prompts(PROMPT_FILE))
    for utt, text in read_table(test / "text").items():
        (expected,) = recognizer.recognize([Speech(transcript=text)], "implicit")
        assert scores[utt] == pytest.approx(expected.scores, abs=0.01)  # in bfloat16, in batches


def test_what_is_missing_is_told(tmp_path, capsys):
    train, test = write_data(tmp_path / "train"), write_data(tmp_path / "test", text=None)
    common = ["--data_dir", str(test), "--output_dir", str(tmp_path / "out")]
    for words, code, message in [
        (["--system", "text", "--model", str(train)], 1, "no transcript in text or text_asr; add some, or make them"),
        (["--system", "text", "--model", str(test)], 1, "0 labelled utterances with a transcript, of 0 emotions"),
        (["--system", "chat", "--model", "x"], 2, "--system chat needs --emotions and --prompt"),
        (["--system", "text", "--model", str(train), "--prompt", "x"], 2, "--prompt is not for --system text"),
    ]:
        with pytest.raises(SystemExit) as error:
            recognize.main([*words, *common])
        said = error.value.code if code == 1 else capsys.readouterr().err
        assert message in said and (code == 1 or error.value.code == code)


def test_a_transcript_with_a_placeholder_is_text():
    asked = question("{text}: {emotions}?", ["a", "b"], text="{emotions}")
    assert asked[0]["content"] == "{emotions}: a, b?"


def test_a_set_with_one_emotion_cannot_be_learned(tmp_path):
    train = write_data(tmp_path / "train")
    write_table(train / "utt2emo", {"utt0": "angry"})
    with pytest.raises(InputError, match="1 labelled utterances with a transcript, of 1 emotions"):
        TranscriptClassifier.load(str(train))
