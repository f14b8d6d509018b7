"""Emotion2Vec-S: encoder, pre-training, features."""

from c2ser.emotion2vec.model import Emotion2Vec

__all__ = ["Emotion2Vec"]
