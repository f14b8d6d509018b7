"""Possible answers of a language model, computed instead of generated: how probable each is, and which is greedy's.

One pass reads them all. The candidates of a row are a tree behind its prompt: what several begin with is read once, and
a token attends to the prompt and to those tokens alone that stand before it in its own candidates.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from c2ser.lm.inputs import IGNORED, append_tokens, batch_inputs, read_inputs
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
    trees = [_Tree.of(row) for row in candidates]
    logits = _read(llm, rows, trees)
    ends = torch.tensor(list(end_tokens), device=logits.device)
    scores, greedy = _judge(logits, trees, ends, candidates=candidates)
    scores = pad_sequence(scores.split(counts), batch_first=True, padding_value=-torch.inf)
    return scores.softmax(1), pad_sequence(greedy.split(counts), batch_first=True)


class _Tree(NamedTuple):
    """The tokens of a row's candidates but for the last of each, which nothing follows.

    Attributes:
        tokens: of N nodes, each after those that stand before it.
        depths: number of tokens up to each node, itself included, (N,).
        visible: booleans (N, N), True where a node attends to another one.
        paths: for each candidate, the places of what its tokens follow: 0 for the prompt, n for node n.
    """

    tokens: Tensor
    depths: Tensor
    visible: Tensor
    paths: list[list[int]]

    @classmethod
    def of(cls, candidates: Sequence[Sequence[int]]) -> "_Tree":
        places: dict[tuple[int, ...], int] = {(): 0}
        paths = [[places.setdefault(tuple(row[:end]), len(places)) for end in range(len(row))] for row in candidates]
        nodes = list(places)[1:]
        visible = torch.eye(len(places), dtype=torch.bool)
        for place, node in enumerate(nodes, 1):
            visible[place] |= visible[places[node[:-1]]]
        tokens, depths = ([node[-1] for node in nodes], [len(node) for node in nodes])
        return cls(torch.tensor(tokens, dtype=torch.long), torch.tensor(depths), visible[1:, 1:], paths)


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
    inputs = batch_inputs([append_tokens(llm, row, tokens=tree.tokens) for row, tree in zip(rows, trees, strict=True)])
    places = [
        torch.cat([torch.arange(len(row), device=device), len(row) - 1 + tree.depths])
        for row, tree in zip(rows, trees, strict=True)
    ]
    if any(len(tree.paths) > 1 for tree in trees):
        inputs["attention_mask"] = _tree_mask(inputs["attention_mask"], trees)
    count = max(len(tree.tokens) for tree in trees) + 1
    return read_inputs(llm, inputs, count=count, places=align_right(places, 0)).float()


def _tree_mask(mask: Tensor, trees: Sequence[_Tree]) -> Tensor:
    """Returns what may attend to what, (B, 1, S, S), of a left-padded mask (B, S) that ends with trees."""
    size = mask.shape[1]
    visible = mask.bool().unsqueeze(1).repeat(1, size, 1).tril()
    for row, tree in zip(visible, trees, strict=True):
        start = size - len(tree.tokens)
        row[start:, start:] = tree.visible
    visible |= torch.eye(size, dtype=torch.bool, device=mask.device)  # a row that attends to nothing would be NaN
    return visible.unsqueeze(1)


def _judge(logits: Tensor, trees: Sequence[_Tree], ends: Tensor, *, candidates: Candidates) -> tuple[Tensor, Tensor]:
    """Returns the log-probability of each candidate of all rows, and whether greedy search would generate it."""
    first = [logits.shape[1] - 1 - len(tree.tokens) for tree in trees]
    paths = [torch.tensor(path) + start for start, tree in zip(first, trees, strict=True) for path in tree.paths]
    rows = torch.tensor([row for row, tree in enumerate(trees) for _ in tree.paths]).unsqueeze(1).to(logits.device)
    places = pad_sequence(paths, batch_first=True).to(logits.device)
    tokens = pad_sequence(
        [torch.tensor(tokens) for tokens in chain.from_iterable(candidates)],
        batch_first=True,
        padding_value=IGNORED,
    ).to(logits.device)
    scores = logits[rows, places, tokens.clamp(min=0)]
    if len(ends) > 1:
        scores = torch.where(torch.isin(tokens, ends), logits[..., ends].logsumexp(2)[rows, places], scores)
    scores = (scores - logits.logsumexp(2)[rows, places]).masked_fill(tokens == IGNORED, 0.0)
    argmax = logits.argmax(2)[rows, places]
    ended = torch.isin(argmax, ends) & torch.isin(tokens, ends)
    return scores.sum(1), ((argmax == tokens) | ended | (tokens == IGNORED)).all(1)
