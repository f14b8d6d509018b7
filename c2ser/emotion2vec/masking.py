"""Span masks for the student's clones of an utterance."""

import torch
import torch.nn.functional as F
from torch import Tensor

EXTRA_CENTRES = 0.05  # data2vec 2.0's ``mask_prob_adjust``


def span_masks(valid: Tensor, probability: float, *, span: int, exact: bool = False) -> Tensor:
    """Draws masks of spans of frames, by default as fairseq's ``compute_mask_indices`` does for data2vec.

    ``probability`` * T / ``span`` spans begin at different random frames; the number is rounded up or down at random.
    Spans overlap, so that they cover less than ``probability`` of the frames. All rows of a batch are then reduced to
    the number of masked frames of the row that has the fewest, by unmasking single frames at random. At probability
    0.5 and span 5, that is 29 % of 64 rows of 50 frames and 37 % of 64 rows of 500; in a batch of different lengths, a
    smaller share of the longer rows.

    With ``exact``, masks are drawn as fairseq's ``compute_block_mask_1d`` does, which data2vec 2.0's released settings
    use in place of the above: span centres for ``probability`` + 0.05 of the frames may coincide, and single frames are
    masked or unmasked at random until exactly ``probability`` of the frames of each row are masked.

    Unlike in fairseq, at least one frame of each row stays unmasked, and rows of a single frame do not count.

    Args:
        valid: booleans (B, T), True on frames of the utterance, which precede padding.
        probability: share of the frames to mask; with overlaps, an upper limit.
        span: length of a span, in frames.
        exact: mask this share exactly.

    Returns:
        Booleans (B, T), True on masked frames; False on padding.

    References:
        Baevski et al.: wav2vec 2.0: A framework for self-supervised learning of speech representations. NeurIPS 2020.
        Baevski et al.: Efficient self-supervised learning with contextualized target representations for vision, speech
        and language (data2vec 2.0). ICML 2023.

    Example:
        >>> int(span_masks(torch.ones(1, 10, dtype=torch.bool), 0.5, span=2, exact=True).sum())
        5
    """
    lengths = valid.sum(1, keepdim=True)
    most = lengths - 1
    draw = _centred_spans if exact else _spans
    covered = draw(valid, lengths, probability=probability, span=span) & valid
    if exact:
        count = (probability * lengths).long().clamp(min=1)
    else:
        counts = torch.minimum(covered.sum(1, keepdim=True), most)
        count = counts.masked_fill(most == 0, valid.shape[1]).min()
    # Frames of spans come first in each row, in random order, then other frames, then padding.
    order = covered.float() + valid.float() + torch.rand(valid.shape, device=valid.device)
    return order.argsort(dim=1, descending=True).argsort(dim=1) < torch.minimum(count, most)


def _spans(valid: Tensor, lengths: Tensor, *, probability: float, span: int) -> Tensor:
    """Returns the frames (B, T) that spans from random starts cover, of which no two are the same."""
    batch, time = valid.shape
    # One random number rounds for all rows if these are equally long, as in fairseq.
    rounding = torch.rand(1 if valid.all() else batch, 1, device=valid.device)
    count = (probability * lengths / span + rounding).long().clamp(min=1)
    possible = torch.maximum(lengths - span, count + 1)  # a span fits after each of these starts, if there are enough
    scores = torch.rand(batch, time + 1, device=valid.device)
    scores = scores.masked_fill(torch.arange(time + 1, device=valid.device) >= possible, -1.0)
    starts = scores.argsort(dim=1, descending=True).argsort(dim=1) < count
    return _widened(starts, before=0, after=span - 1)[:, :time]


def _centred_spans(valid: Tensor, lengths: Tensor, *, probability: float, span: int) -> Tensor:
    """Returns the frames (B, T) that spans around random centres cover, of which some may be the same."""
    batch, time = valid.shape
    count = ((probability + EXTRA_CENTRES) * lengths / span).long()
    drawn = (torch.rand(batch, time, device=valid.device) * lengths).long()  # more than are needed
    used = torch.arange(time, device=valid.device) < count
    centres = torch.zeros(valid.shape, device=valid.device).scatter_add_(1, drawn, used.float()) > 0
    return _widened(centres, before=span // 2, after=span - 1 - span // 2)


def _widened(frames: Tensor, *, before: int, after: int) -> Tensor:
    """Adds the frames (B, T) up to ``before`` ahead of each and up to ``after`` behind it."""
    padded = F.pad(frames.float(), (after, before))
    return F.max_pool1d(padded.unsqueeze(1), before + after + 1, stride=1).squeeze(1) > 0
