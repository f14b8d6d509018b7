"""Qwen2-Audio and Qwen2.5-Omni, of random weights: questions and audio in, answers out, read by the words of a file."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from helpers.audio_chat import write_qwen2_audio, write_qwen25_omni
from helpers.paths import ROOT
from safetensors.torch import load_file

from c2ser.bin import recognize
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.systems.audio_chat import AudioChatRecognizer
from c2ser.systems.questions import Question, read_question
from c2ser.systems.recognizer import Speech, load_recognizer

EMOTIONS = ["angry", "happy", "sad"]
QUESTION = Question("Which of {emotions}?", max_new_tokens=8)
CONF = ROOT / "egs" / "TEMPLATE" / "conf"
SYSTEMS = {"qwen2_audio": write_qwen2_audio, "qwen2_5_omni": write_qwen25_omni}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """A model of each system."""
    return {name: write(tmp_path_factory.mktemp(name)) for name, write in SYSTEMS.items()}


def load(system: str, folders) -> AudioChatRecognizer:
    return load_recognizer(system, str(folders[system]), emotions=EMOTIONS, question=QUESTION)


def noise(samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.1, size=samples).astype(np.float32)


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_answer_does_not_depend_on_the_batch(system, folders):
    recognizer = load(system, folders)
    batch = [Speech(noise(length, seed)) for seed, length in enumerate((4000, 30000, 12000))]
    together = [answer.text for answer in recognizer.recognize(batch, "implicit")]
    assert together == [recognizer.recognize([speech], "implicit")[0].text for speech in batch]


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_hears_and_is_asked(system, folders):
    recognizer = load(system, folders)
    seen, logits = [], []

    def keep(_, args, inputs, output) -> None:
        seen.append(inputs)
        logits.append(output.logits[0, -1])

    recognizer.model.register_forward_hook(keep, with_kwargs=True)
    recognizer.recognize([Speech(noise(16000, 0), emotions=["happy", "sad"])], "implicit")
    asked = recognizer.processor.decode(seen[0]["input_ids"][0])
    assert "Which of happy, sad?<|im_end|>" in asked and asked.endswith("<|im_start|>assistant\n")
    assert asked.count("<|AUDIO|>") == 25  # a second
    assert seen[0]["input_features"].shape == (1, 80, 3000)
    first, number = logits[0], len(logits)
    recognizer.recognize([Speech(noise(16000, 0) * 0.1 + 0.2, emotions=["happy", "sad"])], "implicit")
    assert not torch.allclose(first, logits[number])


def test_qwen25_omnis_weights_are_those_of_its_thinker(folders):
    published = load_file(folders["qwen2_5_omni"] / "model.safetensors")
    model = load("qwen2_5_omni", folders).model
    assert torch.equal(model.lm_head.weight, published["thinker.lm_head.weight"])
    assert len(model.state_dict()) == len(published)


@pytest.mark.parametrize(
    ("answer", "emotion"),
    [
        ("Chirpy!", "happy"),
        ("The speaker is sad.", "sad"),
        ("He is not chirpy.", None),
        ("The speaker is not glum but chirpy.", "happy"),
        ("He is bored.", None),
        ("Chirpyish", None),
    ],
)
def test_answers_are_read_by_the_words_of_the_file(answer, emotion, tmp_path):
    (tmp_path / "question.yaml").write_text("prompt: x\nwords: {chirpy: happy, glum: sad}\n")
    assert read_question(tmp_path / "question.yaml").emotion(answer, EMOTIONS) == emotion


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_question_of_the_template_is_whole(system):
    question = read_question(CONF / f"{system}.yaml")
    assert "{emotions}" in question.prompt and question.emotion("Worried.", ["angry", "fearful"]) == "fearful"


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_command(system, folders, tmp_path, capsys):
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", noise(8000, number), 16000)
    write_table(tmp_path / "wav.scp", {f"utt{number}": str(tmp_path / f"{number}.wav") for number in range(2)})
    write_table(tmp_path / "utt2spk", {"utt0": "one", "utt1": "two"})
    (tmp_path / "emotions").write_text("angry\nsad\n")
    question = tmp_path / "question.yaml"
    question.write_text("prompt: 'Which? {emotions}'\nmax_new_tokens: 2\n")
    words = ["--system", system, "--model", str(folders[system]), "--data_dir", str(tmp_path)]
    words += ["--output_dir", str(tmp_path / "out")]
    recognize.main([*words, "--emotions", str(tmp_path / "emotions"), "--prompt", str(question)])
    assert set(read_table(tmp_path / "out" / "utt2emo")) == {"utt0", "utt1"}
    with pytest.raises(SystemExit) as error:
        recognize.main(words)
    assert error.value.code == 2 and "needs --emotions and --prompt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompts: x\n", "unknown key 'prompts'"),
        ("prompt: x\nwords: {rage: furious}\n", "unknown emotion 'furious'"),
    ],
)
def test_faulty_questions_are_told(text, message, tmp_path):
    (tmp_path / "q.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_question(tmp_path / "q.yaml")
