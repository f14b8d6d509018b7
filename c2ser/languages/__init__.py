"""Languages: how answers are worded, and how answers are read."""

from c2ser.languages.detection import detect_language, word_language
from c2ser.languages.emotion_words import EmotionMention
from c2ser.languages.labels import label_emotion
from c2ser.languages.language import Language
from c2ser.languages.levels import LevelMention
from c2ser.languages.reading import Rationale, last_emotion_word, read_emotion, read_rationale
from c2ser.languages.registry import LANGUAGES, is_language_code, language_of

__all__ = [
    "LANGUAGES",
    "EmotionMention",
    "Language",
    "LevelMention",
    "Rationale",
    "detect_language",
    "is_language_code",
    "label_emotion",
    "language_of",
    "last_emotion_word",
    "read_emotion",
    "read_rationale",
    "word_language",
]
