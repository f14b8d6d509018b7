"""What is said: strings of random words, or sentences of one's own; never a sentence of mini_emo."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path

import numpy as np

from c2ser.errors import InputError
from c2ser.synthesis.sentences import PLAIN_PARTS, TELLING

COMMONEST = 20000  # words of a language that are drawn from
# language -> what a word looks like, how many are in a string, what is between them, and the marks in and after it
WORD = {"en": re.compile(r"[a-z]+('[a-z]+)?"), "zh": re.compile("[\u4e00-\u9fff]{1,4}")}
LENGTHS = {"en": (3, 9), "zh": (3, 7)}
SPACE = {"en": " ", "zh": ""}
COMMA = {"en": ",", "zh": "\uff0c"}
ENDS = {"en": (".", ".", "!", "?"), "zh": ("\u3002", "\u3002", "\uff01", "\uff1f")}
COMMA_SHARE = 0.15


@dataclass(frozen=True)
class Texts:
    """A language's texts.

    Attributes:
        language: ``en`` or ``zh``.
        items: words, or whole sentences.
        cumulative: how likely each of the words up to this one is drawn; None for sentences, all equally likely.
    """

    language: str
    items: tuple[str, ...]
    cumulative: np.ndarray | None = None

    def draw(self, rng: np.random.Generator) -> str:
        """Draws a text that is not a sentence of mini_emo."""
        while True:
            text = self.items[rng.integers(len(self.items))] if self.cumulative is None else self._string(rng)
            if plain(text) not in MINI_EMO:
                return text

    def _string(self, rng: np.random.Generator) -> str:
        shortest, longest = LENGTHS[self.language]
        draws = rng.random(rng.integers(shortest, longest + 1))
        words = [self.items[index] for index in np.searchsorted(self.cumulative, draws)]
        commas = [COMMA[self.language] if rng.random() < COMMA_SHARE else "" for _ in words[1:]] + [""]
        text = SPACE[self.language].join(word + comma for word, comma in zip(words, commas))
        return text[0].upper() + text[1:] + str(rng.choice(ENDS[self.language]))


def plain(text: str) -> str:
    """Returns letters and digits alone, in lower case."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


MINI_EMO = {
    plain("".join(sentence))
    for language, told in TELLING.items()
    for sentence in chain(product(*PLAIN_PARTS[language]), *told.values())
}


def frequent_words(language: str) -> Texts:
    """Returns a language's commonest words by wordfreq, each as likely as the square root of its frequency.

    Raises:
        InputError: wordfreq is not installed.
    """
    try:
        from wordfreq import get_frequency_dict
    except ImportError:
        raise InputError("the words come from the package wordfreq; pip install wordfreq, or give --text") from None
    frequencies = get_frequency_dict(language)
    words = sorted(filter(WORD[language].fullmatch, frequencies), key=lambda word: (-frequencies[word], word))
    words = words[:COMMONEST]
    weights = np.cumsum(np.sqrt([frequencies[word] for word in words]))
    return Texts(language, tuple(words), weights / weights[-1])


def read_sentences(path: Path, language: str) -> Texts:
    """Reads sentences, one a line.

    Raises:
        InputError: there is no such file, it is empty, or has nothing but mini_emo's sentences.
    """
    if not path.is_file():
        raise InputError(f"--text {path}: no such file")
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    sentences = tuple(line for line in lines if line and plain(line) not in MINI_EMO)
    if not sentences:
        raise InputError(f"--text {path}: no sentence in it that is not mini_emo's")
    return Texts(language, sentences)


def texts_of_languages(files: Mapping[str, Path]) -> list[Texts]:
    """Returns each language's texts: those of its file, or frequent words.

    Raises:
        InputError: a language is not one of those spoken here.
    """
    for language in files.keys() - WORD.keys():
        raise InputError(f"--text {files[language]} {language}: the languages are {', '.join(WORD)}")
    return [read_sentences(files[name], name) if name in files else frequent_words(name) for name in WORD]
