"""A chat model on a server with OpenAI's interface, such as vLLM, SGLang, ``transformers serve``, or a provider's."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from c2ser.errors import InputError
from c2ser.lm.chat.cache import AnswerCache
from c2ser.lm.chat.model import ChatModel, Conversation

try:
    import openai
except ImportError:
    raise InputError("a chat model by URL needs the package openai; pip install openai") from None

MAX_RETRIES = 8  # waits of 0.5 s, doubled up to 8 s, or as long as the server says: about 40 s
TIMEOUT = 300.0  # seconds that one answer may take
VOTE_TEMPERATURE = 1.0  # draws from the distribution that the model was trained to give


class RemoteChatModel(ChatModel):
    """See `c2ser.lm.chat.load_chat_model`."""

    def __init__(self, model: str, url: str, *, cache: AnswerCache | None, concurrency: int):
        super().__init__({"model": model}, cache)
        self._model, self._url, self._concurrency = model, url, concurrency
        for library in ("httpx", "httpx2", "openai"):  # they log a line for each request
            logging.getLogger(library).setLevel(logging.WARNING)
        self._client = openai.OpenAI(
            base_url=url,
            api_key=os.environ.get("OPENAI_API_KEY") or "none",  # servers of one's own want none, the client wants one
            max_retries=MAX_RETRIES,
            timeout=TIMEOUT,
        )

    def probabilities(
        self, conversations: Sequence[Conversation], candidates: Sequence[str], *, samples: int = 8
    ) -> np.ndarray:
        """Returns each candidate's share of the votes among sampled answers: (N, C).

        An answer votes for the candidate that it names, regardless of case; one that names none or several is no vote,
        so that a row may sum to less than one.
        """
        votes = np.zeros((len(conversations), len(candidates)))
        for seed in range(samples):
            for row, answer in enumerate(self.answers(conversations, 32, temperature=VOTE_TEMPERATURE, seed=seed)):
                named = [index for index, candidate in enumerate(candidates) if _names(answer, candidate)]
                if len(named) == 1:
                    votes[row, named[0]] += 1
        return votes / samples

    def _generate(
        self, conversations: list[Conversation], max_new_tokens: int, *, temperature: float, seed: int = 0
    ) -> Iterator[tuple[int, str]]:
        drawing = {"seed": seed} if temperature else {}

        def ask(index: int) -> tuple[int, str]:
            reply = self._client.chat.completions.create(
                model=self._model,
                messages=list(conversations[index]),
                max_tokens=max_new_tokens,
                temperature=temperature,
                **drawing,
            )
            return index, reply.choices[0].message.content or ""

        with ThreadPoolExecutor(self._concurrency) as threads:
            requests = [threads.submit(ask, index) for index in range(len(conversations))]
            try:
                for request in as_completed(requests):
                    yield request.result()
            except openai.OpenAIError as error:
                raise InputError(f"{self._url}: {_reason(error)}") from None
            finally:
                threads.shutdown(wait=False, cancel_futures=True)


def _names(answer: str, candidate: str) -> bool:
    """Latin candidates must be whole words; Chinese has no word boundaries."""
    pattern = re.escape(candidate)
    return bool(re.search(rf"\b{pattern}\b" if candidate.isascii() else pattern, answer, re.IGNORECASE))


def _reason(error: openai.OpenAIError) -> str:
    if isinstance(error, openai.APITimeoutError):
        return f"no answer within {TIMEOUT:.0f} s, {MAX_RETRIES + 1} times"
    if isinstance(error, openai.APIConnectionError):
        return f"no connection ({error.__cause__ or error}); see that the server runs"
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return "the server refuses the key; set the environment variable OPENAI_API_KEY"
    if isinstance(error, openai.APIStatusError):
        return f"status {error.status_code}: {' '.join(error.response.text.split())[:300]}"
    return " ".join(str(error).split())[:300]
