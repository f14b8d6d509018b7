"""Words for emotions in a text, and what the text says of each: denied, somebody else's, a conclusion."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from c2ser.languages.language import ANY, BLANK, HINT, WORD
from c2ser.languages.registry import LANGUAGES

# The ranks of a mention, by which the strongest is found.
MINOR, NAMED, PREDICATED, CONCLUDED, RANKED = range(5)
RAISING = {PREDICATED: "predicated", CONCLUDED: "concluded", RANKED: "ranked"}  # rank -> the rules that give it


@dataclass(frozen=True)
class EmotionMention:
    """A word that stands for emotions.

    Attributes:
        start, end: its place in the text.
        name: the emotion that it names; None where it only hints.
        emotions: all that it may denote; empty for emotions outside of the vocabulary.
        denied: the text says that the emotion is absent.
        unsaid: the text does not say it of the speaker.
        rank: how much it is the conclusion, `MINOR` to `RANKED`.
    """

    start: int
    end: int
    name: str | None
    emotions: frozenset[str]
    denied: bool = False
    unsaid: bool = False
    rank: int = NAMED


@dataclass(frozen=True)
class EmotionText:
    """A text whose words for emotions are single characters; see `c2ser.languages.language`."""

    masked: str
    mentions: tuple[EmotionMention, ...] = ()

    def places(self) -> list[int]:
        """Returns the place of each mention in ``masked``."""
        return [place for place, letter in enumerate(self.masked) if letter in (WORD, HINT)]

    def groups(self) -> Iterator[list[int]]:
        """Yields the mentions that are coordinated ("angry, sad or bored"), as indices."""
        places, group = self.places(), []
        for index, place in enumerate(places):
            if group and not _joins(self.masked[places[index - 1] + 1 : place]):
                yield group
                group = []
            group.append(index)
        if group:
            yield group


@lru_cache(maxsize=4096)  # without their quotes, targets of a training set are few different texts
def find_emotions(text: str) -> EmotionText:
    """Finds the words for emotions of all languages in a text, in order, with what the text says of them.

    Args:
        text: a plain text, without its quotes.

    Example:
        >>> [(mention.name, mention.denied) for mention in find_emotions("not angry but sad").mentions]
        [('angry', True), ('sad', False)]
    """
    mentions, parts, end = [], [], 0
    hidden = _hide_lookalikes(re.sub(ANY, BLANK, text))
    for found in _words().finditer(hidden):
        name, emotions = _meanings()[found.lastindex - 1]
        mentions.append(EmotionMention(*found.span(), name, emotions))
        parts += [hidden[end : found.start()], WORD if name else HINT]
        end = found.end()
    return _judged(EmotionText(_plainer("".join([*parts, hidden[end:]])), tuple(mentions)))


def _judged(text: EmotionText) -> EmotionText:
    """What the languages' rules say of each mention."""
    denied, unsaid, minor = (_covered(text, kind) for kind in ("denied", "unsaid", "minor"))
    raised = {rank: _covered(text, kind, last=True) for rank, kind in RAISING.items()}
    ranks = [
        MINOR if index in minor else max([NAMED, *(rank for rank, members in raised.items() if index in members)])
        for index in range(len(text.mentions))
    ]
    mentions = tuple(
        replace(mention, denied=index in denied, unsaid=index in unsaid, rank=ranks[index])
        for index, mention in enumerate(text.mentions)
    )
    return EmotionText(text.masked, mentions)


def _covered(text: EmotionText, kind: str, last: bool = False) -> set[int]:
    """The mentions that a kind of rules holds for; of those that one match covers all, or the last."""
    places, covered = text.places(), set()
    for rule in _rules(kind):
        for found in rule.finditer(text.masked):
            members = [index for index, place in enumerate(places) if found.start() <= place < found.end()]
            covered |= set(members[-1:] if last else members)
    return covered


def _joins(between: str) -> bool:
    return any(joint.fullmatch(between) for joint in _rules("joint"))


def _hide_lookalikes(text: str) -> str:
    for pattern in _rules("lookalikes"):
        text = pattern.sub(lambda found: BLANK * len(found.group()), text)
    return text


def _plainer(masked: str) -> str:
    for language in LANGUAGES.values():
        for pattern, plainer in language.rules.turns.items():
            masked = re.sub(pattern, plainer, masked, flags=re.IGNORECASE)
    return masked


@cache
def _rules(kind: str) -> list[re.Pattern[str]]:
    rules: list[str] = []
    for language in LANGUAGES.values():
        of_kind: str | Sequence[str] = getattr(language.rules, kind)
        rules += [of_kind] if isinstance(of_kind, str) else of_kind
    return [re.compile(rule, re.IGNORECASE) for rule in rules]


@cache
def _words() -> re.Pattern[str]:
    return re.compile("|".join(language.word_pattern() for language in LANGUAGES.values()), re.IGNORECASE)


@cache
def _meanings() -> list[tuple[str | None, frozenset[str]]]:
    """What each group of `_words` means: the emotion that it names, and all that it may denote."""
    meanings = []
    for language in LANGUAGES.values():
        for _, meaning in language.words():
            name, _, others = (part.strip() for part in meaning.partition("|"))
            meanings.append((name or None, frozenset([*name.split(), *others.split()])))
    return meanings
