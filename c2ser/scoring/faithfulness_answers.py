"""What an explicit answer says: levels, words, emotion, language, and whether it is a whole rationale."""

from collections.abc import Mapping
from dataclasses import dataclass

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.languages import read_rationale
from c2ser.languages.conclusion import without_quotes
from c2ser.languages.emotion_words import MINOR, find_emotions
from c2ser.rationales.wording import free_sentences, template_sentences

WORDINGS = ("templates", "free")


@dataclass(frozen=True)
class Answer:
    """What an answer says.

    Attributes:
        levels: attribute -> the level that is said of it; None where none is said, or more than one.
        quote: the quoted words, of several quotes all in order; empty where nothing is quoted.
        emotion: the emotion that it concludes with, of the whole vocabulary; None without one.
        language: ISO 639-1 of what stands outside of quotes; None where that has no letters.
        sentences: which sentences stand before the conclusion of a whole rationale (`c2ser.rationales.wording`); None
            where it is not a whole rationale.
        objections: words outside of quotes that name or hint at another emotion than the concluded one, or deny that.
    """

    levels: Mapping[str, str | None]
    quote: str
    emotion: str | None
    language: str | None
    sentences: frozenset[str] | None
    objections: tuple[str, ...]

    @property
    def agrees(self) -> bool | None:
        """Whether its reasons agree with its conclusion; None without a conclusion.

        They do unless a word outside of quotes names or hints at another emotion, or denies the concluded one. What the
        answer itself denies, says of somebody else or sets aside ("although the words are cheerful") does not count.
        """
        return None if self.emotion is None else not self.objections


def read_answer(text: str, *, wording: str = "templates") -> Answer:
    """Reads an explicit answer.

    Args:
        text: what the model said.
        wording: one of `WORDINGS`, which says what reads as a whole rationale: only the wordings of the templates, or
            also what the checker of rewritten rationales accepts.

    Example:
        >>> said = 'This is said in a low pitch. One can hear "No." in it. So the emotion appears to be sad.'
        >>> answer = read_answer(said)
        >>> answer.levels["pitch"], answer.levels["rate"], answer.quote, answer.emotion, answer.language
        ('low', None, 'No.', 'sad', 'en')
        >>> sorted(answer.sentences), answer.agrees
        (['style', 'words'], True)
    """
    rationale = read_rationale(text)
    sentences = template_sentences(text)
    if sentences is None and wording == "free":
        sentences = free_sentences(rationale, text)
    return Answer(
        levels={name: rationale.level(name) for name in ATTRIBUTES},
        quote=" ".join(quote.strip() for quote in rationale.quotes),
        emotion=rationale.emotion,
        language=rationale.language,
        sentences=sentences,
        objections=_objections(text, rationale.emotion),
    )


def _objections(text: str, emotion: str | None) -> tuple[str, ...]:
    """The words against a conclusion in what it was read from."""
    outside, found = without_quotes(text), []
    for mention in find_emotions(outside).mentions:
        if mention.unsaid or mention.rank == MINOR:
            continue
        if mention.denied:
            against = mention.name is not None and mention.name == emotion
        else:
            against = bool(mention.emotions) and emotion not in mention.emotions
        if against:
            found.append(outside[mention.start : mention.end])
    return tuple(found)
