"""Number of phonemes of a text, by the eSpeak NG of the wheel espeakng-loader."""

import logging
import os
import tempfile
from functools import cache, lru_cache
from pathlib import Path

# ISO 639-1 -> eSpeak's name, where they differ
ESPEAK_NAMES = {"en": "en-us", "zh": "cmn", "fr": "fr-fr", "no": "nb"}

# eSpeak stores the path of its data in a buffer of 160 bytes and aborts if the path is longer.
LONGEST_DATA_PATH = 159


@lru_cache(maxsize=2**16)
def count_phonemes(text: str, language: str) -> int | None:
    """Counts the phonemes of a text, including words that eSpeak pronounces in another language.

    Args:
        text: one line in standard spelling.
        language: ISO 639-1.

    Returns:
        The number, 0 for a text without words, or None for a language that eSpeak NG does not support.

    Example:
        >>> count_phonemes("Hello", "en")
        4
    """
    backend = _backend(language)
    if backend is None:
        return None
    from phonemizer.separator import Separator

    (phonemes,) = backend.phonemize([text], separator=Separator(phone=" ", word="|", syllable="")) or [""]
    return sum(any(letter.isalpha() for letter in phoneme) for phoneme in phonemes.split())


@cache
def _backend(language: str):
    """Returns phonemizer's backend for a language, or None; each backend loads a library of its own."""
    import espeakng_loader
    from phonemizer.backend import EspeakBackend
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(_short_path(espeakng_loader.get_data_path()))
    name = ESPEAK_NAMES.get(language, language)
    if name not in EspeakBackend.supported_languages():
        return None
    # It warns about word boundaries and foreign words in almost every utterance; neither affects the phoneme count.
    logger = logging.getLogger("phonemizer")
    logger.setLevel(logging.ERROR)
    return EspeakBackend(name, language_switch="remove-flags", logger=logger)


@cache
def _link_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="espeak")  # cached, hence removed at exit


def _short_path(path: str) -> str:
    """Returns the path, or a short symbolic link to it if it is too long for eSpeak."""
    if len(os.fsencode(path)) <= LONGEST_DATA_PATH:
        return path
    link = Path(_link_folder().name) / "espeak-ng-data"
    if not link.is_symlink():
        link.symlink_to(path)
    return str(link)
