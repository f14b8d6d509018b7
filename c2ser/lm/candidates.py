"""Possible answers of a language model, computed instead of generated: how probable each is, and which is greedy's.

One pass reads them all. The candidates of a row are a tree behind its prompt: what several begin with is read once, and
a token attends to the prompt and to those tokens alone that stand before it in its own candidates. What all prompts
begin with is read once, too.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache

from c2ser.lm.inputs import IGNORED, append_tokens, batch_inputs, keeps_all_positions, read_inputs, read_shared
from c2ser.nn import align_right

# For each of B rows, its candidates: token ids, the last of which is an end mark if the candidate is a whole answer.
Candidates = Sequence[Sequence[Sequence[int]]]


@torch.inference_mode()
def score_candidates(
    llm: nn.Module, rows: Sequence[Tensor], *, candidates: Candidates, end_tokens: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Computes how probable each candidate is, given that the continuation is one of them, and finds greedy search's.

    Args:
        llm: a causal language model of transformers.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        candidates: up to L for each row, as token ids.
        end_tokens: the end marks; where a candidate has one of them, any of them counts.

    Returns:
        Probabilities (B, L) that sum to one over L, zero behind a row's last candidate. And booleans (B, L), True for
        what greedy search would generate: each of its tokens is the most probable one.

    Example:
        >>> score_candidates(llm, [ids], candidates=[[[5, 2], [6, 2]]], end_tokens=[2])[0]  # doctest: +SKIP
        tensor([[0.7311, 0.2689]])
    """
    counts = [len(row) for row in candidates]
    longest = max(len(tokens) for row in candidates for tokens in row) + max(map(len, rows))
    if not _reads_trees(llm, longest):  # then each candidate is a row of its own, a tree without branches
        rows = [row for row, count in zip(rows, counts, strict=True) for _ in range(count)]
        candidates = [[tokens] for row in candidates for tokens in row]
    trees = [_tree(tuple(map(tuple, row))) for row in candidates]
    logits = _read(llm, rows, trees)
    ends = torch.tensor(list(end_tokens), device=logits.device)
    scores, greedy = _judge(logits, trees, ends)
    scores = pad_sequence(scores.split(counts), batch_first=True, padding_value=-torch.inf)
    return scores.softmax(1), pad_sequence(greedy.split(counts), batch_first=True)


class _Tree(NamedTuple):
    """The tokens of a row's candidates but for the last of each, which nothing follows.

    Attributes:
        tokens: of N nodes, each behind those that stand before it.
        depths: number of tokens up to each node, itself included, (N,).
        visible: booleans (N, N), True where a node attends to another one.
        targets: the candidates' tokens (L, A), `IGNORED` behind the last one.
        places: what each of them follows (L, A): 0 for the prompt, n for node n.
    """

    tokens: Tensor
    depths: Tensor
    visible: Tensor
    targets: Tensor
    places: Tensor


@lru_cache(maxsize=64)  # most rows of all batches have the same candidates
def _tree(candidates: tuple[tuple[int, ...], ...]) -> _Tree:
    numbers: dict[tuple[int, ...], int] = {(): 0}
    places = [[numbers.setdefault(row[:end], len(numbers)) for end in range(len(row))] for row in candidates]
    visible = np.eye(len(numbers), dtype=bool)
    for node, number in numbers.items():
        visible[number] |= visible[numbers[node[:-1]]]
    nodes = list(numbers)[1:]
    return _Tree(
        torch.tensor([node[-1] for node in nodes], dtype=torch.long),
        torch.tensor([len(node) for node in nodes], dtype=torch.long),
        torch.from_numpy(visible[1:, 1:]),
        pad_sequence([torch.tensor(row) for row in candidates], batch_first=True, padding_value=IGNORED),
        pad_sequence([torch.tensor(row) for row in places], batch_first=True),
    )


def _reads_trees(llm: nn.Module, longest: int) -> bool:
    """Whether a model takes any attention mask, and attends to all of so many tokens."""
    config = llm.config
    window = getattr(config, "sliding_window", None)
    kinds = {"full_attention", "sliding_attention"}
    return (
        config._attn_implementation == "sdpa"
        and kinds.issuperset(getattr(config, "layer_types", None) or ())
        and (window is None or longest <= window)
    )


def _read(llm: nn.Module, rows: Sequence[Tensor], trees: Sequence[_Tree]) -> Tensor:
    """Returns logits (B, N + 1, V) after the prompt and after each of N nodes, aligned right."""
    device = rows[0].device
    trees = [tree._replace(tokens=tree.tokens.to(device), depths=tree.depths.to(device)) for tree in trees]
    cache = DynamicCache(config=llm.config)
    shared = read_shared(llm, rows, cache=cache) if keeps_all_positions(cache) else 0
    inputs = batch_inputs(
        [append_tokens(llm, row[shared:], tokens=tree.tokens) for row, tree in zip(rows, trees, strict=True)]
    )
    places = [
        torch.cat([torch.arange(shared, len(row), device=device), len(row) - 1 + tree.depths])
        for row, tree in zip(rows, trees, strict=True)
    ]
    if any(len(tree.targets) > 1 for tree in trees):
        inputs["attention_mask"] = _tree_mask(inputs["attention_mask"], trees)
    inputs["attention_mask"] = F.pad(inputs["attention_mask"], (shared, 0), value=1)
    count = max(len(tree.tokens) for tree in trees) + 1
    known = cache if shared else None
    return read_inputs(llm, inputs, count=count, places=align_right(places, 0), cache=known).float()


def _tree_mask(mask: Tensor, trees: Sequence[_Tree]) -> Tensor:
    """Returns what may attend to what, (B, 1, S, S), of a left-padded mask (B, S) that ends with trees."""
    size = mask.shape[1]
    visible = mask.bool().unsqueeze(1).repeat(1, size, 1).tril()
    for row, tree in zip(visible, trees, strict=True):
        start = size - len(tree.tokens)
        row[start:, start:] = tree.visible
    visible |= torch.eye(size, dtype=torch.bool, device=mask.device)  # a row that attends to nothing would be NaN
    return visible.unsqueeze(1)


def _judge(logits: Tensor, trees: Sequence[_Tree], ends: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the log-probability of each candidate of all rows, and whether greedy search would generate it."""
    device, longest = logits.device, max(tree.targets.shape[1] for tree in trees)
    counts = torch.tensor([len(tree.targets) for tree in trees])
    first = torch.tensor([logits.shape[1] - 1 - len(tree.tokens) for tree in trees]).repeat_interleave(counts)
    rows = torch.arange(len(trees)).repeat_interleave(counts).unsqueeze(1).to(device)
    places = torch.cat([F.pad(tree.places, (0, longest - tree.places.shape[1])) for tree in trees])
    places = (places + first.unsqueeze(1)).to(device)
    targets = torch.cat(
        [F.pad(tree.targets, (0, longest - tree.targets.shape[1]), value=IGNORED) for tree in trees]
    ).to(device)
    scores = logits[rows, places, targets.clamp(min=0)]
    if len(ends) > 1:
        scores = torch.where(torch.isin(targets, ends), logits[..., ends].logsumexp(2)[rows, places], scores)
    scores = (scores - logits.logsumexp(2)[rows, places]).masked_fill(targets == IGNORED, 0.0)
    argmax = logits.argmax(2)[rows, places]
    ended = torch.isin(argmax, ends) & torch.isin(targets, ends)
    return scores.sum(1), ((argmax == targets) | ended | (targets == IGNORED)).all(1)
