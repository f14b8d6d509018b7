"""Text from a language model: greedy search, beams or sampling, the same in every batch but for rounding."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from c2ser.errors import InputError
from c2ser.lm.drafts import Drafts
from c2ser.lm.greedy import greedy_search, keeps_keys
from c2ser.lm.inputs import batch_inputs

# For each of B rows, token sequences of which its continuation begins with one; none where it is free.
Openings = Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True)
class Decoding:
    """How tokens are chosen.

    Attributes:
        max_new_tokens: greatest length of an answer, in tokens.
        num_beams: width of the beam search; 1 is greedy search.
        repetition_penalty: of tokens that the answer already has; 1 is none. The prompt does not count.
        temperature: 0 takes the most probable token; above 0, tokens are sampled.
        top_p: probability mass of the most probable tokens that are sampled from; 1 for all tokens.
        top_k: number of the most probable tokens, after the penalty, that each beam or sample chooses from; 0 for all
            tokens.
        end_tokens: token ids that end an answer; none for the tokenizer's end mark.

    Raises:
        InputError: a value is out of range, or beams are combined with sampling.

    References:
        N. S. Keskar et al., "CTRL: A conditional transformer language model for controllable generation", 2019
        (repetition penalty).
        A. Holtzman et al., "The curious case of neural text degeneration", ICLR 2020 (top-p).
    """

    max_new_tokens: int = 256
    num_beams: int = 1
    repetition_penalty: float = 1.0
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    end_tokens: Sequence[int] = ()

    def __post_init__(self):
        for name in ("max_new_tokens", "num_beams", "repetition_penalty", "top_p"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} {getattr(self, name)}: must be above zero")
        if self.temperature < 0 or self.top_p > 1:
            raise InputError(f"temperature {self.temperature}, top_p {self.top_p}: from 0 up, and up to 1")
        if self.top_k < 0 or any(token < 0 for token in self.end_tokens):
            raise InputError(f"top_k {self.top_k}, end_tokens {list(self.end_tokens)}: numbers from 0 up")
        if self.temperature and self.num_beams > 1:
            raise InputError(
                f"num_beams {self.num_beams} and temperature {self.temperature}: search or sample, not both"
            )

    @property
    def is_greedy(self) -> bool:
        """Whether each token is the most probable one."""
        return self.num_beams == 1 and self.repetition_penalty == 1.0 and not self.temperature


@torch.inference_mode()
def generate(
    llm: nn.Module,
    rows: Sequence[Tensor],
    *,
    decoding: Decoding,
    end_tokens: Sequence[int],
    pad_token: int,
    seeds: Sequence[int] = (),
    openings: Openings = (),
    drafts: Drafts | None = None,
) -> Tensor:
    """Continues prompts until each continuation has ended or is as long as allowed.

    Args:
        llm: a causal language model of transformers.
        rows: B prompts, each of token ids (S,) or of embeddings (S, W).
        decoding: how tokens are chosen.
        end_tokens: token ids that end a continuation where ``decoding`` names none.
        pad_token: token id in place of an end and behind it.
        seeds: of each row's random numbers, if tokens are sampled; a row's continuation does not depend on its batch.
        openings: token sequences of each row, with one of which its continuation begins, the most probable one for
            greedy search; a row with none begins as it may.
        drafts: see `greedy_search`, which alone has use of them.

    Returns:
        Token ids of the continuations (B, A).

    Example:
        >>> generate(llm, [ids], decoding=Decoding(12), end_tokens=[2], pad_token=0)  # doctest: +SKIP
    """
    ends = list(decoding.end_tokens or end_tokens)
    if decoding.is_greedy and keeps_keys(llm):
        answers = greedy_search(
            llm,
            rows,
            max_new_tokens=decoding.max_new_tokens,
            end_tokens=ends,
            pad_token=pad_token,
            restrict=_Opening(openings).of_rows if any(openings) else None,
            drafts=drafts,
        )
    else:
        answers = _generate(
            llm, rows, decoding=decoding, ends=ends, pad_token=pad_token, seeds=seeds, openings=openings
        )
    # An end that the tokenizer does not count among its special tokens would be read as a word of the answer.
    return answers.masked_fill(torch.isin(answers, torch.tensor(ends, device=answers.device)), pad_token)


def _generate(
    llm: nn.Module,
    rows: Sequence[Tensor],
    *,
    decoding: Decoding,
    ends: Sequence[int],
    pad_token: int,
    seeds: Sequence[int],
    openings: Openings,
) -> Tensor:
    """Continues prompts by transformers; see `generate`."""
    inputs = batch_inputs(rows)
    prompt = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
    config = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        num_beams=decoding.num_beams,
        do_sample=False,
        repetition_penalty=1.0,
        eos_token_id=ends,
        pad_token_id=pad_token,
        use_cache=True,
    )
    processors = _processors(decoding, prompt, seeds)
    if any(openings):
        processors.insert(0, _Opening(openings, prompt))
    return llm.generate(**inputs, generation_config=config, logits_processor=processors)[:, prompt:]


def _processors(decoding: Decoding, prompt: int, seeds: Sequence[int]) -> LogitsProcessorList:
    processors = LogitsProcessorList()
    if decoding.repetition_penalty != 1.0:
        # generate(repetition_penalty=...) takes padding of embeddings for tokens of the answer, so that an answer
        # would depend on the lengths of the others in its batch. A processor passed by the caller does not.
        processors.append(RepetitionPenaltyLogitsProcessor(float(decoding.repetition_penalty), prompt or None))
    if decoding.top_k:
        processors.append(_MostProbable(decoding.top_k))
    if decoding.temperature:
        processors.append(_GumbelNoise(seeds, decoding))
    return processors


class _Opening(LogitsProcessor):
    """Lets each row begin with one of its openings only; what follows is free."""

    def __init__(self, openings: Openings, prompt: int = 0):
        self._openings = [[list(opening) for opening in row] for row in openings]
        self._longest = max(len(opening) for row in self._openings for opening in row)
        self._prompt = prompt

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        beams = len(scores) // len(self._openings)
        return self.of_rows(input_ids, scores, rows=[place // beams for place in range(len(scores))])

    def of_rows(self, input_ids: Tensor, scores: Tensor, *, rows: Sequence[int]) -> Tensor:
        """Bars tokens (R, V), given what R continuations, of which rows, are so far."""
        begun = input_ids[:, self._prompt :]
        length = begun.shape[1]
        if length >= self._longest:
            return scores
        barred = torch.zeros_like(scores, dtype=torch.bool)
        for place, (row, tokens) in enumerate(zip(rows, begun.tolist(), strict=True)):
            openings = (opening for opening in self._openings[row] if opening[:length] == tokens)
            if following := {opening[length] for opening in openings if len(opening) > length}:
                barred[place] = True
                barred[place, list(following)] = False
        return scores.masked_fill(barred, -torch.inf)


class _MostProbable(LogitsProcessor):
    """Keeps the k highest logits, exactly k also where some are equal, as they often are in bfloat16.

    Of equal ones those stay that transformers' sampling with ``top_p=0`` leaves. It sorts the whole vocabulary for each
    token, which is done here for rows with such a tie only.
    """

    def __init__(self, k: int):
        self._k = k
        self._at_least = TopKLogitsWarper(k)
        self._exactly = TopPLogitsWarper(0.0, min_tokens_to_keep=k)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        kept = self._at_least(input_ids, scores)
        tied = kept.isfinite().sum(1) > self._k
        if tied.any():
            kept[tied] = self._exactly(input_ids, scores[tied])
        return kept


class _GumbelNoise(LogitsProcessor):
    """Makes greedy search sample: the maximum of logits / temperature + Gumbel noise is a sample of their softmax.

    Each row has its own generator, so that its continuation does not depend on the batch it is in.
    """

    def __init__(self, seeds: Sequence[int], decoding: Decoding):
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._temperature = decoding.temperature
        self._nucleus = TopPLogitsWarper(decoding.top_p) if decoding.top_p < 1 else None

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        draws = [torch.empty(scores.shape[1]).exponential_(generator=generator) for generator in self._generators]
        scores = scores.float() / self._temperature
        if self._nucleus is not None:
            scores = self._nucleus(input_ids, scores)
        return scores - torch.stack(draws).log().to(scores.device)
