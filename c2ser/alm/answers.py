"""Target texts as tokens, and what each token tells."""

from collections.abc import Mapping, Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from c2ser.errors import InputError
from c2ser.languages import EmotionMention, last_emotion_word, word_language
from c2ser.languages.parts import Part, target_spans


def encode_answer(
    tokenizer: PreTrainedTokenizerBase, text: str, *, emotions: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Tokenizes a target.

    Args:
        tokenizer: a fast tokenizer, which knows the characters of each token.
        text: the target; see `c2ser.rationales.templates`.
        emotions: the label set.

    Returns:
        Token ids with the end mark (A,), and the `Part` of each (A,): of a token that lies in several, the first that
        `target_spans` returns.

    Raises:
        InputError: it names no emotion of the label set, or the tokenizer has no token for it.
    """
    _emotion_word(text, emotions)
    spans = target_spans(text, emotions)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    parts = [
        next((span.part for span in spans if left < span.end and right > span.start), Part.WORDING)
        for left, right in encoded["offset_mapping"]
    ]
    if Part.EMOTION not in parts:
        raise InputError(f"the tokenizer has no token for the emotion in '{text}'; is it that of the language model?")
    return np.array([*encoded["input_ids"], tokenizer.eos_token_id]), np.array([*parts, Part.WORDING])


def emotion_choices(tokenizer: PreTrainedTokenizerBase, text: str, *, emotions: Sequence[str]) -> np.ndarray:
    """Returns the tokens (L,) that the emotion's word would begin with, one for each emotion of the label set.

    Args:
        tokenizer: as in `encode_answer`.
        text: a target that names one of the label set's emotions.
        emotions: the label set, of L emotions.

    Raises:
        InputError: it names none.
    """
    word = _emotion_word(text, emotions)
    words = word_language(text[word.start : word.end]).emotions
    answers = (text[: word.start] + words[emotion] + text[word.end :] for emotion in emotions)
    encoded = (encode_answer(tokenizer, answer, emotions=emotions) for answer in answers)
    return np.array([tokens[parts == Part.EMOTION][0] for tokens, parts in encoded])


def answer_tokens(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], *, end_token: int) -> list[list[int]]:
    """Returns the tokens of whole answers, with the end mark.

    Args:
        tokenizer: of the language model.
        texts: the answers.
        end_token: id of the end mark.

    Example:
        >>> answer_tokens(tokenizer, ["The speaker's emotion is sad."], end_token=2)  # doctest: +SKIP
        [[84, 311, 57, 19, 6, 2]]
    """
    return [[*tokenizer(text, add_special_tokens=False).input_ids, end_token] for text in texts]


def answer_openings(
    tokenizer: PreTrainedTokenizerBase, texts: Mapping[str, Sequence[str]], *, language: str
) -> list[tuple[int, ...]]:
    """Returns the shortest token sequences with which a language's answers begin and no other language's do.

    Args:
        tokenizer: of the language model.
        texts: code of a language -> answers, or their first sentences, in all the ways in which they begin.
        language: a code.

    Example:
        >>> texts = {"en": ["The voice is sad.", "So it is sad."], "zh": ["情感是悲伤。"]}
        >>> answer_openings(tokenizer, texts, language="en")  # doctest: +SKIP
        [(84,), (311,)]
    """
    tokens = {
        code: [tuple(tokenizer(text, add_special_tokens=False).input_ids) for text in rows]
        for code, rows in texts.items()
    }
    others = {
        row[:end] for code, rows in tokens.items() if code != language for row in rows for end in range(len(row) + 1)
    }
    return sorted({next((row[:n] for n in range(len(row)) if row[:n] not in others), row) for row in tokens[language]})


def _emotion_word(text: str, emotions: Sequence[str]) -> EmotionMention:
    word = last_emotion_word(text, emotions)
    if word is None:
        raise InputError(f"target '{text}' names no emotion of the label set; build the CoT data again")
    return word
