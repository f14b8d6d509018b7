"""The classifier that an emotion2vec+ (seed, base, large) comes with.

References:
    Ma et al.: emotion2vec: self-supervised pre-training for speech emotion representation (arXiv 2312.15185).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import label_emotion
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import AUDIO, Speech
from c2ser.systems.restriction import most_probable


class Emotion2VecPlusRecognizer:
    """Answers with the most probable emotion of the label set; the classes ``other`` and ``unknown`` play no part.

    Its text is the class that is most probable of all, as FunASR has it.

    Args:
        model: an emotion2vec with a classifier.
        emotions: the label set; those that are no class of it are never answered.

    Raises:
        InputError: it has no classifier, or one with fewer than two of the emotions.

    Example:
        >>> recognizer = Emotion2VecPlusRecognizer.load("emotion2vec_plus_base", emotions=["angry", "sad"])
        ...  # doctest: +SKIP
        >>> recognizer.recognize([Speech(waveform)], "implicit")[0].emotion  # doctest: +SKIP
        'sad'
    """

    needs = frozenset({AUDIO})
    encoder = None
    thresholds = None

    def __init__(self, model: Emotion2Vec, *, emotions: Sequence[str]):
        self.model = model
        self.classes = {label_emotion(label): label for label in model.labels}
        self.emotions = tuple(emotion for emotion in EMOTIONS if emotion in emotions and emotion in self.classes)
        if len(self.emotions) < 2:
            known = ", ".join(model.labels) or "it has no classifier"
            raise InputError(
                f"{model.name or 'emotion2vec_plus'}: fewer than two classes are in {', '.join(emotions)} ({known}); "
                "use an emotion2vec+"
            )

    @classmethod
    def load(cls, model: str, *, emotions: Sequence[str], device: str = "cpu") -> "Emotion2VecPlusRecognizer":
        """Loads what `Emotion2Vec.from_pretrained` reads, such as a folder of FunASR; FunASR is not needed."""
        return cls(Emotion2Vec.from_pretrained(model, device=device), emotions=emotions)

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch; the mode plays no part."""
        rows = self.model.classify([speech.audio for speech in batch], batch_samples=None)
        return [self._recognition(row, speech) for row, speech in zip(rows, batch, strict=True)]

    def _recognition(self, probabilities: Mapping[str, float], speech: Speech) -> Recognition:
        shares = [probabilities[self.classes[emotion]] for emotion in self.emotions]
        total = sum(shares)
        found = most_probable({emotion: share / total for emotion, share in zip(self.emotions, shares)}, speech)
        return Recognition(found.emotion, max(probabilities, key=probabilities.__getitem__), found.scores)

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {"system": "emotion2vec_plus", "weights": self.model.fingerprint(), "emotions": self.emotions}
