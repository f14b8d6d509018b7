"""What the package has to know of a language: words, templates and rules, as data.

Rules are regular expressions over a text in which each word for an emotion is the single character `WORD`, or `HINT`
where the word only hints at emotions, so that "not X but Y" is written as it is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from c2ser.languages.levels import LevelMention

WORD = "\ue100"  # stands for a word that names an emotion
HINT = "\ue101"  # stands for a word that may denote one of several emotions, or none of the vocabulary
ANY = f"[{WORD}{HINT}]"
BLANK = "□"  # stands for what says nothing of emotions or levels


class Wording(NamedTuple):
    """Three sentences; the first or second is left out where nothing is known to fill it."""

    style: str
    words: str
    conclusion: str


@dataclass(frozen=True)
class Templates:
    """Wordings of targets.

    Attributes:
        phrases: attribute -> how its low, medium and high level are said, in the order of speaking.
        rationales: wordings of rationales, with ``{style}``, ``{words}`` and ``{emotion}``. Explicit targets take the
            first; answers in the others, which a model may have learned, are rationales as well.
        answer: wording of implicit targets, with ``{emotion}``.
        sentence_joint: what joins sentences.
        phrase_joint: what joins phrases.
    """

    phrases: Mapping[str, tuple[str, str, str]]
    rationales: tuple[Wording, ...]
    answer: str
    sentence_joint: str
    phrase_joint: str


@dataclass(frozen=True)
class EmotionRules:
    """How a language says that an emotion is the speaker's, or that it is not.

    Each rule is a regular expression; what it says holds for the words for emotions that its match covers.

    Attributes:
        lookalikes: parts of the raw text that mislead ("I'm afraid I cannot").
        turns: turns of phrase -> plainer ones.
        joint: what stands between coordinated emotions ("and", "or", a comma).
        denied: rules by which an emotion is said to be absent.
        unsaid: rules by which it is not said of the speaker: it is somebody else's, or asked, offered or supposed.
        minor: rules by which it counts only where no other is named: a hint, the words, an appearance.
        predicated: rules by which it is said of the speaker; the last word of the match is meant.
        concluded: rules by which it is the answer's conclusion; the last word of the match is meant.
        ranked: rules by which it is the strongest of several; the last word of the match is meant.
        saying: what a verb or noun of speech before a quote looks like, up to the quote.
        copula: what stands right before the emotion where it is said of a third person.
        afterthought: what follows an emotion where more is felt, or where it is taken back.
    """

    lookalikes: tuple[str, ...]
    turns: Mapping[str, str]
    joint: str
    denied: tuple[str, ...]
    unsaid: tuple[str, ...]
    minor: tuple[str, ...]
    predicated: tuple[str, ...]
    concluded: tuple[str, ...]
    ranked: tuple[str, ...]
    saying: str
    copula: str
    afterthought: str


@dataclass(frozen=True, eq=False)
class Language:
    """A language that answers are worded in and read in.

    Attributes:
        code: ISO 639-1.
        name: in English.
        emotions: canonical name of an emotion -> its word in targets.
        stems: regular expression of words -> what they mean, ``NAME | OTHERS``: the emotion that they name, if
            any, and emotions that they may also denote, apart by spaces. Words with neither are emotions outside of the
            vocabulary.
        templates: wordings of targets.
        rules: how an emotion is said of the speaker.
        find_levels: finds the levels of pitch, volume and speaking rate that a text states.
        spaced: words are set apart by spaces, so that stems match whole words only.
        script: regular expression of a letter.
        letters_per_word: on average, about.
        foreign_share: share of letters of other languages' scripts that a text may have.
        frequent: frequent words that neighbouring languages lack; empty where the script tells enough.
        frequent_share: smallest share of these in a text.
        unit: regular expression of what a text's length is counted in.
        echo: letters in a row that two texts share only if one copies the other.
    """

    code: str
    name: str
    emotions: Mapping[str, str]
    stems: Mapping[str, str]
    templates: Templates
    rules: EmotionRules
    find_levels: Callable[[str], list[LevelMention]]
    spaced: bool
    script: str
    letters_per_word: float
    foreign_share: float
    unit: str
    echo: int
    frequent: frozenset[str] = frozenset()
    frequent_share: float = 0.0

    def words(self) -> list[tuple[str, str]]:
        """Returns regular expressions of words for emotions with what they mean, in the order of precedence."""
        if self.spaced:
            return list(self.stems.items())
        # Longer words first, because they may begin with shorter ones of another meaning.
        words = [(word, meaning) for row, meaning in self.stems.items() for word in row.split("|")]
        return sorted(words, key=lambda row: -len(row[0]))

    def word_pattern(self) -> str:
        """Returns a regular expression with one group for each of `words`."""
        words = "|".join(f"({word})" for word, _ in self.words())
        words = f"(?={self.script})(?:{words})"  # the lookahead spares trying each word at each character
        return f"(?<!{self.script}){words}(?!{self.script})" if self.spaced else words
