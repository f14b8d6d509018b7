"""A chat model in this process: a causal language model of transformers with its chat template."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2.exceptions import TemplateError
from torch import Tensor, nn

from c2ser.errors import InputError
from c2ser.lm.candidates import score_candidates
from c2ser.lm.chat.cache import AnswerCache, content_key
from c2ser.lm.chat.model import ChatModel, Conversation
from c2ser.lm.generation import Decoding, generate
from c2ser.lm.loading import load_llm, load_tokenizer


class LocalChatModel(ChatModel):
    """See `c2ser.lm.chat.load_chat_model`.

    Raises:
        InputError: the model cannot be loaded, or its tokenizer has no chat template.
    """

    def __init__(self, model: str, cache: AnswerCache | None, *, device: str, dtype: str, batch_size: int):
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
        """Loaded when it is first needed: not if the cache has all answers."""
        return load_llm(self._model, dtype=self._dtype).to(self._device).eval()

    def probabilities(
        self, conversations: Sequence[Conversation], candidates: Sequence[str], *, samples: int = 8
    ) -> np.ndarray:
        """Computes how probable each candidate is, given that the answer is one of them; see `ChatModel`."""
        settings = {"candidates": list(candidates)}
        rows = self._ask_once(conversations, settings, lambda missing: self._score(missing, candidates))
        return np.array(rows, dtype=np.float64).reshape(-1, len(candidates))

    def _generate(
        self, conversations: list[Conversation], max_new_tokens: int, *, temperature: float, seed: int = 0
    ) -> Iterator[tuple[int, str]]:
        decoding = Decoding(max_new_tokens, temperature=temperature)
        pad = self._tokenizer.pad_token_id
        for indices, rows in self._batches(conversations):
            seeds = [int(content_key([list(conversations[index]), seed])[:15], 16) for index in indices]
            tokens = generate(
                self._llm, rows, decoding=decoding, end_tokens=self._end_tokens(), pad_token=pad, seeds=seeds
            )
            yield from zip(indices, self._tokenizer.batch_decode(tokens, skip_special_tokens=True), strict=True)

    def _score(self, conversations: list[Conversation], candidates: Sequence[str]) -> Iterator[tuple[int, list[float]]]:
        ends = self._end_tokens()
        words = [[*self._tokenizer(word, add_special_tokens=False).input_ids, ends[0]] for word in candidates]
        for indices, rows in self._batches(conversations):
            probabilities, _ = score_candidates(self._llm, rows, candidates=[words] * len(rows), end_tokens=ends)
            yield from zip(indices, probabilities.tolist(), strict=True)

    def _batches(self, conversations: list[Conversation]) -> Iterator[tuple[list[int], list[Tensor]]]:
        """Yields indices of conversations and their token ids, the longest prompts first."""
        prompts = [self._prompt(conversation) for conversation in conversations]
        order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
        for start in range(0, len(order), self._batch_size):
            indices = order[start : start + self._batch_size]
            texts = [prompts[index] for index in indices]
            encoded = self._tokenizer(texts, add_special_tokens=False)  # the chat template writes special tokens
            yield indices, [torch.tensor(ids, device=self._llm.device) for ids in encoded.input_ids]

    def _prompt(self, conversation: Conversation) -> str:
        messages = list(conversation)
        try:
            return self._render(messages)
        except TemplateError:  # some templates have no system message; it becomes part of the user's
            if messages[0]["role"] != "system":
                raise
            first, second, *rest = messages
            return self._render([{**second, "content": f"{first['content']}\n\n{second['content']}"}, *rest])

    def _render(self, messages: list[dict[str, str]]) -> str:
        # Templates with `enable_thinking` have the model answer directly; others ignore it.
        return self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )

    def _end_tokens(self) -> list[int]:
        """Ends of a text and of a turn, which differ in some chat models."""
        configured = self._llm.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return sorted({self._tokenizer.eos_token_id, *(token for token in ends if token is not None)})


def _files(model: str) -> list[list[Any]]:
    """What distinguishes a folder's model from an earlier one in the same folder; nothing for a hub id."""
    folder = Path(model)
    stats = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()] if folder.is_dir() else []
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
