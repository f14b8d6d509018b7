"""Frozen speech encoders that turn each utterance into one vector: those of transformers, and Emotion2Vec."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    FeatureExtractionMixin,
    PretrainedConfig,
    PreTrainedModel,
)

from c2ser.checkpoints.pretrained import load_pretrained, read_pretrained
from c2ser.data.audio import SAMPLE_RATE
from c2ser.emotion2vec import Emotion2Vec
from c2ser.encoders.whisper import build_semantic_encoder
from c2ser.errors import InputError
from c2ser.nn import length_mask, masked_mean

SHORTEST = 400  # samples: the receptive field of a frame of wav2vec 2.0; shorter waveforms are zero-padded to it
NOT_FOR_INFERENCE = {"masked_spec_embed"}  # a weight that checkpoints may lack: it stands for masked frames in training

# Waveforms, 1-D float32 at 16 kHz -> their vectors (N, D), or of L layers (N, L, D), on any device.
Pool = Callable[[Sequence[np.ndarray]], Tensor]


class SpeechEncoder(Protocol):
    """Turns utterances into vectors.

    Attributes:
        pads: waveforms of different lengths may form a batch, because padding does not change their vectors.
    """

    pads: bool

    def encode(self, waveforms: Sequence[np.ndarray]) -> np.ndarray:
        """Encodes a batch.

        Args:
            waveforms: N waveforms at 16 kHz, 1-D, float32; of the same length unless ``pads``.

        Returns:
            Vectors (N, D), float32; of several layers (N, L, D).
        """


@dataclass(frozen=True)
class UtteranceEncoder:
    """A `SpeechEncoder` made of a function that averages over each utterance's own frames.

    Attributes:
        pool: waveforms -> vectors.
        pads: see `SpeechEncoder`.
    """

    pool: Pool
    pads: bool

    @torch.inference_mode()
    def encode(self, waveforms: Sequence[np.ndarray]) -> np.ndarray:
        """Encodes a batch; see `SpeechEncoder`."""
        waveforms = [np.pad(waveform, (0, max(0, SHORTEST - len(waveform)))) for waveform in waveforms]
        return self.pool(waveforms).float().cpu().numpy()


def load_encoder(
    name: str, layer: int | Sequence[int] | None = None, *, dtype: torch.dtype = torch.float32, device: str = "cpu"
) -> SpeechEncoder:
    """Loads an encoder.

    Args:
        name: a folder with transformers' ``config.json``, any other path that `Emotion2Vec.from_pretrained` reads, or
            else a hub id of a speech encoder of transformers.
        layer: for encoders of transformers, the hidden state to average: 0 is the input of the first block, n the
            output of block n, negative numbers count from the last; None: the encoder's output. Of several layers each
            utterance has a vector of each.
        dtype: of the computation.
        device: where to compute.

    Raises:
        InputError: there is no such encoder, its weights are not all there, it is not one of speech at 16 kHz, or it
            has no such layer.

    Example:
        >>> load_encoder("microsoft/wavlm-base", layer=6).encode([waveform]).shape  # doctest: +SKIP
        (1, 768)
    """
    if not is_of_transformers(name):
        if layer is not None:
            raise InputError(f"{name}: only encoders of transformers have layers to choose; Emotion2Vec has tokens")
        return _emotion2vec(name, dtype, device)
    return _of_transformers(name, layer, dtype, device)


def is_of_transformers(name: str | Path) -> bool:
    """Tells a hub id or a folder of transformers from the paths that `Emotion2Vec.from_pretrained` reads.

    Args:
        name: of an encoder.

    Example:
        >>> is_of_transformers("microsoft/wavlm-base")
        True
    """
    path = Path(name)
    return not path.exists() or (path / "config.json").is_file()


def all_layers(name: str) -> list[int]:
    """Returns the numbers of an encoder's layers, as `load_encoder` takes them.

    Raises:
        InputError: there is no such encoder of transformers.

    Example:
        >>> all_layers("openai/whisper-base")  # doctest: +SKIP
        [0, 1, 2, 3, 4, 5, 6]
    """
    if not is_of_transformers(name):
        raise InputError(f"{name}: only encoders of transformers have layers to choose; Emotion2Vec has tokens")
    return list(range(read_pretrained(AutoConfig, name, role="encoder").num_hidden_layers + 1))


def _emotion2vec(name: str, dtype: torch.dtype, device: str) -> UtteranceEncoder:
    """The mean of the 10 utterance tokens."""
    model = Emotion2Vec.from_pretrained(name, dtype=dtype).to(device)

    def pool(waveforms: Sequence[np.ndarray]) -> Tensor:
        outputs = model.extract(waveforms, max_seconds=None, batch_samples=None)
        return torch.from_numpy(np.stack([output["utterance"].mean(axis=0) for output in outputs]))

    return UtteranceEncoder(pool, pads=True)


def _of_transformers(name: str, layer: int | Sequence[int] | None, dtype: torch.dtype, device: str) -> UtteranceEncoder:
    config = read_pretrained(AutoConfig, name, role="encoder")
    extractor = read_pretrained(AutoFeatureExtractor, name, role="encoder")
    _check(name, config, extractor, layer)
    if config.model_type == "whisper":
        return _whisper(name, layer, dtype, device)
    model = load_pretrained(AutoModel, name, role="encoder", optional=NOT_FOR_INFERENCE, dtype=torch.float32)
    if config.is_encoder_decoder:
        model = model.get_encoder()
    model.eval().requires_grad_(False)
    # Checked where computation is exact: in bfloat16, and in the convolutions of a GPU, order changes results slightly.
    pads = padding_is_harmless(UtteranceEncoder(_frame_average(model, extractor, layer), pads=True))
    return UtteranceEncoder(_frame_average(model.to(device, dtype), extractor, layer), pads)


def _check(
    name: str, config: PretrainedConfig, extractor: FeatureExtractionMixin, layer: int | Sequence[int] | None
) -> None:
    if getattr(extractor, "sampling_rate", None) != SAMPLE_RATE:
        raise InputError(f"encoder '{name}': not an encoder of speech at 16 kHz; give another one")
    depth = config.num_hidden_layers
    for number in _numbers(layer):
        if not -depth - 1 <= number <= depth:
            raise InputError(f"encoder '{name}': no layer {number}; layers are 0 to {depth}, or negative from the last")


def _numbers(layer: int | Sequence[int] | None) -> Sequence[int]:
    return () if layer is None else (layer,) if isinstance(layer, int) else layer


def _whisper(name: str, layer: int | Sequence[int] | None, dtype: torch.dtype, device: str) -> UtteranceEncoder:
    """Whisper on the true length, not padded to 30 s; what lies beyond 30 s is cut off."""
    layers = _numbers(layer) or (-1,)
    encoder = build_semantic_encoder(name, layers=layers, dtype=str(dtype).removeprefix("torch."))
    encoder = encoder.to(device).eval().requires_grad_(False)

    def pool(waveforms: Sequence[np.ndarray]) -> Tensor:
        lengths = torch.tensor([len(waveform) for waveform in waveforms], device=device)
        padded = pad_sequence([torch.from_numpy(waveform) for waveform in waveforms], batch_first=True)
        states, counts = encoder(padded.to(device), lengths)
        means = masked_mean(states.flatten(2).float(), length_mask(counts, states.shape[1]))
        return means.unflatten(1, states.shape[2:]) if isinstance(layer, Sequence) else means

    return UtteranceEncoder(pool, pads=True)


def _frame_average(
    model: PreTrainedModel, extractor: FeatureExtractionMixin, layer: int | Sequence[int] | None
) -> Pool:
    def pool(waveforms: Sequence[np.ndarray]) -> Tensor:
        inputs = extractor(list(waveforms), sampling_rate=SAMPLE_RATE, padding=True, return_tensors="pt")
        inputs = inputs.to(model.device, model.dtype)
        output = model(**inputs, output_hidden_states=layer is not None)
        layers = [output.last_hidden_state] if layer is None else [output.hidden_states[n] for n in _numbers(layer)]
        frames = torch.cat(layers, dim=2).float()
        mask = inputs.get("attention_mask")
        if mask is None or mask.all() or not hasattr(model, "_get_feature_vector_attention_mask"):
            means = frames.mean(dim=1)
        else:
            means = masked_mean(frames, model._get_feature_vector_attention_mask(frames.shape[1], mask).bool())
        return means.unflatten(1, (len(layers), -1)) if isinstance(layer, Sequence) else means

    return pool


def padding_is_harmless(encoder: UtteranceEncoder) -> bool:
    """Tests whether a waveform has the same vector alone and in a batch with a longer one.

    Some encoders take statistics over the whole input (group norm), have no attention mask, or let padding leak in
    through stacked convolutions; a test shows it for any model.

    Args:
        encoder: the encoder.
    """
    noise = np.random.default_rng(0).normal(scale=0.1, size=SAMPLE_RATE).astype(np.float32)
    short = noise[: SAMPLE_RATE // 2]
    alone, beside = encoder.encode([short])[0], encoder.encode([noise, short])[1]
    return bool(np.linalg.norm(beside - alone) < 1e-3 * np.linalg.norm(alone))
