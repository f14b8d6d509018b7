"""A Whisper-shaped encoder with what it is pre-trained by: phonemes of its frames by CTC, and prosody of their mean."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

from c2ser.acoustics.attributes import Attributes
from c2ser.data.audio import SAMPLE_RATE
from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder
from c2ser.errors import InputError
from c2ser.nn import length_mask, masked_mean

HEADS = "heads.safetensors"
PHONEMES = "phonemes"  # in the metadata of `HEADS`
BLANK = 0

ENCODER = {
    "num_mel_bins": 80,
    "d_model": 192,
    "encoder_layers": 3,
    "encoder_attention_heads": 3,
    "encoder_ffn_dim": 768,
    "init_std": 0.08,  # with Whisper's 0.02, random convolutions are drowned by the positions
    # A Whisper has a decoder and a vocabulary: the smallest there can be.
    "decoder_layers": 0,
    "decoder_attention_heads": 1,
    "decoder_ffn_dim": 1,
    "max_target_positions": 1,
    "vocab_size": 1,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "decoder_start_token_id": 0,
    "begin_suppress_tokens": None,
}


class Heard(NamedTuple):
    """What the model makes of a batch.

    Attributes:
        log_probs: of blank and phonemes, (B, T, V).
        frames: of each utterance, (B,).
        prosody: pitch, loudness and rate, standardised, (B, 3).
    """

    log_probs: Tensor
    frames: Tensor
    prosody: Tensor


class Recognizer(nn.Module):
    """The encoder and its heads.

    Args:
        encoder: of which the last layer is read.
        phonemes: the inventory; index 0 of the output is CTC's blank.
    """

    def __init__(self, encoder: SemanticEncoder, phonemes: Sequence[str]):
        super().__init__()
        self.encoder = encoder
        self.inventory = tuple(phonemes)
        self.phonemes = nn.Linear(encoder.width, 1 + len(phonemes))
        self.prosody = nn.Linear(encoder.width, len(Attributes._fields))

    def forward(self, waveforms: Tensor, lengths: Tensor) -> Heard:
        """Encodes a batch.

        Args:
            waveforms: (B, N) at 16 kHz, zero-padded.
            lengths: samples (B,).
        """
        states, frames = self.encoder(waveforms, lengths)
        states = states.squeeze(2)
        mean = masked_mean(states, length_mask(frames, states.shape[1]))
        return Heard(self.phonemes(states).float().log_softmax(-1), frames, self.prosody(mean).float())

    def decode(self, heard: Heard) -> list[list[str]]:
        """Returns each utterance's phonemes: the best path, repetitions and blanks left out."""
        rows = []
        for best, count in zip(heard.log_probs.argmax(-1), heard.frames.tolist()):
            symbols = torch.unique_consecutive(best[:count]).tolist()
            rows.append([self.inventory[symbol - 1] for symbol in symbols if symbol != BLANK])
        return rows

    def save(self, folder: Path) -> None:
        """Writes a Whisper of transformers in bfloat16, and the heads beside it."""
        whisper = WhisperModel(WhisperConfig(**ENCODER))
        whisper.encoder.load_state_dict(self.encoder.encoder.state_dict())
        for parameter in whisper.decoder.parameters():  # random and unused
            nn.init.zeros_(parameter)
        whisper.to(torch.bfloat16).save_pretrained(folder)
        WhisperFeatureExtractor(feature_size=ENCODER["num_mel_bins"], sampling_rate=SAMPLE_RATE).save_pretrained(folder)
        heads = {f"{name}.{key}": value for name in ("phonemes", "prosody") for key, value in self._head(name).items()}
        save_file(heads, folder / HEADS, metadata={PHONEMES: json.dumps(self.inventory)})

    @classmethod
    def load(cls, folder: Path) -> "Recognizer":
        """Reads what `save` wrote, in float32.

        Raises:
            InputError: a file is missing or broken.
        """
        try:
            with safetensors.safe_open(folder / HEADS, framework="pt") as file:
                phonemes = json.loads(file.metadata()[PHONEMES])
                heads = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        except (OSError, safetensors.SafetensorError, KeyError) as error:
            raise InputError(f"{folder / HEADS}: {error}; pretrain_whisper/train.py writes it") from None
        model = cls(build_semantic_encoder(str(folder)), phonemes)
        model.load_state_dict(heads, strict=False)
        return model

    def _head(self, name: str) -> dict[str, Tensor]:
        return {key: value.bfloat16() for key, value in getattr(self, name).state_dict().items()}


def new_recognizer(phonemes: Sequence[str]) -> Recognizer:
    """Returns a model of random weights."""
    return Recognizer(build_semantic_encoder(ENCODER), phonemes)
