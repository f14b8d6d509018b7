"""Target texts as tokens, and what each token tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from os.path import commonprefix

import numpy as np
from transformers import PreTrainedTokenizerBase

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, EmotionMention, last_emotion_word, read_rationale, word_language
from c2ser.languages.parts import Part, target_spans
from c2ser.rationales.templates import explicit_target, implicit_target


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
    spans = target_spans(text, emotions)
    if not spans:
        raise _without_emotion(text)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    parts = [
        next((span.part for span in spans if left < span.end and right > span.start), Part.WORDING)
        for left, right in encoded["offset_mapping"]
    ]
    if Part.EMOTION not in parts:
        raise _without_token(text)
    return np.array([*encoded["input_ids"], tokenizer.eos_token_id]), np.array([*parts, Part.WORDING])


def emotion_choices(tokenizer: PreTrainedTokenizerBase, text: str, *, emotions: Sequence[str]) -> np.ndarray:
    """Returns the tokens (L,) that the emotion's word would begin with, one for each emotion of the label set.

    Args:
        tokenizer: as in `encode_answer`.
        text: a target that names one of the label set's emotions.
        emotions: the label set, of L emotions.

    Raises:
        InputError: it names none, or the tokenizer has no token for one of the emotions.
    """
    word = emotion_word(text, emotions)
    words = word_language(text[word.start : word.end]).emotions
    answers = [text[: word.start] + words[emotion] + text[word.end :] for emotion in emotions]
    encoded = tokenizer(answers, add_special_tokens=False)
    places = [encoded.char_to_token(row, word.start) for row in range(len(answers))]
    if None in places:
        raise _without_token(answers[places.index(None)])
    return np.array([ids[place] for ids, place in zip(encoded["input_ids"], places, strict=True)])


def level_choices(
    tokenizer: PreTrainedTokenizerBase, text: str, *, emotions: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Finds where a target would go on otherwise if it stated other levels, and with which tokens.

    Args:
        tokenizer: as in `encode_answer`.
        text: an explicit target.
        emotions: the label set.

    Returns:
        Place (3,) of the first token that depends on the level of each of `ATTRIBUTES`; -1 where the target does not
        state it in the templates' words. The token there (3, 3) for each of `LEVELS`.

    Raises:
        InputError: it names no emotion of the label set.

    Example:
        >>> text = "The voice comes at a low volume. Taken together, the emotion is sad."
        >>> places, choices = level_choices(tokenizer, text, emotions=["sad"])  # doctest: +SKIP
        >>> places, tokenizer.convert_ids_to_tokens(choices[1])  # doctest: +SKIP
        (array([-1,  5, -1]), ['Ġlow', 'Ġmedium', 'Ġhigh'])
    """
    places = np.full(len(ATTRIBUTES), -1)
    choices = np.zeros((len(ATTRIBUTES), len(LEVELS)), np.int64)
    word = emotion_word(text, emotions)
    phrases, rationale = word_language(text[word.start : word.end]).templates.phrases, read_rationale(text)
    for row, name in enumerate(ATTRIBUTES):
        stated = rationale.level(name)
        phrase = phrases[name][LEVELS.index(stated)] if stated else None
        if phrase and phrase in text:
            answers = [text.replace(phrase, other, 1) for other in phrases[name]]
            tokens = tokenizer(answers, add_special_tokens=False).input_ids
            places[row] = next(place for place, ids in enumerate(zip(*tokens)) if len(set(ids)) > 1)
            choices[row] = [ids[places[row]] for ids in tokens]
    return places, choices


@dataclass(frozen=True)
class LabelAnswers:
    """The answers to an utterance that name each emotion of the label set, of which all may have to begin the same.

    Attributes:
        texts: L answers.
        endings: token ids of each with an end mark, without those of the beginning.
        beginning: token ids that any answer begins with; none where the model chooses its first word itself.
        begun: the beginning's text.
        closing: what ends an answer before its end mark; empty where only that does.
    """

    texts: Sequence[str]
    endings: Sequence[Sequence[int]]
    beginning: Sequence[int] = ()
    begun: str = ""
    closing: str = ""

    def complete(self, generated: str) -> str:
        """Returns the whole answer, without what the model goes on to say after its conclusion.

        Args:
            generated: what follows the beginning.

        Example:
            >>> LabelAnswers((), (), begun="I am", closing=".").complete(" sad. The pitch is low.")
            'I am sad.'
        """
        if self.closing:
            conclusion, closing, _ = generated.partition(self.closing)
            generated = conclusion + closing
        return f"{self.begun}{generated}".strip()


def label_answers(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], *, end_token: int, given: int = 0, closing: str = ""
) -> LabelAnswers:
    """Tokenizes the answers that name each emotion of the label set.

    Args:
        tokenizer: a fast tokenizer, which knows the characters of each token.
        texts: L answers.
        end_token: id of the end mark.
        given: characters that all texts begin with and that any answer is made to begin with. Where the last of them
            shares a token with what follows, the beginning ends before that token.
        closing: see `LabelAnswers`.

    Example:
        >>> answers = label_answers(tokenizer, ["I am sad.", "I am calm."], end_token=2, given=5)  # doctest: +SKIP
        >>> answers.begun, answers.endings  # doctest: +SKIP
        ('I am', [[311, 6, 2], [87, 6, 2]])
    """
    encoded = [tokenizer(text, add_special_tokens=False, return_offsets_mapping=True) for text in texts]
    spans = encoded[0]["offset_mapping"]
    whole = next((place for place, (_, end) in enumerate(spans) if end > given), len(spans)) if given else 0
    beginning = commonprefix([encoded[0]["input_ids"][:whole], *(row["input_ids"] for row in encoded[1:])])
    return LabelAnswers(
        texts,
        [[*row["input_ids"][len(beginning) :], end_token] for row in encoded],
        beginning,
        texts[0][: spans[len(beginning) - 1][1]] if beginning else "",
        closing,
    )


def decode_after(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], *, beginning: Sequence[int]) -> str:
    """Returns the text of tokens that follow others, with the space between them if there is one.

    Args:
        tokenizer: of the language model.
        tokens: the token ids; special ones are left out.
        beginning: token ids before them; may be empty.

    Example:
        >>> decode_after(tokenizer, [311, 6], beginning=[84, 57])  # doctest: +SKIP
        ' sad.'
    """
    last = list(beginning[-1:])
    before, text = (tokenizer.decode(ids, skip_special_tokens=True) for ids in (last, [*last, *tokens]))
    return text.removeprefix(before)


def worded_answers(tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """Returns token ids of answers with end marks as the targets word them, a few in each language.

    No two of a language tell the same, so that they agree in the wording alone.

    Args:
        tokenizer: of the language model.
    """
    texts = []
    for code, (level, emotion) in product(LANGUAGES, zip(LEVELS, EMOTIONS)):
        texts.append(explicit_target([level] * len(ATTRIBUTES), text=level, emotion=emotion, language=code))
        texts.append(implicit_target(emotion, code))
    return [[*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id] for text in texts]


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


def emotion_word(text: str, emotions: Sequence[str]) -> EmotionMention:
    """Finds the emotion that a target concludes with.

    Args:
        text: the target.
        emotions: the label set.

    Raises:
        InputError: it names none.

    Example:
        >>> emotion_word("The speaker's emotion is sad.", ["angry", "sad"]).name
        'sad'
    """
    word = last_emotion_word(text, emotions)
    if word is None:
        raise _without_emotion(text)
    return word


def _without_emotion(text: str) -> InputError:
    return InputError(f"target '{text}' names no emotion of the label set; build the CoT data again")


def _without_token(text: str) -> InputError:
    return InputError(f"the tokenizer has no token for the emotion in '{text}'; is it that of the language model?")
