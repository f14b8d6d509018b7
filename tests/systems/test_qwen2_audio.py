"""Qwen2-Audio, of random weights: questions and audio in, answers out, read by the words of a file."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

from c2ser.bin import recognize
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.systems.qwen2_audio import Question, Qwen2AudioRecognizer, read_question
from c2ser.systems.recognizer import Speech

EMOTIONS = ["angry", "happy", "sad"]
QUESTION = Question("Which of {emotions}?", max_new_tokens=8)
FILE = ROOT / "egs" / "TEMPLATE" / "conf" / "qwen2_audio.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model whose tokens are bytes."""
    path = tmp_path_factory.mktemp("qwen2_audio")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_alone = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    bytes_alone.pre_tokenizer, bytes_alone.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), ByteLevel()
    special = ["<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_alone, eos_token="<|im_end|>", pad_token="<pad>", additional_special_tokens=special
    )
    audio = {
        "num_mel_bins": 80,
        "encoder_layers": 1,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "d_model": 16,
    }
    text = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"num_key_value_heads": 2, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    config = Qwen2AudioConfig(
        audio_config=audio, text_config=text, audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    )
    torch.manual_seed(0)
    model = Qwen2AudioForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(path)
    Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(path)
    return path


def noise(samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.1, size=samples).astype(np.float32)


def test_an_answer_does_not_depend_on_the_batch(folder):
    recognizer = Qwen2AudioRecognizer.load(str(folder), emotions=EMOTIONS, question=QUESTION)
    batch = [Speech(noise(length, seed)) for seed, length in enumerate((4000, 30000, 12000))]
    together = [answer.text for answer in recognizer.recognize(batch, "implicit")]
    assert together == [recognizer.recognize([speech], "implicit")[0].text for speech in batch]


def test_it_hears_and_is_asked(folder):
    recognizer = Qwen2AudioRecognizer.load(str(folder), emotions=EMOTIONS, question=QUESTION)
    seen = []
    recognizer.model.register_forward_pre_hook(lambda _, args, kwargs: seen.append(kwargs), with_kwargs=True)
    recognizer.recognize([Speech(noise(16000, 0), emotions=["happy", "sad"])], "implicit")
    asked = recognizer.processor.decode(seen[0]["input_ids"][0])
    assert "Which of happy, sad?<|im_end|>" in asked and asked.endswith("<|im_start|>assistant\n")
    assert asked.count("<|AUDIO|>") == 25  # a second
    assert seen[0]["input_features"].shape == (1, 80, 3000)


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


def test_the_question_of_the_template_is_whole():
    question = read_question(FILE)
    assert "{emotions}" in question.prompt and question.emotion("Worried.", ["angry", "fearful"]) == "fearful"


def test_the_command(folder, tmp_path, capsys):
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", noise(8000, number), 16000)
    write_table(tmp_path / "wav.scp", {f"utt{number}": str(tmp_path / f"{number}.wav") for number in range(2)})
    write_table(tmp_path / "utt2spk", {"utt0": "one", "utt1": "two"})
    (tmp_path / "emotions").write_text("angry\nsad\n")
    question = tmp_path / "question.yaml"
    question.write_text("prompt: 'Which? {emotions}'\nmax_new_tokens: 2\n")
    words = ["--system", "qwen2_audio", "--model", str(folder), "--data_dir", str(tmp_path)]
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
