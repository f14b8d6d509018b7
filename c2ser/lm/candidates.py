"""Possible answers of a language model, computed instead of generated: how probable each is, and which is greedy's.

What all candidates of a row begin with is read once; only the rest of each is read by itself, all of a batch together.
"""

from collections.abc import Sequence
from os.path import commonprefix
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import Cache

from c2ser.compatibility import CACHE
from c2ser.lm.inputs import IGNORED, append_tokens, batch_inputs, read_inputs
from c2ser.nn import align_right, positions

# For each of B rows, L candidates: token ids, the last of which is an end mark if the candidate is a whole answer.
Candidates = Sequence[Sequence[Sequence[int]]]


@torch.inference_mode()
def score_candidates(
    llm: nn.Module, rows: Sequence[Tensor], *, candidates: Candidates, end_tokens: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Computes how probable each candidate is, given that the continuation is one of them.

    Args:
        llm: a causal language model of transformers.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        candidates: L for each row, as token ids.
        end_tokens: the end marks; where a candidate has one of them, any of them counts.

    Returns:
        Probabilities (B, L) that sum to one over L, and what `match_greedy` returns.

    Example:
        >>> score_candidates(llm, [ids], candidates=[[[5, 2], [6, 2]]], end_tokens=[2])[0]  # doctest: +SKIP
        tensor([[0.7311, 0.2689]])
    """
    ends = torch.tensor(list(end_tokens), device=rows[0].device)
    prefix = _read_prefix(llm, rows, candidates)
    first = _token_scores(prefix.logits[:, -1:].log_softmax(2).expand(-1, prefix.count, -1), prefix.first, ends)
    greedy = prefix.greedy(ends)
    following = prefix.endings[:, 1:]
    if not following.shape[1]:
        return first.softmax(1), greedy
    logits = _score_continuations(llm, prefix, torch.arange(len(following), device=following.device))
    rest = _token_scores(logits.log_softmax(2), following, ends).sum(1).view(first.shape)
    matches = _matches_argmax(logits.argmax(2), following, ends).all(1).view(first.shape)
    return (first + rest).softmax(1), greedy & matches


@torch.inference_mode()
def match_greedy(
    llm: nn.Module, rows: Sequence[Tensor], *, candidates: Candidates, end_tokens: Sequence[int]
) -> Tensor:
    """Finds the candidate, if any, that greedy search would generate: each of its tokens is the most probable one.

    That takes two passes of the language model; generating takes one for each token.

    Args:
        llm: a causal language model of transformers.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        candidates: L for each row, as token ids.
        end_tokens: the end marks; where a candidate has one of them, any of them counts.

    Returns:
        Booleans (B, L).
    """
    ends = torch.tensor(list(end_tokens), device=rows[0].device)
    prefix = _read_prefix(llm, rows, candidates)
    greedy = prefix.greedy(ends).flatten()
    chosen = greedy.nonzero().squeeze(1)
    if len(chosen) and prefix.endings.shape[1] > 1:
        argmax = _score_continuations(llm, prefix, chosen).argmax(2)
        greedy[chosen] = _matches_argmax(argmax, prefix.endings[chosen, 1:], ends).all(1)
    return greedy.view(len(rows), -1)


class _Prefix(NamedTuple):
    """What a language model has read before the candidates of each row differ.

    Attributes:
        logits: (B, P + 1, V) after the prompt and after each of the P tokens that the candidates share, aligned right.
        cache: keys and values of everything read.
        mask: attention mask of the same, (B, S).
        shared: the tokens that a row's candidates share (B, P), aligned right, `IGNORED` before them.
        endings: the rest of each candidate (B * L, A), `IGNORED` behind it.
    """

    logits: Tensor
    cache: Cache
    mask: Tensor
    shared: Tensor
    endings: Tensor

    @property
    def count(self) -> int:
        """Candidates per row, L."""
        return len(self.endings) // len(self.mask)

    @property
    def first(self) -> Tensor:
        """First token of each ending (B, L)."""
        return self.endings[:, 0].view(len(self.mask), -1)

    def greedy(self, ends: Tensor) -> Tensor:
        """Booleans (B, L), True where all shared tokens and the first token after them are the most probable ones."""
        argmax = self.logits.argmax(2)
        shared = _matches_argmax(argmax[:, :-1], self.shared, ends).all(1, keepdim=True)
        return shared & _matches_argmax(argmax[:, -1:], self.first, ends)


def _read_prefix(llm: nn.Module, rows: Sequence[Tensor], candidates: Candidates) -> _Prefix:
    """Reads each prompt and what all of its candidates begin with; at least one token of each candidate is left."""
    device = rows[0].device
    beginnings = [commonprefix([list(tokens[:-1]) for tokens in row]) for row in candidates]
    shared = [torch.tensor(beginning, dtype=torch.long, device=device) for beginning in beginnings]
    inputs = batch_inputs([append_tokens(llm, row, tokens=tokens) for row, tokens in zip(rows, shared, strict=True)])
    outputs = read_inputs(llm, inputs, count=max(map(len, beginnings)) + 1, use_cache=True)
    endings = [
        torch.tensor(tokens[len(beginning) :], device=device)
        for beginning, row in zip(beginnings, candidates, strict=True)
        for tokens in row
    ]
    padded = pad_sequence(endings, batch_first=True, padding_value=IGNORED)
    mask = inputs["attention_mask"]
    return _Prefix(outputs.logits.float(), getattr(outputs, CACHE), mask, align_right(shared, IGNORED), padded)


def _score_continuations(llm: nn.Module, prefix: _Prefix, chosen: Tensor) -> Tensor:
    """Returns logits (R, A - 1, V) after each token but the last of R of the endings; uses up the cache."""
    tokens = prefix.endings[chosen, :-1]
    rows = chosen // prefix.count
    prefix.cache.batch_select_indices(rows)
    mask = torch.cat([prefix.mask[rows], (tokens != IGNORED).long()], dim=1)
    outputs = llm(
        input_ids=tokens.clamp(min=0),
        attention_mask=mask,
        position_ids=positions(mask)[:, -tokens.shape[1] :],
        use_cache=True,
        **{CACHE: prefix.cache},
    )
    return outputs.logits.float()


def _token_scores(logs: Tensor, tokens: Tensor, ends: Tensor) -> Tensor:
    """Picks the log-probabilities (R, A) of tokens (R, A) from those of all tokens (R, A, V); zero where `IGNORED`."""
    scores = logs.gather(2, tokens.clamp(min=0).unsqueeze(2)).squeeze(2)
    if len(ends) > 1:
        scores = torch.where(torch.isin(tokens, ends), logs[..., ends].logsumexp(2), scores)
    return scores.masked_fill(tokens == IGNORED, 0.0)


def _matches_argmax(argmax: Tensor, tokens: Tensor, ends: Tensor) -> Tensor:
    """Booleans (R, A), True where a token is the most probable one, or is `IGNORED`."""
    ended = torch.isin(argmax, ends) & torch.isin(tokens, ends)
    return (argmax == tokens) | ended | (tokens == IGNORED)
