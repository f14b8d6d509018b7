"""Augmentation of log-mel features in training."""

from typing import Literal

import torch
from torch import Tensor, nn


class SpecAugment(nn.Module):
    """Masks bands and spans of log-mel features in training.

    Args:
        frequency_masks: bands masked per utterance.
        frequency_width: their greatest width, in bins.
        time_masks: spans masked per utterance.
        time_width: their greatest width, in frames.
        drawing: ``specaugment``: widths from 0, time masks no wider than a fifth of the utterance, each mask whole
            within the utterance. ``wenet``: widths from 1, whatever the utterance's length, from any frame or bin on,
            cut off at the last one.

    References:
        D. S. Park et al., "SpecAugment: A simple data augmentation method for automatic speech recognition",
        Interspeech 2019.
        B. Zhang et al., "WeNet 2.0: More productive end-to-end speech recognition toolkit", Interspeech 2022.

    Example:
        >>> SpecAugment().train()(torch.ones(1, 80, 100), torch.tensor([100])).shape
        torch.Size([1, 80, 100])
    """

    def __init__(
        self,
        *,
        frequency_masks: int = 2,
        frequency_width: int = 10,
        time_masks: int = 2,
        time_width: int = 50,
        drawing: Literal["specaugment", "wenet"] = "specaugment",
    ):
        super().__init__()
        self.frequency_masks, self.frequency_width = frequency_masks, frequency_width
        self.time_masks, self.time_width = time_masks, time_width
        self.drawing = drawing

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Masks a batch.

        Args:
            mel: features (B, bins, T).
            counts: frames of speech (B,).

        Returns:
            (B, bins, T), zero where masked.
        """
        if not self.training:
            return mel
        bins = torch.full_like(counts, mel.shape[1])
        if self.drawing == "wenet":
            bands = _cut_spans(mel.shape[1], bins, self.frequency_width, self.frequency_masks)
            stretches = _cut_spans(mel.shape[2], counts, self.time_width, self.time_masks)
        else:
            widest = torch.full_like(counts, self.frequency_width)
            bands = _whole_spans(mel.shape[1], bins, widest, self.frequency_masks)
            widest = torch.clamp(counts // 5, max=self.time_width)
            stretches = _whole_spans(mel.shape[2], counts, widest, self.time_masks)
        return mel.masked_fill(bands.unsqueeze(2) | stretches.unsqueeze(1), 0.0)


class TimeSubstitution(nn.Module):
    """Replaces spans of log-mel features by earlier ones of the same utterance in training (WeNet's SpecSub).

    Args:
        number: spans replaced per utterance.
        width: their greatest width, in frames.

    References:
        D. Wu et al., "U2++: Unified two-pass bidirectional end-to-end model for speech recognition", 2021.
    """

    def __init__(self, number: int = 3, width: int = 30):
        super().__init__()
        self.number, self.width = number, width

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Substitutes spans of a batch.

        Args:
            mel: features (B, bins, T).
            counts: frames of speech (B,).

        Returns:
            (B, bins, T).
        """
        if not self.training:
            return mel
        time = torch.arange(mel.shape[2], device=mel.device)
        source = time.expand(len(mel), -1)
        for start, width, back in (torch.rand(self.number, 3, len(mel), 1, device=mel.device)).unbind(0):
            start = (start * counts.unsqueeze(1)).long()
            end = torch.minimum(start + 1 + (width * self.width).long(), counts.unsqueeze(1))
            earlier = time - (back * (start + 1)).long()
            source = torch.where((time >= start) & (time < end), earlier, source)
        return mel.gather(2, source.unsqueeze(1).expand_as(mel))


def _whole_spans(size: int, lengths: Tensor, widest: Tensor, number: int) -> Tensor:
    """Booleans (B, size), True in ``number`` random spans within each length (B,), each of a width up to ``widest``."""
    draw = torch.rand(2, number, len(lengths), 1, device=lengths.device)
    width = (draw[0] * (widest + 1).unsqueeze(1)).floor()
    start = (draw[1] * (lengths.unsqueeze(1) - width + 1)).floor()
    index = torch.arange(size, device=lengths.device)
    return ((index >= start) & (index < start + width)).any(0)


def _cut_spans(size: int, lengths: Tensor, widest: int, number: int) -> Tensor:
    """Booleans (B, size), True in ``number`` spans of a width from 1 to ``widest``, as far as lengths (B,) reach."""
    draw = torch.rand(2, number, len(lengths), 1, device=lengths.device)
    width = (draw[0] * widest).floor() + 1
    start = (draw[1] * lengths.unsqueeze(1)).floor()
    index = torch.arange(size, device=lengths.device)
    return ((index >= start) & (index < start + width)).any(0) & (index < lengths.unsqueeze(1))
