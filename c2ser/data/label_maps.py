"""Maps of labels: which emotion a label becomes, or that its utterances are left out.

A corpus's own classes (``own``), the paper's seven (``paper``), IEMOCAP's usual four (``iemocap4``), or a YAML file::

    calm: neutral       # becomes another emotion
    enthusiasm: excited # a label of the corpus that the vocabulary does not have
    Wut: angry          # or a word of another language
    bored: null         # left out

Labels are those of the corpus or names of the vocabulary, in upper or lower case; those that the file does not name
stay what they are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.errors import InputError

_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class LabelMap:
    """Which emotion a label becomes.

    Attributes:
        name: ``own``, ``paper``, ``iemocap4`` or the file.
        emotions: label, in lower case -> canonical name, or None where it is left out.
        others: labels that it does not name keep their emotion; otherwise they are left out.
        lines: label -> its line in the file; empty without a file.

    Example:
        >>> find_label_map("iemocap4").emotion(["exc", "excited"], "excited")
        'happy'
    """

    name: str
    emotions: Mapping[str, str | None] = field(default_factory=dict)
    others: bool = True
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str | None]:
        """What its file makes of labels that are not names of the vocabulary, such as words of another language."""
        return {label: self.emotions[label] for label in self.lines if label not in EMOTIONS}

    def emotion(self, names: Iterable[str], emotion: str | None) -> str | None:
        """Returns what a label becomes; None where it is left out.

        Args:
            names: what the label is called: the corpus's own label, a word for it. The first that a file names counts.
            emotion: its canonical name; None where the vocabulary does not have it. It is looked up last.
        """
        called = [name.strip().casefold() for name in names] if self.lines else []
        called += [emotion] if emotion else []
        named = next((name for name in called if name in self.emotions), None)
        if named is None:
            return emotion if self.others else None
        return self.emotions[named]

    def of_emotion(self, emotion: str) -> str | None:
        """Returns what an emotion of the vocabulary becomes; None where it is left out."""
        return self.emotion((), emotion)

    def label_set(self, emotions: Iterable[str]) -> tuple[str, ...]:
        """Returns what a label set becomes, in the order of the vocabulary.

        Example:
            >>> find_label_map("iemocap4").label_set(["happy", "excited", "sad", "fearful"])
            ('happy', 'sad')
        """
        found = set(map(self.of_emotion, emotions))
        return tuple(emotion for emotion in EMOTIONS if emotion in found)

    def check(self, known: Collection[str], of: str) -> None:
        """Checks that all labels which a file names exist.

        Args:
            known: labels of the corpus or set, and their emotions.
            of: the corpus or set, for the message.

        Raises:
            InputError: a label does not.
        """
        names = {name.strip().casefold() for name in known}
        for label, line in self.lines.items():
            if label not in names:
                raise InputError(
                    f"{self.name}:{line}: '{label}' is not a label of {of}; labels are {', '.join(sorted(names))}"
                )


OWN = LabelMap("own")
LABEL_MAPS = {
    "own": OWN,
    "paper": LabelMap("paper", {emotion: emotion for emotion in PAPER_EMOTIONS}, others=False),
    "iemocap4": LabelMap(
        "iemocap4",
        {"angry": "angry", "happy": "happy", "excited": "happy", "neutral": "neutral", "sad": "sad"},
        others=False,
    ),
}


def find_label_map(name: str) -> LabelMap:
    """Returns the map of a name, or reads that of a file.

    Args:
        name: a key of `LABEL_MAPS`, or the path of a YAML file.

    Raises:
        InputError: there is none, or the file is faulty.

    Example:
        >>> find_label_map("paper").emotion(["calm"], "calm") is None
        True
    """
    if name in LABEL_MAPS:
        return LABEL_MAPS[name]
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{name}: no such label map; give {', '.join(LABEL_MAPS)}, or a YAML file")
    return read_label_map(path)


def read_label_map(path: Path) -> LabelMap:
    """Reads a file of ``<label>: <emotion or null>`` lines.

    Raises:
        InputError: it is not YAML of that form, an emotion is unknown, or a label is a duplicate.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise InputError(f"{path}:1: not a label map; write lines such as 'calm: neutral' and 'bored: null'")
    emotions: dict[str, str | None] = {}
    lines: dict[str, int] = {}
    for key, value in root.value:
        where = f"{path}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise InputError(
                f"{where}: not '<label>: <emotion>'; an emotion is one word, or null to leave the label out"
            )
        label = key.value.strip().casefold()
        if label in lines:
            raise InputError(f"{where}: '{label}' is a duplicate of line {lines[label]}; delete one of the lines")
        if value.tag != _NULL and value.value not in EMOTIONS:
            known = ", ".join(EMOTIONS)
            raise InputError(f"{where}: '{label}': unknown emotion '{value.value}'; known are {known}, or null")
        emotions[label] = None if value.tag == _NULL else value.value
        lines[label] = key.start_mark.line + 1
    return LabelMap(str(path), emotions, lines=lines)
