"""Span masks for the student's clones of an utterance."""

import torch
from torch import Tensor


def span_masks(valid: Tensor, probability: float, *, span: int) -> Tensor:
    """Draws masks of spans of frames.

    The share of masked frames is the same in every row: random spans cover about ``probability`` of the valid frames,
    then single frames are added or removed to make the share exact. At least one frame stays unmasked.

    Args:
        valid: booleans (B, T), True on frames of the utterance.
        probability: share of valid frames to mask.
        span: length of a span, in frames.

    Returns:
        Booleans (B, T), True on masked frames; False on padding.

    Example:
        >>> int(span_masks(torch.ones(1, 10, dtype=torch.bool), 0.5, span=2).sum())
        5
    """
    scores = torch.rand(valid.shape, device=valid.device)
    # All frames of a span share the score of its start, so that the highest scores form spans.
    spans = torch.nn.functional.max_pool1d(_sparse(scores, probability, span).unsqueeze(1), span, 1, padding=span // 2)
    ranked = spans.squeeze(1)[:, : valid.shape[1]] + 1e-3 * scores
    ranked = ranked.masked_fill(~valid, -1.0)
    lengths = valid.sum(1)
    count = (probability * lengths).round().long().clamp(min=1)
    count = torch.minimum(count, (lengths - 1).clamp(min=0))
    rank = ranked.argsort(dim=1, descending=True).argsort(dim=1)
    return (rank < count.unsqueeze(1)) & valid


def _sparse(scores: Tensor, probability: float, span: int) -> Tensor:
    """Keeps the scores of random span starts that cover about ``probability`` of the frames; all others become zero."""
    starts = torch.rand_like(scores) < 2 * probability / span
    return scores * starts
