"""A Whisper with hardly any weights and its tokenizer, waveforms, and what transformers recognises in them."""

from pathlib import Path
from string import ascii_lowercase

import numpy as np
import torch
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

RATE = 16000
LETTERS = [*ascii_lowercase, "Ġ"]
NAMES = (
    "endoftext",
    "startoftranscript",
    "en",
    "de",
    "jw",
    "haw",
    "transcribe",
    "translate",
    "nospeech",
    "notimestamps",
)
SPECIAL = [f"<|{name}|>" for name in NAMES]


def tiny_whisper(folder: Path, seed: int = 4, multilingual: bool = True) -> Path:
    """Writes a Whisper of random weights that says letters; a text ends soon, since few of them are allowed."""
    vocabulary = {token: number for number, token in enumerate([*LETTERS, *SPECIAL])}
    end, start = (vocabulary[token] for token in SPECIAL[:2])
    config = WhisperConfig(
        vocab_size=len(vocabulary),
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_layers=2,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        init_std=0.7,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
    )
    torch.manual_seed(seed)
    model = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        torch.nn.init.normal_(model.model.decoder.embed_tokens.weight[end], std=1.05)  # zeros, as it pads too
        model.model.decoder.embed_tokens.weight[vocabulary["<|nospeech|>"]] = 0.0
    languages = {token: vocabulary[token] for token in SPECIAL[2:6]}
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        is_multilingual=multilingual,
        no_timestamps_token_id=vocabulary["<|notimestamps|>"],
        suppress_tokens=[*range(6, 20), *range(end + 1, len(vocabulary))],
        begin_suppress_tokens=[vocabulary["Ġ"], end],
        max_length=448,
    )
    if multilingual:
        model.generation_config.lang_to_id = languages
        model.generation_config.task_to_id = {task: vocabulary[f"<|{task}|>"] for task in ("transcribe", "translate")}
    tokenizer = WhisperTokenizer(vocabulary, [], additional_special_tokens=SPECIAL[1:])
    assert len(tokenizer) == len(vocabulary)
    for part in (model, tokenizer, WhisperFeatureExtractor()):
        part.save_pretrained(folder)
    return folder


def waveform(seconds: float, seed: int = 0) -> np.ndarray:
    """Changing tones in noise."""
    rng = np.random.default_rng(seed)
    tones = np.repeat(rng.uniform(100, 4000, int(seconds * 10) + 1), RATE // 10)[: int(seconds * RATE)]
    return (0.3 * np.sin(2 * np.pi * np.cumsum(tones) / RATE) + 0.01 * rng.standard_normal(len(tones))).astype("f4")


def transformers_text(folder: Path, waveforms: list[np.ndarray], **options) -> list[str]:
    """What transformers makes of them, by its own features and search."""
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model.generation_config.lang_to_id.pop("<|haw|>")  # has no code of two letters, so it is never detected here
    features = WhisperFeatureExtractor.from_pretrained(folder)(waveforms, sampling_rate=RATE, return_tensors="pt")
    tokens = model.generate(features.input_features, task="transcribe", **options)
    texts = WhisperTokenizer.from_pretrained(folder).batch_decode(tokens, skip_special_tokens=True)
    return [" ".join(text.split()) for text in texts]
