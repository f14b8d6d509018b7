"""A speech encoder with a classification head on its pooled frames."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import yaml
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from c2ser.checkpoints.experiments import experiment_config, experiment_weights
from c2ser.checkpoints.fingerprint import weights_fingerprint
from c2ser.checkpoints.weights import load_weights
from c2ser.data.files import atomic_write
from c2ser.emotions import read_emotions
from c2ser.encoders.frames import FrameEncoder, build_frame_encoder, pad_to
from c2ser.encoders.utterance import UtteranceEncoder, padding_is_harmless
from c2ser.errors import InputError
from c2ser.finetuning.config import ENCODER, MEAN_STD, NOTHING, ClassifierConfig
from c2ser.nn import masked_mean
from c2ser.settings import build_from_mapping

ENCODER_DIR = "encoder"  # in the folder of a classifier: its encoder's configuration
EMOTIONS_FILE = "emotions"
PREFIX = "model."  # before the names of the weights in checkpoints of a training


class SpeechClassifier(nn.Module):
    """Encoder, learned average of its layers where there are several, pooling over time, and a head.

    Args:
        encoder: the encoder.
        emotions: the label set.
        config: architecture, and what is trained.

    Example:
        >>> model = SpeechClassifier.from_pretrained("exp/wavlm_finetuned")  # doctest: +SKIP
        >>> model.probabilities([waveform])  # doctest: +SKIP
        [{'angry': 0.03, 'happy': 0.9, 'sad': 0.07}]
    """

    def __init__(self, encoder: FrameEncoder, emotions: Sequence[str], *, config: ClassifierConfig):
        super().__init__()
        self.encoder, self.emotions, self.config = encoder, tuple(emotions), config
        self.layer_weights = nn.Parameter(torch.zeros(encoder.layers)) if encoder.layers > 1 else None
        width = encoder.width * (1 + (config.pooling == MEAN_STD))
        hidden = []
        if config.hidden_size:
            hidden = [nn.Linear(width, config.hidden_size), nn.ReLU(), nn.Dropout(config.dropout)]
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), *hidden, nn.Linear(config.hidden_size or width, len(emotions))
        )
        self._freeze()
        self._pads: bool | None = None

    def _freeze(self) -> None:
        parts = self.encoder.parts()
        if self.config.frozen_blocks > max(parts.values()) - 1:
            raise InputError(f"frozen_blocks: {self.config.frozen_blocks}, but there are {max(parts.values()) - 1}")
        below = {NOTHING: 0, ENCODER: max(parts.values()) + 1}.get(self.config.frozen, 1)
        if self.config.frozen_blocks:
            below = max(below, self.config.frozen_blocks + 2)
        for name, own in self.encoder.named_parameters():
            own.requires_grad_(own.requires_grad and parts[name] >= below)
        for module in self.encoder.convolutions:
            if below > 0 and hasattr(module, "_freeze_parameters"):
                module._freeze_parameters()  # or transformers computes gradients of the waveforms

    @classmethod
    def from_config(cls, config: ClassifierConfig, emotions: Sequence[str]) -> "SpeechClassifier":
        """Builds a classifier to be trained, whose encoder has its pre-trained weights.

        Args:
            config: architecture, and what is trained.
            emotions: the label set.

        Raises:
            InputError: there is no such encoder, or a setting does not fit it.
        """
        encoder = build_frame_encoder(
            config.encoder,
            layers=config.layers,
            settings=config.encoder_conf,
            gradient_checkpointing=config.gradient_checkpointing,
        )
        return cls(encoder, emotions, config=config)

    @classmethod
    def from_pretrained(cls, path: str | Path) -> "SpeechClassifier":
        """Loads a classifier that was trained.

        Args:
            path: an experiment of ``finetune``, or a folder that `save_pretrained` wrote.

        Raises:
            InputError: it is neither, training is not finished, or weights do not fit.

        Example:
            >>> SpeechClassifier.from_pretrained("exp/wavlm_finetuned").emotions  # doctest: +SKIP
            ('angry', 'happy', 'sad')
        """
        path = Path(path)
        values = experiment_config(path)
        if not (path / ENCODER_DIR).is_dir():
            raise InputError(f"{path}: not a fine-tuned encoder; it has no folder '{ENCODER_DIR}'")
        known = {field.name for field in fields(ClassifierConfig)}
        own = {name: value for name, value in values.items() if name in known}
        config = build_from_mapping(ClassifierConfig, own, name="", file=path / "config.yaml")
        encoder = build_frame_encoder(
            path / ENCODER_DIR, layers=config.layers, settings=_lasting(config), pretrained=False
        )
        model = cls(encoder, read_emotions(path / EMOTIONS_FILE), config=config)
        saved = path / "model.safetensors"
        load_weights(model, load_file(saved) if saved.is_file() else experiment_weights(path, PREFIX), source=path)
        return model.eval().requires_grad_(False)

    def save_configuration(self, path: str | Path) -> None:
        """Writes what a folder needs besides ``config.yaml`` and weights: the encoder's configuration, the label set.

        Args:
            path: the folder.
        """
        path = Path(path)
        (path / ENCODER_DIR).mkdir(parents=True, exist_ok=True)
        self.encoder.save_configuration(path / ENCODER_DIR)
        with atomic_write(path / EMOTIONS_FILE) as file:
            file.write("\n".join(self.emotions) + "\n")

    def save_pretrained(self, path: str | Path) -> None:
        """Writes a folder that `from_pretrained` reads, without the states of a training; it needs nothing else.

        Args:
            path: the folder.

        Example:
            >>> SpeechClassifier.from_pretrained("exp/wavlm_finetuned").save_pretrained("wavlm_emotion")
            ...  # doctest: +SKIP
        """
        path = Path(path)
        self.save_configuration(path)
        with atomic_write(path / "config.yaml") as file:
            yaml.safe_dump(asdict(self.config), file, sort_keys=False)
        with atomic_write(path / "model.safetensors", "wb") as file:
            file.write(save({name: own.contiguous() for name, own in self.state_dict().items()}))

    def fingerprint(self) -> str:
        """Names the classifier by its weights, sizes and label set."""
        return weights_fingerprint(self.state_dict(), self.emotions, self.config)

    def train(self, mode: bool = True) -> "SpeechClassifier":
        """Sets the mode; an encoder that is frozen as a whole stays without dropout and masks."""
        super().train(mode)
        if self.config.frozen == ENCODER:
            self.encoder.eval()
        return self

    def forward(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """Classifies a batch.

        Args:
            waveforms: (B, N) at 16 kHz, zero-padded.
            lengths: samples (B,).

        Returns:
            Logits (B, C).
        """
        waveforms, lengths = pad_to(waveforms, lengths, training=self.training)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.config.frozen != ENCODER):
            states, valid = self.encoder(waveforms, lengths)
        if self.layer_weights is None:
            frames = states.squeeze(2)
        else:
            states = F.layer_norm(states, states.shape[-1:])  # later layers of many encoders have far larger values
            frames = torch.einsum("btld,l->btd", states, self.layer_weights.softmax(0).to(states.dtype))
        return self.head(self._pooled(frames.float(), valid))

    def _pooled(self, frames: Tensor, valid: Tensor) -> Tensor:
        mean = masked_mean(frames, valid)
        if self.config.pooling != MEAN_STD:
            return mean
        variance = masked_mean((frames - mean.unsqueeze(1)).square(), valid)
        return torch.cat([mean, (variance + 1e-6).sqrt()], dim=1)

    def probabilities(self, waveforms: Sequence[np.ndarray]) -> list[dict[str, float]]:
        """Classifies waveforms, each as if it were alone.

        Args:
            waveforms: at 16 kHz, 1-D, float32.

        Returns:
            The probability of each emotion of the label set, by waveform.
        """
        logits = torch.from_numpy(self._logits(waveforms))
        return [dict(zip(self.emotions, row, strict=True)) for row in logits.softmax(1).tolist()]

    def _logits(self, waveforms: Sequence[np.ndarray]) -> np.ndarray:
        if self._pads is None:  # padding changes what some encoders find
            self._pads = padding_is_harmless(UtteranceEncoder(self._batch_logits, pads=True))
        alone = UtteranceEncoder(self._batch_logits, pads=self._pads).encode
        if self._pads:
            return alone(waveforms)
        return np.concatenate([alone([waveform]) for waveform in waveforms])

    def _batch_logits(self, waveforms: Sequence[np.ndarray]) -> Tensor:
        device = self.head[-1].weight.device
        lengths = torch.tensor([len(waveform) for waveform in waveforms], device=device)
        padded = pad_sequence([torch.from_numpy(waveform) for waveform in waveforms], batch_first=True)
        return self(padded.to(device), lengths)


def _lasting(config: ClassifierConfig) -> dict:
    """Settings of an encoder that are not of its training alone and not in its own configuration."""
    return {key: value for key, value in config.encoder_conf.items() if key == "mirror_end"}
