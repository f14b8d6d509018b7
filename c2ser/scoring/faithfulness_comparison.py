"""Explicit answers beside what was measured and said, utterance by utterance."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from c2ser.acoustics.levels import ATTRIBUTES, LEVELS, UNKNOWN, parse_levels
from c2ser.data.data_dir import DataDir
from c2ser.data.names import ATTRIBUTE_LEVELS, UTT2EMO
from c2ser.data.tables import lines_by_key, outer_join
from c2ser.data.transcripts import LANGUAGES, TRANSCRIPTS, preferred
from c2ser.emotions import parse_emotion
from c2ser.errors import InputError
from c2ser.languages import language_of
from c2ser.rationales.wording import STYLE, WORDS
from c2ser.scoring.faithfulness_answers import Answer, read_answer
from c2ser.scoring.faithfulness_words import WordErrors, word_errors


@dataclass(frozen=True)
class AnsweredUtterance:
    """An utterance of a data directory and its answer; what is unknown is None.

    Attributes:
        utterance: its id.
        said: the answer as it stands; None where there is none.
        levels: measured, of each of `ATTRIBUTES`; `UNKNOWN` where undefined.
        text: the words, of the corpus or of a recogniser.
        is_recognised: whether a recogniser wrote them.
        language: of the utterance, ISO 639-1.
        emotion: the label.
    """

    utterance: str
    said: str | None
    levels: tuple[str, ...]
    text: str | None
    is_recognised: bool
    language: str | None
    emotion: str | None


@dataclass(frozen=True)
class Comparison:
    """An answer against what was measured and said.

    Attributes:
        of: the utterance.
        answer: what its answer says; nothing where there is none.
        measured: attribute -> measured level, of those that are defined.
        errors: of the quoted words; None without a reference.
        language_is_right: None where the utterance's language is unknown.
        is_whole: whether the answer reads as a whole rationale, with levels where one was measured and with a quote
            where the words are known.
    """

    of: AnsweredUtterance
    answer: Answer
    measured: dict[str, str]
    errors: WordErrors | None
    language_is_right: bool | None
    is_whole: bool


def read_answered(data_dir: str | Path, hyp: str | Path) -> Iterator[AnsweredUtterance]:
    """Reads a data directory and its answers side by side.

    Args:
        data_dir: has, where known, ``attribute_levels``, ``text``, ``text_asr``, ``utt2lang``, ``utt2lang_asr`` and
            ``utt2emo``.
        hyp: the answers, one line ``<utt> <answer>`` per utterance, in any order.

    Yields:
        All utterances of the directory, sorted.

    Raises:
        InputError: a table is faulty, or an answer is for an utterance that the directory does not have.
    """
    rows = DataDir(data_dir).iterate(
        optional=[ATTRIBUTE_LEVELS, *TRANSCRIPTS, *LANGUAGES, UTT2EMO],
        parsers={ATTRIBUTE_LEVELS: parse_levels, UTT2EMO: parse_emotion},
    )
    known = ((utterance, values) for utterance, *values in rows)
    answers = ((utterance, answer) for _, utterance, answer in lines_by_key(hyp))
    for utterance, values, said in outer_join(known, answers):
        if values is None:
            raise InputError(f"{hyp}: utterance '{utterance}' is not in {data_dir}; compare matching sets")
        levels, text, text_asr, lang, lang_asr, emotion = values
        yield AnsweredUtterance(
            utterance,
            said,
            levels=levels or (UNKNOWN,) * len(ATTRIBUTES),
            text=preferred(text, text_asr),
            is_recognised=text is None and text_asr is not None,
            language=preferred(lang, lang_asr),
            emotion=emotion,
        )


def compare(utterance: AnsweredUtterance, *, wording: str = "templates") -> Comparison:
    """Compares an answer with what was measured and said.

    Args:
        utterance: with its answer.
        wording: what reads as a whole rationale; see `read_answer`.

    Example:
        >>> said = 'This is said in a low pitch. One can hear "No." in it. So the emotion appears to be sad.'
        >>> utterance = AnsweredUtterance("a", said, ("high", "nan", "nan"), "No!", False, "en", "sad")
        >>> compared = compare(utterance)
        >>> compared.measured, compared.answer.levels["pitch"], compared.errors.char_edits, compared.is_whole
        ({'pitch': 'high'}, 'low', 0, True)
    """
    answer = read_answer(utterance.said or "", wording=wording)
    measured = {name: level for name, level in zip(ATTRIBUTES, utterance.levels) if level in LEVELS}
    errors = word_errors(utterance.text or "", answer.quote)
    needed = {STYLE: bool(measured), WORDS: errors is not None}
    return Comparison(
        of=utterance,
        answer=answer,
        measured=measured,
        errors=errors,
        language_is_right=(
            None if utterance.language is None else answer.language == language_of(utterance.language).code
        ),
        is_whole=answer.sentences is not None and all(name in answer.sentences for name in needed if needed[name]),
    )
