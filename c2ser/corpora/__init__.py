"""Corpora by name: each module of this package is one, and its constant ``CORPUS`` says what c2ser knows of it.

Modules are imported only when their corpus is asked for.
"""

import difflib
import importlib
import pkgutil

from c2ser.corpora.common.corpus import Archive, Corpus, Layout, Source, Speaker
from c2ser.errors import InputError

__all__ = ["Archive", "Corpus", "Layout", "Source", "Speaker", "corpus_names", "find_corpus", "get_corpus"]


def corpus_names() -> list[str]:
    """Returns the names of all corpora, sorted, without importing them.

    Example:
        >>> "emodb" in corpus_names()
        True
    """
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def find_corpus(name: str) -> Corpus | None:
    """Returns the corpus of a name, or None where there is none.

    Example:
        >>> find_corpus("emodb").languages
        ('de',)
    """
    if name not in corpus_names():
        return None
    return importlib.import_module(f"{__name__}.{name}").CORPUS


def get_corpus(name: str) -> Corpus:
    """Returns the corpus of a name.

    Raises:
        InputError: there is none of that name.

    Example:
        >>> get_corpus("meld").sets
        ('train', 'dev', 'test')
    """
    corpus = find_corpus(name)
    if corpus is None:
        names = corpus_names()
        near = difflib.get_close_matches(name.lower(), names, n=3)
        guess = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise InputError(f"unknown corpus '{name}'{guess}; known are {', '.join(names)}")
    return corpus
