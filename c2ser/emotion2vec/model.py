"""Emotion2Vec-S ready for use: loading a trained encoder and extracting its features."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from c2ser.data.checkpoints import experiment_config, experiment_weights, load_weights
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.settings import settings


def encoder_config(sizes: dict) -> Emotion2VecConfig:
    """Builds the configuration from a YAML mapping.

    Raises:
        InputError: a key is unknown.
    """
    if "conv_layers" in sizes:
        sizes = {**sizes, "conv_layers": tuple(tuple(layer) for layer in sizes["conv_layers"])}
    return settings(Emotion2VecConfig, sizes, "encoder_conf")


class Emotion2Vec(nn.Module):
    """A frozen encoder that turns waveforms into utterance tokens and frames."""

    def __init__(self, encoder: Emotion2VecEncoder):
        super().__init__()
        self.encoder = encoder.eval().requires_grad_(False)

    @property
    def dim(self) -> int:
        """Width D of the features."""
        return self.encoder.config.dim

    @classmethod
    def from_pretrained(cls, path: str | Path, dtype: torch.dtype = torch.float32) -> "Emotion2Vec":
        """Loads an encoder.

        Args:
            path: a folder written by `save_pretrained`, or an experiment of ``emotion2vec_train`` (its student).
            dtype: of the weights and the computation.

        Raises:
            InputError: there is no such model, or its weights do not fit its configuration.
        """
        path = Path(path)
        if (path / "model.safetensors").is_file():
            config = yaml.safe_load((path / "config.yaml").read_text(encoding="utf-8"))
            state = load_file(path / "model.safetensors")
        else:
            config = experiment_config(path)["encoder_conf"]
            state = experiment_weights(path, prefix="model.student.")
        encoder = Emotion2VecEncoder(encoder_config(config))
        load_weights(encoder, state, path)
        return cls(encoder).to(dtype)

    def save_pretrained(self, path: str | Path) -> None:
        """Writes ``config.yaml`` and ``model.safetensors`` into a folder."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        sizes = asdict(self.encoder.config)
        sizes["conv_layers"] = [list(layer) for layer in sizes["conv_layers"]]
        (path / "config.yaml").write_text(yaml.safe_dump(sizes, sort_keys=False), encoding="utf-8")
        save_file(self.encoder.state_dict(), path / "model.safetensors")

    @torch.inference_mode()
    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes waveforms (B, N) of ``lengths`` (B,): utterance tokens (B, 10, D) and frames (B, T, D)."""
        encoded = self.encoder(waveforms, lengths)
        return encoded.utterance, encoded.frames

    def extract(self, waveforms: Sequence[np.ndarray]) -> list[dict[str, np.ndarray]]:
        """Extracts the features of a batch of utterances.

        Args:
            waveforms: 1-D float32 arrays at 16 kHz. What is too short for one frame is padded with zeros to one.

        Returns:
            For each waveform ``{"utterance": (10, D), "frames": (T, D)}``, float32.
        """
        device, dtype = self.encoder.utterance_tokens.device, self.encoder.utterance_tokens.dtype
        shortest = self.encoder.config.minimum_samples
        lengths = torch.tensor([max(len(waveform), shortest) for waveform in waveforms], device=device)
        padded = pad_sequence([torch.as_tensor(waveform) for waveform in waveforms], batch_first=True)
        padded = torch.nn.functional.pad(padded, (0, max(0, shortest - padded.shape[1])))
        tokens, frames = self(padded.to(device, dtype), lengths)
        counts = self.encoder.config.frames(lengths).tolist()
        return [
            {"utterance": token.float().cpu().numpy(), "frames": frame[:count].float().cpu().numpy()}
            for token, frame, count in zip(tokens, frames, counts, strict=True)
        ]
