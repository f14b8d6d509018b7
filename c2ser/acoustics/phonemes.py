"""Phonemes of a text, by eSpeak NG from its wheel."""

import logging
import os
import tempfile
from functools import cache, lru_cache
from pathlib import Path

# ISO 639-1 -> eSpeak's name, where they differ
ESPEAK_NAMES = {"en": "en-us", "zh": "cmn", "fr": "fr-fr", "no": "nb"}

# eSpeak keeps the path of its data in a buffer of 160 bytes and ends the process where the path is longer.
LONGEST_DATA_PATH = 159


@lru_cache(maxsize=2**16)
def count_phonemes(text: str, language: str) -> int | None:
    """Counts the phonemes of a text; words that eSpeak reads in another language count too.

    Args:
        text: one line in its usual spelling.
        language: ISO 639-1.

    Returns:
        The number, 0 for a text without words, or None for a language that eSpeak NG does not know.
    """
    backend = _backend(language)
    if backend is None:
        return None
    from phonemizer.separator import Separator

    (phonemes,) = backend.phonemize([text], separator=Separator(phone=" ", word="|", syllable="")) or [""]
    return sum(any(letter.isalpha() for letter in phoneme) for phoneme in phonemes.split())


@cache
def _backend(language: str):
    """Returns phonemizer's backend for a language, None where eSpeak has none; each loads a library of its own."""
    import espeakng_loader
    from phonemizer.backend import EspeakBackend
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(_short_path(espeakng_loader.get_data_path()))
    name = ESPEAK_NAMES.get(language, language)
    if name not in EspeakBackend.supported_languages():
        return None
    # It warns of nearly each utterance, where words run together or are foreign, which is no matter here.
    logger = logging.getLogger("phonemizer")
    logger.setLevel(logging.ERROR)
    return EspeakBackend(name, language_switch="remove-flags", logger=logger)


@cache
def _link_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="espeak")  # removed at exit, as it is never let go before


def _short_path(path: str) -> str:
    """Returns the path, or a short link to it where eSpeak could not read it."""
    if len(os.fsencode(path)) <= LONGEST_DATA_PATH:
        return path
    link = Path(_link_folder().name) / "espeak-ng-data"
    if not link.is_symlink():
        link.symlink_to(path)
    return str(link)
