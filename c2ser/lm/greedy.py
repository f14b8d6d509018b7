"""Greedy search in batches: rows that have ended leave the batch, and what was read is not copied for each token."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from c2ser.compatibility import CACHE
from c2ser.lm.inputs import batch_inputs
from c2ser.nn import positions

ROOM = 64  # positions by which the room for keys and values grows
FEWER = 0.8  # ended rows leave once no more than this share goes on, as those that stay are copied then


@torch.inference_mode()
def greedy_search(
    llm: nn.Module,
    rows: Sequence[Tensor],
    *,
    max_new_tokens: int,
    end_tokens: Sequence[int],
    pad_token: int,
    restrict: Callable[..., Tensor] | None = None,
) -> Tensor:
    """Continues prompts with the most probable tokens, as transformers' ``generate`` does, in less time.

    Args:
        llm: a causal language model of transformers that `keeps_keys`.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        max_new_tokens: greatest length of a continuation.
        end_tokens: token ids that end one.
        pad_token: token id behind an end.
        restrict: from continuations so far (R, A), their logits (R, V) and the numbers of their rows, other logits.

    Returns:
        Token ids of the continuations (B, A), with their ends.

    Example:
        >>> greedy_search(llm, [ids], max_new_tokens=12, end_tokens=[2], pad_token=0)  # doctest: +SKIP
    """
    cache = _roomy_cache(llm)
    shared = _read_shared(llm, rows, cache=cache)
    inputs = batch_inputs([row[shared:] for row in rows])
    begun = F.pad(inputs.pop("attention_mask"), (shared, 0), value=1)
    mask = torch.cat([begun, begun.new_ones(len(rows), max_new_tokens)], dim=1)
    places, ends = positions(begun)[:, shared:], torch.tensor(list(end_tokens), device=begun.device)
    tokens = begun.new_full((len(rows), max_new_tokens), pad_token)
    going = torch.arange(len(rows), device=begun.device)  # the rows in the batch
    ended = torch.zeros(len(rows), dtype=torch.bool, device=begun.device)
    for step in range(max_new_tokens):
        known = {"attention_mask": mask[:, : begun.shape[1] + step], "position_ids": places, CACHE: cache}
        logits = llm(**inputs, **known, use_cache=True, logits_to_keep=1).logits[:, -1]
        if restrict is not None:
            logits = restrict(tokens[going, :step], logits, rows=going.tolist())
        chosen = logits.argmax(1).masked_fill(ended, pad_token)
        tokens[going, step] = chosen
        ended |= torch.isin(chosen, ends)
        left = len(ended) - int(ended.sum())
        if not left:
            return tokens[:, : step + 1]
        if left <= FEWER * len(ended):
            (stay,) = torch.where(~ended)
            cache.batch_select_indices(stay)
            chosen, ended, going, mask, places = (of[stay] for of in (chosen, ended, going, mask, places))
        inputs, places = {"input_ids": chosen.unsqueeze(1)}, places[:, -1:] + 1
    return tokens


def keeps_keys(llm: nn.Module) -> bool:
    """Whether a model remembers keys and values alone, so that rows can leave a batch.

    Args:
        llm: a causal language model of transformers.
    """
    kinds = {type(layer) for layer in DynamicCache(config=llm.config).layers}
    return bool(kinds) and kinds <= {DynamicLayer, DynamicSlidingWindowLayer}


def _roomy_cache(llm: nn.Module) -> DynamicCache:
    cache = DynamicCache(config=llm.config)
    cache.layers = [_RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def _read_shared(llm: nn.Module, rows: Sequence[Tensor], *, cache: DynamicCache) -> int:
    """Reads what all prompts begin with into a cache, once instead of in each row; returns its length."""
    if len(rows) == 1 or not all(type(layer) is _RoomyLayer for layer in cache.layers):  # padding moves windows
        return 0
    shortest = min(map(len, rows)) - 1
    same = torch.stack([(row[:shortest] == rows[0][:shortest]).view(shortest, -1).all(1) for row in rows])
    length = int(same.all(0).cumprod(0).sum())
    if length:
        inputs = batch_inputs([rows[0][:length]])
        places = positions(inputs["attention_mask"])
        llm(**inputs, position_ids=places, use_cache=True, logits_to_keep=1, **{CACHE: cache})
        cache.batch_select_indices(places.new_zeros(len(rows)))
    return length


class _RoomyLayer(DynamicLayer):
    """Keys and values of one layer, with room for more behind them; transformers copies all of them for each token."""

    def update(self, key_states: Tensor, value_states: Tensor, *args, **kwargs) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._rooms = [key_states[:, :, :0], value_states[:, :, :0]]
        start = self.get_seq_length()
        stop = start + key_states.shape[2]
        self._rooms = [_grown(room, start, stop) for room in self._rooms]
        for room, states in zip(self._rooms, (key_states, value_states), strict=True):
            room[:, :, start:stop] = states
        self.keys, self.values = (room[:, :, :stop] for room in self._rooms)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        length = self.get_seq_length()
        self._rooms = [room[indices] for room in self._rooms]
        self.keys, self.values = (room[:, :, :length] for room in self._rooms)


def _grown(room: Tensor, filled: int, needed: int) -> Tensor:
    """Returns a tensor (B, H, T, D) that has so many positions, the filled ones those of another."""
    if needed <= room.shape[2]:
        return room
    grown = room.new_empty(*room.shape[:2], needed + ROOM, room.shape[3])
    grown[:, :, :filled] = room[:, :, :filled]
    return grown
