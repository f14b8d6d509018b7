"""The tiny Whisper of mini_emo: it is whole and small and finds phonemes, and its training can be repeated."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers.paths import ROOT
from safetensors.torch import load_file
from transformers import WhisperModel

from c2ser.acoustics import extract_attributes
from c2ser.data import DataDir
from c2ser.data.utterance import Utterance
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.synthesis.plans import plan_utterances
from c2ser.synthesis.sentences import TELLING
from c2ser.synthesis.speakers import VOICES
from c2ser.synthesis.speaking import speak_plans

SENTENCES = {"en": ("A brown fox sleeps.", "Two of them ran."), "zh": ("今天天气很好。", "他们都在唱歌。")}
TOOLS = ROOT / "tools/pretrain_whisper"
WHISPER = ROOT / "egs/mini_emo/whisper"


def words(tool: str, *options) -> list[str]:
    return list(map(str, [sys.executable, TOOLS / tool, *options]))


def call(tool: str, *options) -> subprocess.CompletedProcess:
    return subprocess.run(words(tool, *options), capture_output=True, text=True)


def run(tool: str, *options) -> str:
    done = call(tool, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Path:
    """Twelve utterances of sentences in files, by speak.py."""
    folder = tmp_path_factory.mktemp("speech")
    for language, sentences in SENTENCES.items():
        lines = "\n".join((TELLING[language]["sad"][0], *sentences))
        (folder / language).write_text(lines, encoding="utf-8")
    texts = [word for name in SENTENCES for word in ("--text", folder / name, name)]
    run("speak.py", "--output_dir", folder / "data", "--num_utts", 12, *texts)
    return folder / "data"


@pytest.fixture(scope="module")
def mini_emo(tmp_path_factory) -> Path:
    """Utterances of mini_emo's test set, with their attributes."""
    folder = tmp_path_factory.mktemp("mini_emo")
    plans = [plan for plan in plan_utterances(420) if plan.set == "test"][::6]
    wavs = {plan.id: folder / f"{plan.id}.wav" for plan in plans}
    speak_plans(plans, wavs, nj=2)
    utterances = [
        Utterance(plan.id, wavs[plan.id], plan.speaker, text=plan.text, language=plan.language) for plan in plans
    ]
    DataDir(folder / "data").write(utterances, [])
    extract_attributes(folder / "data", folder / "dump")
    return folder / "dump"


def test_the_committed_model_is_a_whole_whisper_of_at_most_4_mb():
    assert (WHISPER / "model.safetensors").stat().st_size <= 4 * 10**6
    _, info = WhisperModel.from_pretrained(WHISPER, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    states, frames = build_semantic_encoder(str(WHISPER), layers=[0, 1, 2, 3])(
        torch.zeros(1, 16000), torch.tensor([16000])
    )
    assert states.shape == (1, 50, 4, 192) and frames.tolist() == [50]


def test_the_committed_model_finds_phonemes_of_voices_and_sentences_it_never_met(mini_emo):
    lines = run("evaluate.py", "--model", WHISPER, "--data_dir", mini_emo).splitlines()
    rates = {line.split(", ")[1].split(":")[0]: float(line.split()[-1].rstrip("%")) for line in lines}
    assert rates.keys() == {"en", "zh"} and max(rates.values()) < 40


def test_what_is_spoken_is_a_data_directory_without_mini_emos_sentences_and_voices(speech):
    data = DataDir(speech)
    assert data.validate() == [] and len(data) == 12
    spoken = {language: set() for language in SENTENCES}
    for _, text, language in data.iterate("text", "utt2lang"):
        spoken[language].add(text)
    assert spoken == {language: set(sentences) for language, sentences in SENTENCES.items()}
    assert not {voice.variant for group in VOICES.values() for voice in group.values()} & set(data.read("spk2utt"))


def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(speech, tmp_path):
    options = ["--data_dir", speech, "--epochs", 4, "--batch_seconds", 8, "--save_every", 4, "--dev_every", 6]
    run("train.py", *options, "--output_dir", tmp_path / "whole")
    broken = [*options, "--output_dir", tmp_path / "broken"]
    with subprocess.Popen(words("train.py", *broken), stderr=subprocess.PIPE, text=True) as process:
        assert any("4 updates" in line for line in process.stderr)
        process.kill()
    assert (tmp_path / "broken/checkpoint.pt").exists()
    assert "goes on after" in call("train.py", *broken).stderr
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken")]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weight, weights[1][key]) for key, weight in weights[0].items())


@pytest.mark.parametrize(
    ("text", "language", "message"),
    [
        (TELLING["en"]["sad"][0], "en", "no sentence in it that is not mini_emo's"),
        ("Hallo.", "de", "the languages are en, zh"),
    ],
)
def test_texts_that_cannot_be_spoken_are_one_line(tmp_path, text, language, message):
    (tmp_path / "text").write_text(text, encoding="utf-8")
    done = call("speak.py", "--output_dir", tmp_path / "data", "--text", tmp_path / "text", language)
    assert done.returncode == 1 and message in done.stderr and len(done.stderr.splitlines()) == 1
