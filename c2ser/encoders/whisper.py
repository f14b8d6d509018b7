"""Semantic perception: Whisper's encoder on the true length of the speech, without padding to 30 s."""

import logging
from collections.abc import Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, WhisperConfig, WhisperModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from c2ser.annotations import KeywordsOf
from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.compatibility import checkpoint_activations
from c2ser.data.resample import SAMPLE_RATE
from c2ser.encoders.augmentation import SpecAugment, TimeSubstitution
from c2ser.encoders.log_mel import HOP, LogMel
from c2ser.errors import InputError
from c2ser.nn import length_mask
from c2ser.settings import build_from_mapping, require, torch_dtype

logger = logging.getLogger(__name__)


class SemanticEncoder(nn.Module):
    """Hidden states of chosen layers of Whisper's encoder.

    Args:
        encoder: the encoder of a WhisperModel.
        layers: the hidden states to return, numbered as in transformers: 0 is the input of the first block, n the
            output of block n, -1 the encoder's output. Blocks beyond the highest are not run.
        spec_augment: keywords of `SpecAugment`; None for no masks.
        time_substitution: keywords of `TimeSubstitution`; None for none.
        mirror_end: see `LogMel`.

    Raises:
        InputError: there are no such layers, or a keyword is unknown.
    """

    def __init__(
        self,
        encoder: WhisperEncoder,
        layers: Sequence[int] = (-1,),
        *,
        spec_augment: dict | None = None,
        time_substitution: dict | None = None,
        mirror_end: bool = False,
    ):
        super().__init__()
        depth = len(encoder.layers)
        if not layers or not all(-depth - 1 <= layer <= depth for layer in layers):
            raise InputError(f"whisper_conf.layers: {list(layers)} do not fit an encoder of {depth} blocks")
        self.layers = [layer % (depth + 1) for layer in layers]
        self.encoder = encoder
        self._told_of_cut = False
        encoder.layers[max(self.layers) :].requires_grad_(False)
        encoder.layer_norm.requires_grad_(depth in self.layers)
        self.log_mel = LogMel(encoder.num_mel_bins, mirror_end)
        self.augmentations = nn.ModuleList()
        if spec_augment is not None:
            self.augmentations.append(build_from_mapping(SpecAugment, spec_augment, name="whisper_conf.spec_augment"))
        if time_substitution is not None:
            self.augmentations.append(
                build_from_mapping(TimeSubstitution, time_substitution, name="whisper_conf.time_substitution")
            )

    @property
    def width(self) -> int:
        """Width of a hidden state."""
        return self.encoder.config.d_model

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes a batch; what lies beyond 30 s is cut off.

        Args:
            waveforms: (B, N) at 16 kHz, zero-padded.
            lengths: samples (B,).

        Returns:
            Hidden states (B, T, L, D) of the L chosen layers, about 50 frames per second, and their lengths (B,).
        """
        encoder = self.encoder
        longest = encoder.max_source_positions * 2 * HOP
        if waveforms.shape[1] > longest and not self._told_of_cut:
            self._told_of_cut = True
            logger.warning(
                "Whisper encodes the first %d s of an utterance; the rest is cut off", longest // SAMPLE_RATE
            )
        with torch.autocast(waveforms.device.type, enabled=False):  # features as exact as at inference
            mel, counts = self.log_mel(waveforms[:, :longest], lengths.clamp(max=longest))
        for augmentation in self.augmentations:
            mel = augmentation(mel, counts)
        x = F.gelu(encoder.conv1(mel.to(encoder.conv1.weight.dtype)))
        valid = length_mask(counts, x.shape[2])
        x = F.gelu(encoder.conv2(x * valid.unsqueeze(1))).transpose(1, 2).contiguous()
        x = x + encoder.embed_positions.weight[: x.shape[1]]
        x = F.dropout(x, encoder.dropout, encoder.training)

        counts = torch.div(counts + 1, 2, rounding_mode="floor")
        valid = length_mask(counts, x.shape[1])
        mask = None if valid.all() else valid[:, None, None, :]
        states = {0: x}
        for number, block in enumerate(encoder.layers[: max(self.layers)], 1):
            x = block(x, mask)
            states[number] = encoder.layer_norm(x) if number == len(encoder.layers) else x
        return torch.stack([states[layer] for layer in self.layers], dim=2), counts


def build_semantic_encoder(
    whisper: str | dict,
    layers: Sequence[int] = (-1,),
    *,
    dtype: str = "float32",
    spec_augment: Annotated[dict, KeywordsOf(SpecAugment)] | None = None,
    time_substitution: Annotated[dict, KeywordsOf(TimeSubstitution)] | None = None,
    mirror_end: bool = False,
    dropout: float | None = None,
    gradient_checkpointing: bool = False,
) -> SemanticEncoder:
    """Builds the encoder.

    Args:
        whisper: hub id or folder of a Whisper model, or a mapping of WhisperConfig for random weights.
        layers: see `SemanticEncoder`.
        dtype: of the encoder's weights; bfloat16 suits a frozen one.
        spec_augment: see `SemanticEncoder`.
        time_substitution: see `SemanticEncoder`.
        mirror_end: see `LogMel`.
        dropout: share of activations that are zeroed in training, as by WeNet's ``dropout_rate`` and
            ``positional_dropout_rate``: of the frames after their positions are added, of what attention and
            feed-forward layer add to them, and inside of the feed-forward layer; none of the attention weights, WeNet's
            ``attention_dropout_rate`` of 0. None for the model's own configuration; pretrained ones have no dropout.
        gradient_checkpointing: recompute the blocks' activations in the backward pass of a training.

    Raises:
        InputError: the model cannot be loaded, its weights are not all there, or ``dropout`` is not from 0 to 1.

    Example:
        >>> build_semantic_encoder("openai/whisper-base", layers=[-1]).width  # doctest: +SKIP
        512
    """
    weights_dtype = torch_dtype(dtype, "whisper_conf: dtype")
    make = _random_encoder if isinstance(whisper, dict) else _load_encoder
    encoder = make(whisper, weights_dtype)
    if dropout is not None:
        _set_dropout(encoder, dropout)
    if gradient_checkpointing:
        checkpoint_activations(encoder)
    return SemanticEncoder(
        encoder, layers, spec_augment=spec_augment, time_substitution=time_substitution, mirror_end=mirror_end
    )


def _random_encoder(whisper: dict, dtype: torch.dtype) -> WhisperEncoder:
    try:
        return WhisperEncoder(WhisperConfig(**whisper)).to(dtype)
    except Exception as error:  # checks of transformers' configurations raise errors of several kinds
        reason = str(error).splitlines()[0]
        raise InputError(f"whisper: not the configuration of a Whisper encoder ({reason})") from None


def _set_dropout(encoder: WhisperEncoder, dropout: float) -> None:
    require((0 <= dropout <= 1, f"whisper_conf.dropout: {dropout} is not from 0 to 1"))
    encoder.dropout = dropout
    for block in encoder.layers:
        block.dropout = block.activation_dropout = dropout
        block.self_attn.dropout = 0.0


def _load_encoder(whisper: str, dtype: torch.dtype) -> WhisperEncoder:
    kind = read_pretrained(AutoConfig, whisper, role="whisper").model_type
    if kind != "whisper":
        raise InputError(f"whisper '{whisper}': a {kind}, not a Whisper; give a hub id or a folder of a Whisper")
    return load_pretrained(WhisperModel, whisper, role="whisper", prefix="encoder.", dtype=dtype).get_encoder()
