"""Greedy search in batches: drafts are verified in one step, and rows that have ended leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from c2ser.lm.drafts import Drafts
from c2ser.lm.inputs import batch_inputs, keeps_all_positions, read_inputs, read_shared
from c2ser.nn import length_mask, positions

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
    drafts: Drafts | None = None,
) -> Tensor:
    """Continues prompts with the most probable tokens, as transformers' ``generate`` does, in less time.

    Args:
        llm: a causal language model of transformers that `keeps_keys`.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        max_new_tokens: greatest length of a continuation.
        end_tokens: token ids that end one.
        pad_token: token id behind an end.
        restrict: from continuations so far (R, A), their logits (R, V) and the numbers of their rows, other logits.
        drafts: of continuations, which learn from these. The time depends on them, the tokens do not, except where two
            are equally probable but for rounding; in bfloat16 they often are, and no drafts are used.

    Returns:
        Token ids of the continuations (B, A), with their ends.

    Example:
        >>> greedy_search(llm, [ids], max_new_tokens=12, end_tokens=[2], pad_token=0)  # doctest: +SKIP
    """
    batch = _Batch(llm, rows)
    if restrict is not None or not batch.can_forget or torch.finfo(batch.logits.dtype).bits < 32:
        drafts = None
    answers = [_Answer(max_new_tokens, frozenset(end_tokens)) for _ in rows]
    going = list(range(len(rows)))  # the rows in the batch
    while True:
        logits = batch.logits
        if restrict is not None:
            begun = _padded([answers[row] for row in going], pad_token).to(logits.device)
            logits = restrict(begun, logits[:, -1], rows=going).unsqueeze(1)
        chosen = logits.argmax(2).tolist()
        counts = [answers[row].take(tokens, drafts) for row, tokens in zip(going, chosen, strict=True)]
        left = [row for row in going if not answers[row].has_ended]
        if not left:
            return _padded(answers, pad_token).to(logits.device)
        batch.keep(counts)
        if len(left) <= FEWER * len(going):
            batch.select([place for place, row in enumerate(going) if not answers[row].has_ended])
            going = left
        if drafts is not None:
            _draft([answers[row] for row in going], drafts, pad_token=pad_token)
        batch.read([[answers[row].tokens[-1], *answers[row].draft] for row in going])


def keeps_keys(llm: nn.Module) -> bool:
    """Whether a model remembers keys and values alone, so that rows can leave a batch.

    Args:
        llm: a causal language model of transformers.
    """
    kinds = {type(layer) for layer in DynamicCache(config=llm.config).layers}
    return bool(kinds) and kinds <= {DynamicLayer, DynamicSlidingWindowLayer}


@dataclass
class _Answer:
    """A continuation so far, and a draft of how it goes on."""

    longest: int
    ends: frozenset[int]
    tokens: list[int] = field(default_factory=list)
    draft: list[int] = field(default_factory=list)
    has_ended: bool = False

    def take(self, chosen: Sequence[int], drafts: Drafts | None) -> int:
        """Takes the first token that the model chose, and as many more as the draft is right.

        Returns how many, 0 where the answer has ended.
        """
        before = len(self.tokens)
        for token, drafted in zip(chosen, [*self.draft, None], strict=True):
            if self.has_ended:
                break
            self.tokens.append(token)
            self.has_ended = token in self.ends or len(self.tokens) == self.longest
            if token != drafted:
                break
        if drafts is not None:
            drafts.learn(self.tokens, before)
        return 0 if self.has_ended else len(self.tokens) - before


def _draft(answers: Sequence[_Answer], drafts: Drafts, *, pad_token: int) -> None:
    """Drafts how answers go on, all as far as that is known of half of them."""
    going = [answer for answer in answers if not answer.has_ended]
    for answer in going:
        answer.draft = drafts.after(answer.tokens)
    room = min(answer.longest - len(answer.tokens) for answer in going) - 1
    length = min(room, sorted(len(answer.draft) for answer in going)[len(going) // 2])
    for answer in answers:
        answer.draft = [*answer.draft, *[pad_token] * length][:length]


def _padded(answers: Sequence[_Answer], pad_token: int) -> Tensor:
    rows = [torch.tensor(answer.tokens, dtype=torch.long) for answer in answers]
    return pad_sequence(rows, batch_first=True, padding_value=pad_token)


class _Batch:
    """Rows that a language model reads together.

    Attributes:
        can_forget: whether positions can be left out again.
        logits: at the positions read last (R, N, V); of a prompt, at the last one.
    """

    def __init__(self, llm: nn.Module, rows: Sequence[Tensor]):
        self._llm = llm
        self._cache = DynamicCache(config=llm.config)
        self.can_forget = keeps_all_positions(self._cache)
        self._cache.layers = [_RoomyLayer() if type(layer) is DynamicLayer else layer for layer in self._cache.layers]
        shared = read_shared(llm, rows, cache=self._cache) if self.can_forget else 0
        inputs = batch_inputs([row[shared:] for row in rows])
        self._mask = F.pad(inputs.pop("attention_mask"), (shared, 0), value=1)  # (R, T), of all positions of the cache
        places = positions(self._mask)[:, shared:]
        self._places = places[:, -1:]  # where the tokens read last begin (R, 1)
        self._read(inputs, places, count=1)

    def read(self, tokens: Sequence[Sequence[int]]) -> None:
        """Reads the next N tokens of each row."""
        ids = torch.tensor(tokens, device=self._mask.device)
        width = ids.shape[1]
        self._mask = F.pad(self._mask, (0, width), value=1)
        places = self._places + torch.arange(width, device=ids.device)
        self._read({"input_ids": ids}, places, count=width)

    def _read(self, inputs: dict[str, Tensor], places: Tensor, *, count: int) -> None:
        inputs = {**inputs, "attention_mask": self._mask}
        logits = read_inputs(self._llm, inputs, count=count, places=places, cache=self._cache)
        self.logits = logits[:, -count:]

    def keep(self, counts: Sequence[int]) -> None:
        """Forgets all but the first tokens of those read last, so many of each row; one without any has ended."""
        width = self.logits.shape[1]
        kept = torch.tensor(counts, device=self._mask.device)
        self._mask[:, -width:] *= length_mask(kept, width)
        self._places = (self._places + kept.unsqueeze(1)) * (kept > 0).unsqueeze(1)  # a model may know no later ones
        if vain := width - max(counts):
            self._mask = self._mask[:, :-vain]
            self._cache.crop(-vain)

    def select(self, stay: Sequence[int]) -> None:
        """Leaves only these rows in the batch."""
        kept = torch.tensor(stay, device=self._mask.device)
        self._cache.batch_select_indices(kept)
        self._mask, self._places = self._mask[kept], self._places[kept]


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
