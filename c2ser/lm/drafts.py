"""Drafts of how answers go on, for a language model to verify several tokens in one step."""

from collections.abc import Iterable, Sequence

CONTEXT = 3  # tokens that tell the next one; a word that is heard seldom follows three known ones twice
LONGEST = 7  # tokens of a draft; in a large batch each costs a CPU nearly what it costs in a step of its own
CAPACITY = 100_000  # contexts that are remembered, about 20 MB


class Drafts:
    """Remembers which token followed which others, and drafts answers that go on as before.

    Answers are worded alike but for what they tell. A draft ends where that stands: where a token is not known, or was
    another one the last time.

    Args:
        wordings: answers, or parts of them, of token ids.

    References:
        Y. Leviathan et al., "Fast inference from transformers via speculative decoding", ICML 2023.
        A. Saxena, "Prompt lookup decoding", 2023 (drafts without a second model).

    Example:
        >>> drafts = Drafts([[5, 6, 7, 8], [5, 6, 9]])
        >>> drafts.after([5]), drafts.after([5, 6, 7])
        ([6], [8])
    """

    def __init__(self, wordings: Iterable[Sequence[int]] = ()):
        self._following: dict[tuple[int, ...], tuple[int, bool]] = {}  # the token, and whether it was no other one
        for tokens in wordings:
            self.learn(tokens)

    def learn(self, tokens: Sequence[int], start: int = 0) -> None:
        """Remembers an answer.

        Args:
            tokens: the answer so far.
            start: place of the first token that is new.
        """
        for place in range(start, len(tokens)):
            context = tuple(tokens[max(0, place - CONTEXT) : place])
            known, _ = self._following.pop(context, (tokens[place], True))
            self._following[context] = (tokens[place], known == tokens[place])
            if len(self._following) > CAPACITY:
                del self._following[next(iter(self._following))]  # the one that was seen longest ago

    def after(self, tokens: Sequence[int]) -> list[int]:
        """Drafts how an answer goes on, in up to `LONGEST` tokens.

        Args:
            tokens: the answer so far.
        """
        context, draft = tuple(tokens[-CONTEXT:]), list[int]()
        while len(draft) < LONGEST:
            token, is_sure = self._following.get(context, (0, False))
            if not is_sure:
                break
            draft.append(token)
            context = (*context, token)[-CONTEXT:]
        return draft
