"""An audio language model with hardly any weights, and what it is given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    WhisperConfig,
    WhisperModel,
)

from c2ser.alm.answers import emotion_choices, encode_answer
from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.lm.building import build_llm
from c2ser.lm.generation import Decoding
from c2ser.lm.loading import load_tokenizer
from c2ser.rationales.prompts import PROMPTS
from c2ser.rationales.templates import explicit_target, implicit_target

WHISPER = {
    "num_mel_bins": 80,
    "d_model": 32,
    "encoder_layers": 3,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 64,
}


LLM = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


ACOUSTIC_WIDTH = 24


# Samples and languages of a batch.
LENGTHS = (16000, 3000, 24000, 200, 9000)
LANGUAGES = ("en", "zh", None, "zh", "de")
LORA = {"r": 4, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}
ARCHITECTURES = ("llama", "qwen2", "gemma3", "gpt2")


LEVELS = ("high", "low", "medium")


def targets() -> list[str]:
    """Explicit and implicit targets of all emotions, English, German and Chinese."""
    transcripts = {"en": "It's seven o'clock.", "de": "Der Lappen liegt auf dem Eisschrank.", "zh": "现在是七点。"}
    texts = []
    for language, transcript in transcripts.items():
        for emotion in PAPER_EMOTIONS:
            texts.append(explicit_target(LEVELS, text=transcript, emotion=emotion, language=language))
            texts.append(implicit_target(emotion, language))
    return texts


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """Of the kind that Qwen2 and GPT-2 have."""
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator([*targets(), *PROMPTS.values()], vocab_size=500, special_tokens=["<|endoftext|>"])
    return PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token="<|endoftext|>")


def build(config: ALMConfig, seed: int = 0) -> C2SERModel:
    torch.manual_seed(seed)
    return C2SERModel(config).eval()


def speech_batch(*lengths: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Waveforms, lengths and acoustic tokens."""
    rng = np.random.default_rng(seed)
    rows = [torch.from_numpy(rng.normal(scale=0.1, size=n).astype(np.float32)) for n in lengths]
    acoustic = torch.from_numpy(rng.normal(size=(len(lengths), 10, ACOUSTIC_WIDTH)).astype(np.float32))
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.tensor(lengths), acoustic


def one(batch, index: int):
    """One utterance of a batch, without padding."""
    speech, lengths, acoustic = batch
    length = int(lengths[index])
    return speech[index : index + 1, :length], lengths[index : index + 1], acoustic[index : index + 1]


def said(model: C2SERModel, batch, mode: str, max_new_tokens: int) -> list[str]:
    with torch.inference_mode():
        return model.generate(model.perceive(*batch), mode, decoding=Decoding(max_new_tokens))


def answers(model: C2SERModel, mode: str, *texts: str) -> Answers:
    pairs = [encode_answer(model.tokenizer, text, emotions=PAPER_EMOTIONS) for text in texts]
    choices = [emotion_choices(model.tokenizer, text, emotions=PAPER_EMOTIONS) for text in texts]
    tokens, parts = ([torch.from_numpy(pair[place]) for pair in pairs] for place in (0, 1))
    return Answers(mode, tokens, parts, torch.from_numpy(np.stack(choices)))


def save_base_models(folder: Path) -> dict[str, str]:
    """Folders of a Qwen2 and a Whisper with weights."""
    torch.manual_seed(0)
    tokenizer = byte_level_tokenizer()
    tokenizer.save_pretrained(folder / "qwen2")
    sizes = {**LLM, "num_key_value_heads": 1, "vocab_size": len(tokenizer)}
    Qwen2ForCausalLM(Qwen2Config(**sizes, initializer_range=0.2, tie_word_embeddings=True)).save_pretrained(
        folder / "qwen2"
    )
    WhisperModel(WhisperConfig(**WHISPER)).save_pretrained(folder / "whisper")
    return {name: str(folder / name) for name in ("qwen2", "whisper")}


def language_model(architecture: str, vocabulary: int) -> PreTrainedModel:
    """Weights large enough that what the model says hangs on what it hears."""
    common = {"vocab_size": vocabulary, "initializer_range": 0.4, "pad_token_id": 3}
    torch.manual_seed(0)
    match architecture:
        case "llama":
            return LlamaForCausalLM(LlamaConfig(**LLM, **common))
        case "qwen2":
            return Qwen2ForCausalLM(Qwen2Config(**LLM, **common, num_key_value_heads=1))
        case "gemma3":
            return Gemma3ForCausalLM(
                Gemma3TextConfig(**LLM, **common, num_key_value_heads=1, head_dim=16, sliding_window=16)
            )
        case "gpt2":
            return GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=2, n_head=2, **common))


def save_llms(folder: Path) -> dict[str, str]:
    """A folder of each architecture, with a tokenizer of its kind."""
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=folder / "tokenizer")
    pieces = load_tokenizer(str(folder / "tokenizer"))
    for architecture in ARCHITECTURES:
        tokenizer = byte_level_tokenizer() if architecture in ("qwen2", "gpt2") else pieces
        language_model(architecture, len(tokenizer)).save_pretrained(folder / architecture)
        tokenizer.save_pretrained(folder / architecture)
    return {architecture: str(folder / architecture) for architecture in ARCHITECTURES}


def model_with(llm: str, **changes) -> C2SERModel:
    config = ALMConfig(
        whisper={**WHISPER, "init_std": 0.2},
        llm=llm,
        acoustic_width=ACOUSTIC_WIDTH,
        connector_conf={"layers": 1, "feed_forward": 64},
    )
    model = build(replace(config, **changes))
    with torch.no_grad():  # what is heard is louder than the words around it
        model.connector.output.weight.mul_(10)
    return model


def perceived(model: C2SERModel, batch) -> list[torch.Tensor]:
    with torch.inference_mode():
        return model.perceive(*batch)


def alone(model: C2SERModel, batch) -> list[list[torch.Tensor]]:
    """What is heard of each utterance when it is a batch of its own."""
    return [perceived(model, one(batch, index)) for index in range(len(batch[1]))]


def save_tiny_llm(folder: Path) -> Path:
    """A language model without weights."""
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=folder)
    return folder


def tiny_config(llm: Path, **changes) -> ALMConfig:
    config = ALMConfig(
        whisper=WHISPER,
        llm=str(llm),
        acoustic_width=ACOUSTIC_WIDTH,
        whisper_conf={"layers": [0, 2, -1]},
        connector_conf={"layers": 1, "feed_forward": 64, "dropout": 0.0},
    )
    return replace(config, **changes)
