"""What chat models have in common: messages in, answers out, and no question asked twice."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from c2ser.lm.chat.cache import AnswerCache, content_key

Conversation = Sequence[dict[str, str]]  # messages {"role": "system" | "user" | "assistant", "content": ...}
Answer = TypeVar("Answer")


class ChatModel(ABC):
    """A chat model.

    Args:
        identity: what distinguishes the model from others, of values that JSON can hold.
        cache: keeps answers; None for no cache.
    """

    def __init__(self, identity: dict[str, Any], cache: AnswerCache | None):
        self._identity = identity
        self._cache = cache

    def answers(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int = 256,
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[str]:
        """Answers conversations, without the reasoning that some models write first.

        Args:
            conversations: lists of messages, the last of which is the user's.
            max_new_tokens: greatest length of an answer, in tokens.
            temperature: 0 takes the most probable token; above 0, tokens are sampled.
            seed: of sampling.

        Returns:
            One answer per conversation.

        Raises:
            InputError: the server cannot be reached, or refuses.

        Example:
            >>> model = load_chat_model("Qwen/Qwen2-7B-Instruct")  # doctest: +SKIP
            >>> model.answers([[{"role": "user", "content": "Hello"}]], 20)  # doctest: +SKIP
        """
        settings = {"max_new_tokens": max_new_tokens, "temperature": float(temperature)}
        if temperature:
            settings["seed"] = seed
        written = self._ask_once(conversations, settings, lambda missing: self._generate(missing, **settings))
        return [text.rpartition("</think>")[2].partition("<think>")[0].strip() for text in written]

    @abstractmethod
    def probabilities(
        self, conversations: Sequence[Conversation], candidates: Sequence[str], *, samples: int = 8
    ) -> np.ndarray:
        """Computes how probable each candidate is as the answer.

        Args:
            conversations: N lists of messages, the last of which is the user's and asks for one of the candidates.
            candidates: C possible answers.
            samples: answers to sample where the model's own probabilities are not available.

        Returns:
            (N, C).
        """

    @abstractmethod
    def _generate(
        self, conversations: list[Conversation], max_new_tokens: int, *, temperature: float, seed: int = 0
    ) -> Iterator[tuple[int, str]]:
        """Yields (index of a conversation, its answer) in any order, as soon as each is available."""

    def _ask_once(
        self,
        conversations: Sequence[Conversation],
        settings: dict[str, Any],
        ask: Callable[[list[Conversation]], Iterator[tuple[int, Answer]]],
    ) -> list[Answer]:
        """Takes answers from the cache and asks for the rest, for equal conversations once."""
        keys = [content_key([self._identity, settings, list(conversation)]) for conversation in conversations]
        by_key = dict(zip(keys, conversations))
        known = self._cache.read(by_key.keys()) if self._cache else {}
        missing = [key for key in by_key if key not in known]
        asked = ask([by_key[key] for key in missing]) if missing else ()
        for index, answer in tqdm(asked, desc=self._identity["model"], total=len(missing), unit="answer", disable=None):
            known[missing[index]] = answer
            if self._cache:
                self._cache.append(missing[index], answer)
        return [known[key] for key in keys]
