"""How masks are drawn, by the statistics of many draws."""

import pytest
import torch

from c2ser.encoders.augmentation import SpecAugment

DRAWS = 4000


def masks(frames: int, width: int, drawing: str, seed: int = 0) -> torch.Tensor:
    """Many draws of one time mask, booleans (draws, frames)."""
    torch.manual_seed(seed)
    augment = SpecAugment(frequency_masks=0, time_masks=1, time_width=width, drawing=drawing).train()
    features = torch.ones(DRAWS, 2, frames)
    return augment(features, torch.full((DRAWS,), frames))[:, 0] == 0


def wenet_masks(frames: int, width: int) -> torch.Tensor:
    """The same, drawn one by one as WeNet says: the first frame, then a width from 1, cut off at the last frame."""
    generator = torch.Generator().manual_seed(1)
    hidden = torch.zeros(DRAWS, frames, dtype=torch.bool)
    for row in hidden:
        start = int(torch.randint(0, frames, (), generator=generator))
        row[start : start + int(torch.randint(1, width + 1, (), generator=generator))] = True
    return hidden


@pytest.mark.parametrize("frames, width", [(200, 50), (40, 50), (80, 10)])
def test_masks_of_wenet_are_drawn_as_wenet_draws_them(frames, width):
    ours, theirs = masks(frames, width, "wenet"), wenet_masks(frames, width)
    starts, widths = ours.int().argmax(1), ours.sum(1)
    assert widths.min() == 1 and widths.max() == min(width, frames)
    assert starts.min() == 0 and starts.max() == frames - 1
    for statistic in (lambda hidden: hidden.sum(1), lambda hidden: hidden.int().argmax(1)):
        one, other = (statistic(hidden).float() for hidden in (ours, theirs))
        error = (one.var() / DRAWS + other.var() / DRAWS).sqrt()
        assert (one.mean() - other.mean()).abs() < 4 * error
        # Kolmogorov and Smirnov's largest distance of two distributions, 0.1 % of the time above this by chance.
        values = torch.arange(max(frames, width) + 1).unsqueeze(1)
        distance = ((one <= values).float().mean(1) - (other <= values).float().mean(1)).abs().max()
        assert distance < 1.95 * (2 / DRAWS) ** 0.5


def test_masks_of_wenet_are_cut_off_at_the_end_of_each_utterance():
    torch.manual_seed(0)
    augment = SpecAugment(time_masks=2, time_width=50, frequency_masks=0, drawing="wenet").train()
    counts = torch.tensor([30, 100] * (DRAWS // 2))
    hidden = augment(torch.ones(DRAWS, 2, 100), counts)[:, 0] == 0
    assert not hidden[::2, 30:].any() and hidden[::2, 29].any() and hidden[1::2, 99].any()
    assert hidden[::2].sum(1).max() == 30  # there is no limit by length
    ends = hidden[1::2, 99].float().mean()  # of each mask, by its 1 to 50 last possible first frames: 25.5 in 100
    assert ends == pytest.approx(1 - (1 - 0.255) ** 2, abs=0.04)


def test_masks_of_specaugment_lie_whole_within_a_fifth_of_the_utterance():
    hidden = masks(200, 50, "specaugment")
    widths = hidden.sum(1)
    assert widths.min() == 0 and widths.max() == 40
    assert widths.float().mean() == pytest.approx(20, abs=1)
    counts = torch.bincount(widths, minlength=41).float() / DRAWS
    assert counts.min() > 0.012 and counts.max() < 0.04  # each about 1 in 41: none is cut off


@pytest.mark.parametrize("drawing", ["specaugment", "wenet"])
def test_bands_have_the_widths_that_are_asked_for(drawing):
    torch.manual_seed(0)
    augment = SpecAugment(frequency_masks=1, frequency_width=10, time_masks=0, drawing=drawing).train()
    hidden = augment(torch.ones(DRAWS, 80, 20), torch.full((DRAWS,), 20))[:, :, 0] == 0
    assert hidden.sum(1).max() == 10 and hidden.sum(1).min() == (1 if drawing == "wenet" else 0)
    assert hidden.any(0).all()
