"""Loudness in torch, against pyloudnorm's."""

import numpy as np
import pytest
import torch

from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.undefined import Undefined
from c2ser.alm.loudness import QUIETEST, loudness


def waveform(generator: np.random.Generator, samples: int) -> np.ndarray:
    """Noise of a slope, with louder and softer parts and with silence."""
    noise = np.convolve(generator.standard_normal(samples), [1, generator.uniform(-0.9, 0.9)])[:samples]
    envelope = np.repeat(generator.uniform(-70, 0, samples // 900 + 1), 900)[:samples]
    envelope[generator.uniform(size=samples // 5000 + 1).repeat(5000)[:samples] < 0.3] = -200
    return (noise * 10 ** (envelope / 20) * generator.uniform(0.001, 0.3)).astype(np.float32)


def test_it_is_pyloudnorms_in_batches_of_any_lengths():
    generator, compared = np.random.default_rng(0), 0
    for _ in range(40):
        waveforms = [waveform(generator, int(16000 * generator.uniform(0.05, 4))) for _ in range(8)]
        lengths = torch.tensor([len(one) for one in waveforms])
        batch = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(one) for one in waveforms], batch_first=True)
        for one, computed in zip(waveforms, loudness(batch, lengths).tolist(), strict=True):
            try:
                expected = integrated_loudness(one, 16000)
            except Undefined:
                assert computed <= -69.9
                continue
            assert computed == pytest.approx(expected, abs=0.02)  # that drops a sample of the shortest
            compared += 1
    assert compared > 250


def test_silence_around_changes_it_little_and_gain_by_itself():
    tone = 0.1 * torch.sin(torch.arange(32000) * 0.3)
    around = torch.cat([torch.zeros(24000), tone, torch.zeros(24000)])
    alone = loudness(tone[None], torch.tensor([32000]))
    torch.testing.assert_close(loudness(around[None], torch.tensor([80000])), alone, atol=0.7, rtol=0)
    torch.testing.assert_close(loudness(tone[None] / 10, torch.tensor([32000])), alone - 20, atol=1e-3, rtol=0)


def test_silence_is_the_quietest_there_is():
    batch = torch.stack([torch.zeros(9000), 1e-4 * torch.sin(torch.arange(9000) * 0.3)])
    silent, soft = loudness(batch, torch.tensor([9000, 9000])).tolist()
    assert silent == QUIETEST < soft < -80
