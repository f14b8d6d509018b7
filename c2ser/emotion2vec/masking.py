"""Span masks for the student's clones of an utterance."""

import torch
from torch import Tensor


def span_masks(valid: Tensor, probability: float, span: int) -> Tensor:
    """Draws masks of spans of frames.

    Every row ends up with the same number of masked frames relative to its length: spans start at random until about
    ``probability`` of the valid frames is covered, then single frames are added or taken back to make it exact. At
    least one frame stays unmasked.

    Args:
        valid: (B, T), True on frames of the utterance.
        probability: share of valid frames to mask.
        span: length of a span in frames.

    Returns:
        (B, T) booleans, True where masked; False on padding.
    """
    scores = torch.rand(valid.shape, device=valid.device)
    # The score of a span is its start's, so neighbours rise and fall together and the best scores form spans.
    spans = torch.nn.functional.max_pool1d(_sparse(scores, probability, span).unsqueeze(1), span, 1, padding=span // 2)
    ranked = spans.squeeze(1)[:, : valid.shape[1]] + 1e-3 * scores
    ranked = ranked.masked_fill(~valid, -1.0)
    lengths = valid.sum(1)
    count = (probability * lengths).round().long().clamp(min=1)
    count = torch.minimum(count, (lengths - 1).clamp(min=0))
    rank = ranked.argsort(dim=1, descending=True).argsort(dim=1)
    return (rank < count.unsqueeze(1)) & valid


def _sparse(scores: Tensor, probability: float, span: int) -> Tensor:
    """Keeps the scores of span starts: as many as cover about ``probability`` of the frames, the rest become zero."""
    starts = torch.rand_like(scores) < 2 * probability / span
    return scores * starts
