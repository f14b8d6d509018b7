"""What models share: masks, masked means, positions. All of them import it, which turns off cuDNN's attention."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

# cuDNN is PyTorch's first choice in bfloat16 on an H100, but it plans anew for each length, and nearly every batch of
# speech has a new one: 64 to 112 ms each, in training 379 ms, where the other kernels take 0.5 ms or less (cuDNN 9.19).
torch.backends.cuda.enable_cudnn_sdp(False)


def length_mask(lengths: Tensor, maximum: int) -> Tensor:
    """Returns the mask of a padded batch.

    Args:
        lengths: valid positions of each row, (B,).
        maximum: number of columns T.

    Returns:
        Booleans (B, T), True within each length.

    Example:
        >>> length_mask(torch.tensor([1, 2]), 2).tolist()
        [[True, False], [True, True]]
    """
    return torch.arange(maximum, device=lengths.device) < lengths.unsqueeze(1)


def masked_mean(x: Tensor, valid: Tensor) -> Tensor:
    """Averages over the valid frames; the mean of a row without any is zero.

    Args:
        x: features (B, T, D).
        valid: booleans (B, T).

    Returns:
        Means (B, D).

    Example:
        >>> masked_mean(torch.tensor([[[1.0], [5.0]]]), torch.tensor([[True, False]])).tolist()
        [[1.0]]
    """
    count = valid.sum(1, keepdim=True).clamp(min=1).to(x.dtype)
    return x.masked_fill(~valid.unsqueeze(2), 0.0).sum(1) / count  # padding may be NaN


def positions(mask: Tensor) -> Tensor:
    """Returns position ids that start at zero where each row of a left-padded mask does.

    Args:
        mask: (B, S), 1 on tokens, 0 on padding.

    Returns:
        (B, S), int64.

    Example:
        >>> positions(torch.tensor([[0, 1, 1]])).tolist()
        [[0, 0, 1]]
    """
    return (mask.cumsum(1) - 1).clamp(min=0)


def align_right(rows: Sequence[Tensor], value: float) -> Tensor:
    """Pads rows of different lengths on the left.

    Args:
        rows: tensors (S, ...) each.
        value: of the padding.

    Returns:
        (B, longest S, ...).

    Example:
        >>> align_right([torch.tensor([1]), torch.tensor([2, 3])], 0).tolist()
        [[0, 1], [2, 3]]
    """
    return pad_sequence(list(rows), batch_first=True, padding_value=value, padding_side="left")
