"""What models that hear are asked, and how their answers are read: a file, since either can change the figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from c2ser.emotions import EMOTIONS
from c2ser.languages import read_emotion
from c2ser.settings import build_from_mapping, read_settings

EMOTIONS_PLACE = "{emotions}"


@dataclass(frozen=True)
class Question:
    """What a model that hears is asked, and how its answer is read.

    Attributes:
        prompt: the question; ``{emotions}`` in it becomes the label set.
        system: message of the system; None for the model's own.
        words: word or phrase of an answer -> emotion, beside the words that `c2ser.languages.read_emotion` knows.
        max_new_tokens: greatest length of an answer.

    Example:
        >>> Question("Which emotion?", words={"chirpy": "happy"}).emotion("Chirpy.", ["happy", "sad"])
        'happy'
    """

    prompt: str
    system: str | None = None
    words: dict[str, str] = field(default_factory=dict)
    max_new_tokens: int = 64

    def __post_init__(self):
        unknown = [emotion for emotion in self.words.values() if emotion not in EMOTIONS]
        if unknown:
            raise ValueError(f"words: unknown emotion '{unknown[0]}'; known are {', '.join(EMOTIONS)}")

    def emotion(self, answer: str, emotions: Sequence[str]) -> str | None:
        """Returns the emotion that an answer names.

        Args:
            answer: of the model.
            emotions: those that it may name.

        Returns:
            What `read_emotion` finds where the emotions stand in the place of ``words``; None where it names none.
        """
        for word, emotion in self.words.items():
            answer = re.sub(rf"\b{re.escape(word)}\b", emotion, answer, flags=re.IGNORECASE)
        return read_emotion(answer, emotions)

    def messages(self, emotions: Sequence[str]) -> list[dict]:
        """Returns the conversation, with a place for the audio before the question.

        Args:
            emotions: those that may be answered.
        """
        question = {"type": "text", "text": self.prompt.replace(EMOTIONS_PLACE, ", ".join(emotions))}
        user = {"role": "user", "content": [{"type": "audio"}, question]}
        return [*([] if self.system is None else [{"role": "system", "content": self.system}]), user]


def read_question(path: str | Path) -> Question:
    """Reads a YAML file of the fields of `Question`.

    Raises:
        InputError: a field is unknown, missing or of a wrong type.
    """
    return build_from_mapping(Question, read_settings(path), name="", file=path)
