"""Prompts of different lengths as one batch, given as token ids or as embeddings."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

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


def read_inputs(llm: nn.Module, inputs: dict[str, Tensor], *, count: int, places: Tensor | None = None) -> Tensor:
    """Runs a language model on whole prompts.

    Args:
        llm: the language model.
        inputs: what `batch_inputs` returns.
        count: last positions to compute logits of.
        places: position ids (B, S); None for those of tokens that follow each other.

    Returns:
        Logits (B, count, V).
    """
    places = positions(inputs["attention_mask"]) if places is None else places
    return llm(**inputs, position_ids=places, logits_to_keep=count, use_cache=False).logits
