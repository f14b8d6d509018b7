"""A fine-tuned speech encoder with a classification head as a recognizer."""

from collections.abc import Mapping, Sequence
from typing import Any

from c2ser.finetuning import SpeechClassifier
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, Speech
from c2ser.systems.restriction import most_probable


class ClassifierRecognizer:
    """Answers with the most probable emotion; its text is the emotion's name.

    Args:
        model: the classifier.

    Example:
        >>> recognizer = ClassifierRecognizer.load("exp/wavlm_finetuned")  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform)], "implicit")[0].emotion  # doctest: +SKIP
        'happy'
    """

    needs = frozenset({AUDIO})
    encoder = None
    thresholds = None

    def __init__(self, model: SpeechClassifier):
        self.model = model
        self.emotions = model.emotions

    @classmethod
    def load(cls, model: str, *, device: str = "cpu") -> "ClassifierRecognizer":
        """Loads what ``finetune`` trained; see `SpeechClassifier.from_pretrained`."""
        return cls(SpeechClassifier.from_pretrained(model).to(device))

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch; the mode plays no part."""
        rows = self.model.probabilities([speech.audio for speech in batch])
        return [most_probable(scores, speech) for scores, speech in zip(rows, batch, strict=True)]

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {"system": "classifier", "weights": self.model.fingerprint()}
