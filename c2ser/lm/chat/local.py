"""A chat model that runs here: a causal language model of transformers with its chat template."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2.exceptions import TemplateError
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchEncoding, GenerationConfig, LogitsProcessor, LogitsProcessorList

from c2ser.compatibility import CACHE
from c2ser.errors import InputError
from c2ser.lm.chat.cache import AnswerCache, content_key
from c2ser.lm.chat.model import ChatModel, Conversation
from c2ser.lm.loading import load_llm, load_tokenizer
from c2ser.nn import positions


class LocalChatModel(ChatModel):
    """See `c2ser.lm.chat.load_chat_model`.

    Raises:
        InputError: the model cannot be loaded, or its tokenizer has no chat template.
    """

    def __init__(self, model: str, cache: AnswerCache | None, device: str, dtype: str, batch_size: int):
        super().__init__({"model": model, "dtype": dtype, "files": _files(model)}, cache)
        self._tokenizer = load_tokenizer(model)
        if not self._tokenizer.chat_template:
            raise InputError(
                f"llm '{model}': no chat template; name an instruction-tuned model (such as one whose name ends in "
                "-Instruct, -Chat or -it), or put a chat_template.jinja into its folder"
            )
        self._model, self._device, self._dtype, self._batch_size = model, device, dtype, batch_size

    @cached_property
    def _llm(self) -> nn.Module:
        """Loaded when first asked: where the cache has all answers it is not."""
        return load_llm(self._model, dtype=self._dtype).to(self._device).eval()

    def probabilities(
        self, conversations: Sequence[Conversation], candidates: Sequence[str], samples: int = 8
    ) -> np.ndarray:
        """Tells how likely each candidate is as the whole answer, if it is one of them: (N, C), rows sum to one."""
        settings = {"candidates": list(candidates)}
        rows = self._ask_once(conversations, settings, lambda missing: self._score(missing, candidates))
        return np.array(rows, dtype=np.float64).reshape(-1, len(candidates))

    @torch.inference_mode()
    def _generate(
        self, conversations: list[Conversation], max_new_tokens: int, temperature: float, seed: int = 0
    ) -> Iterator[tuple[int, str]]:
        config = GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            eos_token_id=self._end_tokens(),
            pad_token_id=self._tokenizer.pad_token_id,
        )
        for indices, inputs in self._batches(conversations):
            drawing = LogitsProcessorList()
            if temperature:
                seeds = [int(content_key([list(conversations[index]), seed])[:15], 16) for index in indices]
                drawing.append(_GumbelNoise(seeds, temperature))
            tokens = self._llm.generate(**inputs, generation_config=config, logits_processor=drawing)
            answers = tokens[:, inputs.input_ids.shape[1] :]
            yield from zip(indices, self._tokenizer.batch_decode(answers, skip_special_tokens=True), strict=True)

    @torch.inference_mode()
    def _score(self, conversations: list[Conversation], candidates: Sequence[str]) -> Iterator[tuple[int, list[float]]]:
        """Reads each conversation once, then all candidates after it."""
        device = self._llm.device
        ends = torch.tensor(self._end_tokens(), device=device)
        words = [torch.tensor(self._tokenizer(word, add_special_tokens=False).input_ids) for word in candidates]
        lengths = torch.tensor([len(word) for word in words], device=device)
        padded = pad_sequence(words, batch_first=True, padding_value=self._tokenizer.pad_token_id).to(device)
        for indices, inputs in self._batches(conversations):
            rows, count = len(indices), len(words)
            read = self._llm(**inputs, position_ids=positions(inputs.attention_mask), logits_to_keep=1, use_cache=True)
            cache = getattr(read, CACHE)
            cache.batch_repeat_interleave(count)
            tokens = padded.repeat(rows, 1)
            mask = torch.cat([inputs.attention_mask.repeat_interleave(count, 0), torch.ones_like(tokens)], dim=1)
            following = self._llm(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions(mask)[:, -tokens.shape[1] :],
                use_cache=True,
                **{CACHE: cache},
            )
            logits = torch.cat([read.logits.repeat_interleave(count, 0), following.logits], dim=1).float()
            logs = logits.log_softmax(2)  # (rows * candidates, A + 1, V)
            spoken = logs[:, :-1].gather(2, tokens.unsqueeze(2)).squeeze(2)
            inside = torch.arange(tokens.shape[1], device=device) < lengths.repeat(rows).unsqueeze(1)
            end = logs[torch.arange(len(tokens), device=device), lengths.repeat(rows)][:, ends].logsumexp(1)
            total = (spoken * inside).sum(1) + end
            yield from zip(indices, total.view(rows, count).softmax(1).tolist(), strict=True)

    def _batches(self, conversations: list[Conversation]) -> Iterator[tuple[list[int], BatchEncoding]]:
        """Yields indices of conversations and their inputs, padded on the left, the longest first."""
        prompts = [self._prompt(conversation) for conversation in conversations]
        order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
        for start in range(0, len(order), self._batch_size):
            indices = order[start : start + self._batch_size]
            inputs = self._tokenizer(
                [prompts[index] for index in indices],
                add_special_tokens=False,  # the chat template writes them
                return_token_type_ids=False,
                padding=True,
                padding_side="left",
                return_tensors="pt",
            )
            yield indices, inputs.to(self._llm.device)

    def _prompt(self, conversation: Conversation) -> str:
        messages = list(conversation)
        try:
            return self._render(messages)
        except TemplateError:  # that of some models knows no system message; they read it as the user's
            if messages[0]["role"] != "system":
                raise
            first, second, *rest = messages
            return self._render([{**second, "content": f"{first['content']}\n\n{second['content']}"}, *rest])

    def _render(self, messages: list[dict[str, str]]) -> str:
        # Templates that know `enable_thinking` let the model answer at once; others do not look at it.
        return self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )

    def _end_tokens(self) -> list[int]:
        """Chat models may end a turn with another token than a text."""
        configured = self._llm.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return sorted({self._tokenizer.eos_token_id, *(token for token in ends if token is not None)})


class _GumbelNoise(LogitsProcessor):
    """Draws a token where the likeliest is taken: logits / temperature + Gumbel noise have their maximum at a sample.

    Each row has a generator of its own, so that its answer does not depend on the batch that it is in.
    """

    def __init__(self, seeds: Sequence[int], temperature: float):
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._temperature = temperature

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        draws = [torch.empty(scores.shape[1]).exponential_(generator=generator) for generator in self._generators]
        return scores.float() / self._temperature - torch.stack(draws).log().to(scores.device)


def _files(model: str) -> list[list[Any]]:
    """What tells a folder's model from one that was in the same folder before; nothing for a hub id."""
    folder = Path(model)
    stats = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()] if folder.is_dir() else []
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
