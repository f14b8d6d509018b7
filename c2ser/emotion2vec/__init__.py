"""Emotion2Vec-S: encoder, pre-training, features."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    encoder="Emotion2VecConfig Emotion2VecEncoder",
    extraction="extract_features",
    model="Emotion2Vec",
    pretraining="Emotion2VecPretraining PretrainingConfig",
)
