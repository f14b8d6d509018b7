"""Prompts of different lengths as one batch, given as token ids or as embeddings."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from c2ser.compatibility import CACHE
from c2ser.nn import align_right, positions

IGNORED = -100  # stands for padding among token ids


def batch_inputs(rows: Sequence[Tensor]) -> dict[str, Tensor]:
    """Pads prompts on the left.

    Args:
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).

    Returns:
        ``input_ids`` (B, S) or ``inputs_embeds`` (B, S, W), and ``attention_mask`` (B, S).

    Example:
        >>> batch_inputs([torch.tensor([5]), torch.tensor([6, 7])])["attention_mask"].tolist()
        [[0, 1], [1, 1]]
    """
    ones = [torch.ones(len(row), dtype=torch.long, device=row.device) for row in rows]
    name = "input_ids" if rows[0].dim() == 1 else "inputs_embeds"
    return {name: align_right(rows, 0), "attention_mask": align_right(ones, 0)}


def append_tokens(llm: nn.Module, row: Tensor, *, tokens: Tensor) -> Tensor:
    """Appends token ids to a prompt.

    Args:
        llm: the language model, whose embeddings are used.
        row: token ids (S,) or embeddings (S, W).
        tokens: token ids (A,).

    Returns:
        Token ids (S + A,) or embeddings (S + A, W).
    """
    return torch.cat([row, tokens if row.dim() == 1 else llm.get_input_embeddings()(tokens)])


def read_inputs(
    llm: nn.Module,
    inputs: dict[str, Tensor],
    *,
    count: int,
    places: Tensor | None = None,
    cache: DynamicCache | None = None,
) -> Tensor:
    """Runs a language model on whole prompts, or on what follows the positions in a cache.

    Args:
        llm: the language model.
        inputs: what `batch_inputs` returns; with a cache, the mask is of its positions, too.
        count: last positions to compute logits of.
        places: position ids (B, S); None for those of tokens that follow each other.
        cache: keys and values of the positions before, to which these are added.

    Returns:
        Logits (B, count, V).
    """
    places = positions(inputs["attention_mask"]) if places is None else places
    known = {} if cache is None else {CACHE: cache}
    return llm(**inputs, **known, position_ids=places, logits_to_keep=count, use_cache=cache is not None).logits


def read_shared(llm: nn.Module, rows: Sequence[Tensor], *, cache: DynamicCache) -> int:
    """Reads what all prompts begin with, once instead of in each row.

    Args:
        llm: the language model.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        cache: an empty one that `keeps_all_positions`, as padding follows the shared ones; it receives these in each of
            B rows.

    Returns:
        How many positions that are, fewer than in any prompt; 0 for a single prompt.
    """
    if len(rows) == 1:
        return 0
    shortest = min(map(len, rows)) - 1
    same = torch.stack([row[:shortest] == rows[0][:shortest] for row in rows]).all(0)
    same = same.all(1) if rows[0].dim() == 2 else same
    length = int(same.cumprod(0).sum())
    if length:
        inputs = batch_inputs([rows[0][:length]])
        read_inputs(llm, inputs, count=1, cache=cache)
        cache.batch_select_indices(inputs["attention_mask"].new_zeros(len(rows)))
    return length


def keeps_all_positions(cache: DynamicCache) -> bool:
    """Returns whether a cache is of keys and values alone, without windows, in which each position drives out another.

    Args:
        cache: an empty one.
    """
    return all(type(layer) is DynamicLayer for layer in cache.layers)
