"""Labels of corpora that are English words, and a count of labels that are merged or left out."""

import logging
from collections import Counter
from collections.abc import Mapping

from c2ser.emotions import EMOTIONS

logger = logging.getLogger(__name__)

# English words by which corpora, and EmoBox's metadata, call the emotions of the vocabulary.
ENGLISH_LABELS: dict[str, str] = {name: name for name in EMOTIONS} | {
    "anger": "angry",
    "happiness": "happy",
    "joy": "happy",
    "joyful": "happy",
    "neutrality": "neutral",
    "calmness": "calm",
    "sadness": "sad",
    "surprise": "surprised",
    "disgust": "disgusted",
    "fear": "fearful",
    "boredom": "bored",
    "amusement": "amused",
    "sleepiness": "sleepy",
    "excitement": "excited",
    "frustration": "frustrated",
}

EXPLAIN = "say what other words mean in a file for --label_map, by lines such as 'Wut: angry'"  # for messages


def find_label(label: str, labels: Mapping[str, str | None]) -> str | None:
    """Finds the emotion of a label, in a corpus's own labels first and then among English words; case is ignored.

    Args:
        label: as the corpus or EmoBox writes it.
        labels: the corpus's own labels (`Corpus.labels`).

    Returns:
        The canonical name, or None where the label is left out or unknown.

    Example:
        >>> find_label("Joy", {}), find_label("gio", {"gio": "happy"}), find_label("breath", {})
        ('happy', 'happy', None)
    """
    word = label.strip().casefold()
    own = {name.casefold(): emotion for name, emotion in labels.items()}
    return own[word] if word in own else ENGLISH_LABELS.get(word)


def is_label(label: str, labels: Mapping[str, str | None]) -> bool:
    """Returns whether a label is one of a corpus, be it left out on purpose, or an English word for an emotion.

    Args:
        label: as the corpus or EmoBox writes it.
        labels: the corpus's own labels (`Corpus.labels`).

    Example:
        >>> is_label("Poker", {"poker": None}), is_label("joy", {}), is_label("joyy", {})
        (True, True, False)
    """
    word = label.strip().casefold()
    return word in ENGLISH_LABELS or word in {name.casefold() for name in labels}


class LabelCounts:
    """Counts the labels of a corpus, to report those that are left out and those that become one emotion."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str | None]] = Counter()
        self._renamed: set[str] = set()

    def add(self, label: str, emotion: str | None, *, word: str | None = None, renamed: bool = False) -> None:
        """Counts an utterance.

        Args:
            label: its label, as the corpus writes it.
            emotion: the canonical name; None where the utterance is left out.
            word: the label in words, where it is only a code.
            renamed: a map of labels makes it another emotion than it is.
        """
        self._counts[label.casefold(), word or label, emotion] += 1
        if renamed:
            self._renamed.add(label.casefold())

    @property
    def total(self) -> int:
        """The number of utterances counted."""
        return self._counts.total()

    @property
    def left_out(self) -> int:
        """The number of utterances that are left out."""
        return sum(count for (_, _, emotion), count in self._counts.items() if emotion is None)

    @property
    def labels(self) -> frozenset[str]:
        """The labels counted, in lower case."""
        return frozenset(label for label, _, _ in self._counts)

    @property
    def emotions(self) -> set[str]:
        """The canonical names of the labels counted."""
        return {emotion for _, _, emotion in self._counts if emotion is not None}

    def left_out_labels(self) -> str:
        """Returns the labels that are left out, in words, each with its number of utterances."""
        counts: Counter[str] = Counter()
        for (_, word, emotion), count in self._counts.items():
            if emotion is None:
                counts[word] += count
        return ", ".join(f"'{word}' {count}" for word, count in sorted(counts.items()))

    def merged_labels(self) -> list[str]:
        """Returns a line such as ``calm (192) counted as neutral`` for each emotion that several labels, or a renamed
        one, become."""
        labels: dict[str, Counter[str]] = {}
        principal: dict[str, set[str]] = {}
        for (label, word, emotion), count in self._counts.items():
            if emotion is not None:
                labels.setdefault(emotion, Counter())[label] += count
                if emotion in (label, word.casefold()):
                    principal.setdefault(emotion, set()).add(label)
        lines = []
        for emotion, counts in labels.items():
            own = principal.get(emotion, set())
            others = counts.keys() - own if len(own) == 1 else counts.keys()
            if len(counts) == 1:
                others = counts.keys() & self._renamed
            if others:
                named = ", ".join(f"{label} ({counts[label]})" for label in sorted(others))
                lines.append(f"{named} counted as {emotion}")
        return sorted(lines)

    def report(self, where: object, label_map: str | None = None) -> None:
        """Says in the log which labels are left out and which become one emotion.

        Args:
            where: what the labels are of, such as a list.
            label_map: the name of the map of labels; None where they are counted before it, as the corpus writes them.
        """
        leaves_out = f"label map {label_map} leaves out" if label_map else "left out"
        if self.left_out:
            counts = self.left_out_labels()
            logger.info("%s: %s %d of %d utterances: %s", where, leaves_out, self.left_out, self.total, counts)
        for line in self.merged_labels():
            logger.info("%s: %s%s", where, f"label map {label_map}: " if label_map else "", line)
