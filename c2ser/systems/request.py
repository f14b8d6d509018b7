"""What a user asks of a model besides the audio."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from c2ser.errors import InputError
from c2ser.languages import is_language_code
from c2ser.systems.segmentation import Segmentation

MODES = ("implicit", "explicit")


@dataclass(frozen=True)
class Request:
    """What is asked, the same of all audio of a call.

    Attributes:
        mode: ``implicit`` names the emotion directly, ``explicit`` gives reasons first.
        rate: sampling rate of arrays, Hz; None for 16 kHz.
        language: ISO 639-1 of what is said, which the answers are given in; None where the model chooses.
        emotions: those of the label set that may be answered, in its order; None for all.
        scores: whether the emotions' probabilities are asked for.
        measure: whether the acoustic attributes are to be measured.
        segments: whether recordings are answered in segments, or how they are cut; None for those that are too long to
            be answered as a whole.

    Example:
        >>> Request("explicit", emotions=("sad", "angry")).checked(["angry", "happy", "sad"]).emotions
        ('angry', 'sad')
    """

    mode: str = "implicit"
    rate: float | None = None
    language: str | None = None
    emotions: Sequence[str] | None = None
    scores: bool = False
    measure: bool = False
    segments: bool | Segmentation | None = None

    def checked(self, label_set: Sequence[str]) -> "Request":
        """Returns the request with its emotions in the order of the label set.

        Args:
            label_set: the model's emotions.

        Raises:
            InputError: there is no such mode, the language is not a code, or an emotion is not in the label set.
        """
        if self.mode not in MODES:
            raise InputError(f"mode '{self.mode}': not a mode; give {' or '.join(MODES)}")
        if self.language is not None and not is_language_code(self.language):
            raise InputError(f"language '{self.language}': not a code of ISO 639-1 such as en")
        if self.emotions is None:
            return self
        known = ", ".join(label_set)
        if isinstance(self.emotions, str) or not self.emotions:
            raise InputError(f"emotions: {self.emotions!r} is not a list of some of {known}")
        unknown = next((emotion for emotion in self.emotions if emotion not in label_set), None)
        if unknown is not None:
            raise InputError(f"emotions: '{unknown}' is not in the model's label set; it has {known}")
        ordered = tuple(emotion for emotion in label_set if emotion in self.emotions)
        return replace(self, emotions=ordered)
