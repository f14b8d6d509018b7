"""Speech encoders with a classification head, fine-tuned as a whole."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    classifier="SpeechClassifier",
    config="ClassifierConfig",
)
