"""Systems that recognise emotions, behind one protocol."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    c2ser="C2SERRecognizer",
    inference="answer_data_dir",
    pipeline="C2SER",
    recognition="Measured Recognition Segment",
    segmentation="Segmentation",
    recognizer="Recognizer Speech load_recognizer",
)
