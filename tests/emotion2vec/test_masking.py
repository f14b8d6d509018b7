"""Span masks: their share and their spans are those of fairseq's functions, and what they must never do."""

import numpy as np
import pytest
import torch

from c2ser.emotion2vec.masking import span_masks
from c2ser.nn import length_mask

DRAWS = 1000
BATCHES = {  # number of frames of each row
    "even": [100] * 8,
    "rounded": [123] * 8,
    "padded": [100, 96, 91, 83],
    "short": [30, 21, 14, 9] * 8,
    "far apart": [500, 320, 51],
}


def length_masks(lengths: list[int]) -> torch.Tensor:
    return length_mask(torch.tensor(lengths), max(lengths))


def centred_spans(length: int, probability: float, *, span: int, rng: np.random.Generator) -> np.ndarray:
    """data2vec 2.0's masks of an exact share, one frame after the other."""
    masked = np.zeros(length, dtype=bool)
    for centre in rng.integers(length, size=int(length * (probability + 0.05) / span)):
        for frame in range(centre - span // 2, centre - span // 2 + span):
            if 0 <= frame < length:
                masked[frame] = True
    missing = int(length * probability) - masked.sum()
    masked[rng.choice(np.flatnonzero(masked != (missing > 0)), abs(missing), replace=False)] = missing > 0
    return masked


def statistics(masks: np.ndarray, lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of masks (draws, B, T): each row's share of masked frames, and each row's number of spans in a draw."""
    starts = masks & ~np.pad(masks, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    return masks.sum(2).mean(0) / lengths, starts.sum(2).mean(0)


def ours(lengths: list[int], **options) -> np.ndarray:
    torch.manual_seed(0)
    valid = length_masks(lengths)
    return np.stack([span_masks(valid, 0.5, span=5, **options).numpy() for _ in range(DRAWS)])


def assert_same_statistics(masks: np.ndarray, wanted: np.ndarray, lengths: list[int]) -> None:
    (shares, spans), (wanted_shares, wanted_spans) = (statistics(drawn, lengths) for drawn in (masks, wanted))
    np.testing.assert_allclose(shares, wanted_shares, rtol=0.01)
    np.testing.assert_allclose(spans.mean(), wanted_spans.mean(), rtol=0.01)
    np.testing.assert_allclose(spans, wanted_spans, rtol=0.04)  # of one row, as two draws of fairseq's differ
    np.testing.assert_allclose(masks.mean((0, 1)), wanted.mean((0, 1)), atol=0.05)  # where they lie


@pytest.mark.parametrize("lengths", BATCHES.values(), ids=BATCHES)
def test_share_and_spans_are_those_of_fairseqs_function(lengths):
    function = pytest.importorskip("funasr.models.emotion2vec.fairseq_modules").compute_mask_indices
    np.random.seed(0)
    valid = length_masks(lengths)
    padding = None if valid.all() else ~valid
    wanted = [function(tuple(valid.shape), padding, 0.5, 5, min_masks=1) for _ in range(DRAWS)]
    assert_same_statistics(ours(lengths), np.stack(wanted), lengths)


@pytest.mark.parametrize("lengths", BATCHES.values(), ids=BATCHES)
def test_an_exact_share_is_drawn_as_data2vec_2_does(lengths):
    rng = np.random.default_rng(0)
    wanted = np.zeros((DRAWS, len(lengths), max(lengths)), dtype=bool)
    for draw in wanted:
        for row, length in zip(draw, lengths):
            row[:length] = centred_spans(length, 0.5, span=5, rng=rng)
    masks = ours(lengths, exact=True)
    assert (masks.sum(2) == [length // 2 for length in lengths]).all()
    assert_same_statistics(masks, wanted, lengths)


@pytest.mark.parametrize("frames, share", [(50, 0.29), (500, 0.37)])
def test_about_a_third_of_equally_long_rows_is_masked(frames, share):
    torch.manual_seed(0)
    valid = torch.ones(64, frames, dtype=torch.bool)
    masked = np.mean([span_masks(valid, 0.5, span=5).float().mean().item() for _ in range(100)])
    assert masked == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("probability, span", [(0.5, 5), (0.65, 10), (0.3, 2), (0.99, 5), (0.99, 1), (0.0, 5)])
def test_rows_of_all_lengths_keep_a_frame_and_lose_one(probability, span, exact):
    lengths = [200, 101, 50, 7, 3, 2, 1]
    valid = length_masks(lengths)
    for seed in range(20):
        torch.manual_seed(seed)
        masked = span_masks(valid, probability, span=span, exact=exact)
        assert not masked[~valid].any()
        counts = masked.sum(1).tolist()
        if exact:
            assert counts == [min(max(1, int(probability * length)), length - 1) for length in lengths]
        else:  # as many as in the row of two frames, but for the row of one
            assert counts == [1, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("exact", [False, True])
def test_masks_differ_between_clones_and_favour_no_place(exact):
    torch.manual_seed(0)
    masked = span_masks(torch.ones(2000, 100, dtype=torch.bool), 0.5, span=5, exact=exact)
    assert len({tuple(row.tolist()) for row in masked}) == 2000
    inner = masked[:, 5:-5].float().mean(0)
    assert inner.max() - inner.min() < 0.08
