"""Weights of earlier versions: what models of before computed, and what today's have that those lack."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.alm.classifiers import (
    CLASSES,
    ENERGY,
    MIN_POWER,
    SCALAR_RATE,
    Pooled,
    PooledClassifiers,
    RunningStandardization,
    pool,
)
from c2ser.alm.connector import Connector, ConnectorConfig
from c2ser.nn import length_mask

CONNECTOR = "connector."
POOLING = f"{CONNECTOR}pooling."
NORM_WEIGHT, NORM_MEAN, MEAN, VOLUME_BIAS, POWER_MEAN = (
    f"{CONNECTOR}classifiers.{name}"
    for name in ("norm.weight", "norm.mean", "standardization.mean", f"outputs.{ENERGY}.bias", "power.mean")
)
# Classifiers without them did not have the power; with the numbers that a training starts from, it changes nothing.
POWER = tuple(
    f"{CONNECTOR}classifiers.{name}" for name in ("power_weights", "power.count", "power.mean", "power.variance")
)


class PooledTokensConnector(Connector):
    """The connection module of before there were classifiers of pooled features.

    The mean and the standard deviation of each Whisper layer over the utterance are tokens in front of the others, and
    pass through the Transformer with them.

    Args:
        layers: see `Connector`, as all arguments.
        width: of Whisper, D.
        acoustic_width: of the acoustic tokens.
        llm_width: of the language model's embeddings, W.
        config: sizes of the module.

    References:
        D. Snyder et al., "X-vectors: Robust DNN embeddings for speaker recognition", ICASSP 2018 (statistics pooling).

    Example:
        >>> sizes = dict(layers=3, width=8, acoustic_width=4, llm_width=6)
        >>> connector = PooledTokensConnector(**sizes, config=ConnectorConfig(layers=1, feed_forward=8))
        >>> connector(torch.zeros(1, 20, 3, 8), torch.tensor([20]), torch.zeros(1, 10, 4))[0].shape
        torch.Size([1, 21, 6])
    """

    def __init__(self, *, layers: int, width: int, acoustic_width: int, llm_width: int, config: ConnectorConfig):
        sizes = {"layers": layers, "width": width, "acoustic_width": acoustic_width, "llm_width": llm_width}
        super().__init__(**sizes, config=replace(config, pooled=False))
        self.pooling = nn.ModuleDict({name: nn.Linear(width, width) for name in ("mean", "deviation")})

    def forward(
        self,
        states: Tensor | None,
        lengths: Tensor,
        acoustic: Tensor | None,
        volume: Tensor | None = None,
        frames: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, None]:
        """Connects a batch; see `Connector.forward`.

        Args:
            states: Whisper's hidden states (B, T, L, D); None where they are not used.
            lengths: valid frames of the states (B,).
            acoustic: Emotion2Vec-S's utterance tokens (B, U, A); None where they are not used.
            volume: is not used.
            frames: is not used.

        Returns:
            Inputs of the language model (B, S, W), their lengths (B,), and None for logits.
        """
        front, frames = [], []
        if states is not None:
            standardized = self.mix.standardize(states)
            mean, deviation = pool(standardized, length_mask(lengths, states.shape[1])).unbind(1)
            front += [self.pooling["mean"](mean), self.pooling["deviation"](deviation)]
            mixed = self.mix(standardized) * length_mask(lengths, states.shape[1]).unsqueeze(2)
            mixed, lengths = self.downsampling(mixed, lengths)
            frames.append(mixed)
        if acoustic is not None:
            front.append(self._acoustic(acoustic))
        lengths = lengths + sum(tokens.shape[1] for tokens in front)
        return self._transform(torch.cat(front + frames, dim=1), lengths), lengths, None

    def num_front_tokens(self, acoustic: Tensor | None) -> int:
        """Returns how many tokens stand before an utterance's frames.

        Args:
            acoustic: as in `forward`.
        """
        return 2 * len(self.mix.weights) + super().num_front_tokens(acoustic)


def mean_power(waveforms: Tensor, lengths: Tensor) -> Tensor:
    """Computes the mean power of waveforms.

    Args:
        waveforms: (B, N), zero-padded.
        lengths: samples (B,).

    Returns:
        In dB relative to full scale (B,).

    Example:
        >>> mean_power(torch.full((1, 800), 0.1), torch.tensor([800]))
        tensor([-20.])
    """
    power = waveforms.float().square().sum(1) / lengths
    return 10 * power.clamp(min=MIN_POWER).log10()


class PowerClassifiers(PooledClassifiers):
    """Classifiers that told volume by the waveform's mean power, not by its loudness.

    Args:
        sizes: see `PooledClassifiers`.
    """

    volume_name = "power"
    measure_volume = staticmethod(mean_power)


class LayeredVolumeClassifiers(PowerClassifiers):
    """Classifiers that told volume, too, by an average of the layers, and added the power to it.

    Args:
        layers: number of layers, L.
        width: of Whisper, D.
        others: see `PooledClassifiers`.
    """

    def __init__(self, *, layers: int, width: int, **others: Any):
        super().__init__(layers=layers, width=width, **others)
        self.layer_logits = nn.Parameter(torch.zeros(len(ATTRIBUTES), layers))
        self.outputs[ENERGY] = nn.Linear(2 * width, CLASSES[ENERGY])
        self.power_weights = nn.Parameter(torch.zeros(CLASSES[ENERGY]))

    def _level_features(self, pooled: Pooled, dropout: nn.Module) -> list[Tensor]:
        return self._averaged_layers(pooled.statistics, dropout)

    def _logits(self, pooled: Pooled, dropout: nn.Module, *, stretch: Tensor | None = None) -> list[Tensor]:
        logits = super()._logits(pooled, dropout, stretch=stretch)
        logits[ENERGY] = logits[ENERGY] + SCALAR_RATE * self.power(pooled.volume).unsqueeze(1) * self.power_weights
        return logits


class NormalizedClassifiers(LayeredVolumeClassifiers):
    """Classifiers without standardized features for the emotion, which told levels by their probabilities.

    Args:
        layers: see `LayeredVolumeClassifiers`, as all arguments.
        width: of Whisper, D.
        others: see `PooledClassifiers`.
    """

    def __init__(self, *, layers: int, width: int, **others: Any):
        super().__init__(layers=layers, width=width, **others)
        self.standardization = Unchanged()
        self.outputs[-1] = nn.Linear(2 * width * layers, CLASSES[-1])

    def _emotion_features(self, statistics: Tensor) -> Tensor:
        return self.norm(statistics)

    def _told(self, logits: list[Tensor]) -> list[Tensor]:
        return [of_one.softmax(1) for of_one in logits]


class StandardizedClassifiers(NormalizedClassifiers):
    """Classifiers that standardized all features, those of levels too, in place of normalizing them.

    Args:
        layers: see `NormalizedClassifiers`, as all arguments.
        width: of Whisper, D.
        others: see `PooledClassifiers`.
    """

    def __init__(self, *, layers: int, width: int, **others: Any):
        super().__init__(layers=layers, width=width, **others)
        self.norm = RunningStandardization((2, layers, width))


class Unchanged(nn.Identity):
    """Stands where later versions standardize."""

    def update(self, values: Tensor) -> None:
        """Learns nothing of values (B, ...)."""


class PowerConnector(Connector):
    """The connection module with classifiers that told volume by the power.

    Args:
        sizes: see `Connector`.
    """

    classifiers_class = PowerClassifiers


class LayeredVolumeConnector(Connector):
    """The connection module with classifiers that told volume by Whisper's layers and the power.

    Args:
        sizes: see `Connector`.
    """

    classifiers_class = LayeredVolumeClassifiers


class NormalizedConnector(Connector):
    """The connection module with classifiers whose features were normalized, not yet standardized.

    Args:
        sizes: see `Connector`.
    """

    classifiers_class = NormalizedClassifiers


class StandardizedConnector(Connector):
    """The connection module with classifiers whose features were standardized, not normalized.

    Args:
        sizes: see `Connector`.
    """

    classifiers_class = StandardizedClassifiers


def connector_class(state: Mapping[str, Tensor]) -> type[Connector]:
    """Returns the class of the connection module that weights are of.

    Args:
        state: weights of a `c2ser.alm.model.C2SERModel`.

    Example:
        >>> connector_class({"connector.pooling.mean.bias": torch.zeros(8)}).__name__
        'PooledTokensConnector'
    """
    if any(name.startswith(POOLING) for name in state):
        return PooledTokensConnector
    if NORM_MEAN in state:
        return StandardizedConnector
    if NORM_WEIGHT in state and MEAN not in state:
        return NormalizedConnector
    if VOLUME_BIAS in state:
        return LayeredVolumeConnector
    return PowerConnector if POWER_MEAN in state else Connector


def with_power(state: Mapping[str, Tensor], initial: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Adds to weights of classifiers that did not have the power those with which it changes nothing.

    Args:
        state: weights of a `c2ser.alm.model.C2SERModel`.
        initial: those of one that has not been trained.

    Example:
        >>> initial = {"connector.classifiers.power.mean": torch.zeros(())}
        >>> with_power({}, initial), with_power({"connector.classifiers.power.mean": torch.ones(())}, initial)
        ({'connector.classifiers.power.mean': tensor(0.)}, {'connector.classifiers.power.mean': tensor(1.)})
    """
    if any(name in state for name in POWER):  # a part of them is a fault
        return dict(state)
    return {**{name: initial[name] for name in POWER if name in initial}, **state}
