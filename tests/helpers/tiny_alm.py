"""An audio language model with hardly any weights, and what it is given."""

import numpy as np
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    PreTrainedTokenizerFast,
)

from c2ser.alm.answers import emotion_choices, encode_answer
from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.lm.generation import Decoding
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


LEVELS = ("high", "low", "medium")


def targets() -> list[str]:
    """Explicit and implicit targets of all emotions, English, German and Chinese."""
    transcripts = {"en": "It's seven o'clock.", "de": "Der Lappen liegt auf dem Eisschrank.", "zh": "现在是七点。"}
    texts = []
    for language, transcript in transcripts.items():
        for emotion in PAPER_EMOTIONS:
            texts.append(explicit_target(f"{language}_{emotion}", LEVELS, transcript, emotion, language))
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
        return model.generate(model.perceive(*batch), mode, Decoding(max_new_tokens))


def answers(model: C2SERModel, mode: str, *texts: str) -> Answers:
    pairs = [encode_answer(model.tokenizer, text, PAPER_EMOTIONS) for text in texts]
    choices = [emotion_choices(model.tokenizer, text, PAPER_EMOTIONS) for text in texts]
    tokens, marks = ([torch.from_numpy(pair[place]) for pair in pairs] for place in (0, 1))
    return Answers(mode, tokens, marks, torch.from_numpy(np.stack(choices)))
