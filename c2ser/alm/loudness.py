"""Loudness of a batch of waveforms in LUFS, in torch: what the level of volume is measured by."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from c2ser.data.resample import SAMPLE_RATE

# Of ITU-R BS.1770's two filters at 16 kHz, as pyloudnorm designs them; the standard lists those of 48 kHz alone.
K_WEIGHTING = (
    ((1.444233908713844, -1.839542987741787, 0.685432300820589), (1.0, -1.1071392365035588, 0.3972624582962044)),
    ((0.9852425301500196, -1.9704850603000392, 0.9852425301500196), (1.0, -1.9703753578723906, 0.9705947627276879)),
)
STEP = SAMPLE_RATE // 10  # samples from a block to the next
STEPS = 4  # of a block
BLOCK = STEPS * STEP
OFFSET = -0.691  # LUFS of a mean square of 1
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
QUIETEST = -100.0  # LUFS, below the noise of 16-bit audio


def loudness(waveforms: Tensor, lengths: Tensor) -> Tensor:
    """Computes the gated loudness, within 0.02 LU of `c2ser.acoustics.loudness.integrated_loudness`.

    Args:
        waveforms: (B, N) at 16 kHz, zero-padded, full scale 1.
        lengths: samples (B,).

    Returns:
        LUFS (B,). Of utterances that are below the standard's absolute gate, the loudness of all blocks, at least
        `QUIETEST`.

    References:
        ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level (2015).

    Example:
        >>> tone = torch.sin(2 * torch.pi * 997 * torch.arange(32000) / 16000)
        >>> loudness(torch.stack([tone, tone / 10]), torch.tensor([32000, 32000])).round()
        tensor([ -3., -23.])
    """
    samples = STEP * (-(-waveforms.shape[1] // STEP) + STEPS)  # room for the last block, and for the filters' end
    spectra = torch.fft.rfft(F.pad(waveforms.float(), (0, samples - waveforms.shape[1])))
    weighted = torch.fft.irfft(spectra * _response(samples).to(spectra.device), n=samples)
    within = torch.arange(samples, device=lengths.device) < lengths.unsqueeze(1)
    steps = (weighted * within).square().unflatten(1, (-1, STEP)).sum(2)
    energies = steps.unfold(1, STEPS, 1).sum(2) / lengths.clamp(max=BLOCK).unsqueeze(1)
    blocks = ((lengths - BLOCK) / STEP).round().clamp(min=0) + 1  # a last one that is cut off counts, from a half on
    valid = torch.arange(energies.shape[1], device=lengths.device) < blocks.unsqueeze(1)
    levels = _lufs(energies)
    loud = valid & (levels > ABSOLUTE_GATE)
    gate = _lufs(_mean(energies, loud)) + RELATIVE_GATE
    kept = loud & (levels > gate.unsqueeze(1))
    return _lufs(_mean(energies, torch.where(kept.any(1, keepdim=True), kept, valid)))


@lru_cache(maxsize=16)  # 2 MB each, of half a minute
def _response(samples: int) -> Tensor:
    """Response of the filters at the frequencies of a Fourier transform of so many samples."""
    delay = torch.exp(-2j * torch.pi * torch.arange(samples // 2 + 1, dtype=torch.float64) / samples)
    delays = torch.stack([torch.ones_like(delay), delay, delay.square()])
    filters = torch.tensor(K_WEIGHTING, dtype=delays.dtype) @ delays
    return (filters[:, 0] / filters[:, 1]).prod(0).to(torch.complex64)


def _lufs(energies: Tensor) -> Tensor:
    return (OFFSET + 10 * energies.log10()).clamp(min=QUIETEST)


def _mean(energies: Tensor, kept: Tensor) -> Tensor:
    """Mean of the energies (B, K) of those blocks; 0 without any."""
    return (energies * kept).sum(1) / kept.sum(1).clamp(min=1)
