"""The registry of corpora, and what holds of each corpus."""

import re
import subprocess
import sys
from pathlib import PurePath

import pytest

from c2ser.corpora import Corpus, corpus_names, find_corpus, get_corpus
from c2ser.corpora.common.labels import find_label
from c2ser.corpora.common.layouts import read_path
from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS
from c2ser.errors import InputError


def test_names_are_those_of_corpora_only():
    names = corpus_names()
    assert {"emodb", "meld", "mini_emo", "folder", "casia"} <= set(names) and names == sorted(names)
    assert "emobox" not in names and "common" not in names
    assert find_corpus("common") is None and find_corpus("nothing") is None


def test_names_are_known_without_importing_a_corpus():
    code = "import sys; from c2ser.corpora import corpus_names; corpus_names(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "c2ser.corpora" in loaded
    assert loaded.isdisjoint({f"c2ser.corpora.{name}" for name in corpus_names()} | {"numpy", "scipy", "soundfile"})


def test_unknown_names_get_near_ones():
    with pytest.raises(
        InputError, match=r"unknown corpus 'EmoDb' \(did you mean emodb.*\?\); known are aesdd, ased, asvpesd,"
    ):
        get_corpus("EmoDb")
    with pytest.raises(InputError, match="unknown corpus 'xyzzy'; known are aesdd"):
        get_corpus("xyzzy")


@pytest.mark.parametrize("name", corpus_names())
def test_a_corpus_says_what_is_known_of_it(name):
    corpus = get_corpus(name)
    assert isinstance(corpus, Corpus) and corpus.name == name
    assert all((corpus.title, corpus.paper, corpus.licence, corpus.access))
    assert {emotion for emotion in corpus.labels.values() if emotion} <= set(EMOTIONS)
    assert len({label.casefold() for label in corpus.labels}) == len(corpus.labels)
    assert all(len(language) == 2 for language in corpus.languages)
    assert set(corpus.protocols) <= {"official", "loso", "session", "emobox", "balanced", "speaker_folds"}
    assert min(corpus.protocols.values()) >= 1
    assert ("official" in corpus.protocols) == bool(corpus.sets)
    assert all(speaker.sex in ("m", "f", None) for speaker in corpus.speakers.values())
    assert all(re.compile(layout.pattern) for layout in corpus.layouts)
    assert corpus.read or corpus.open or "emobox" in corpus.protocols
    assert ("session" in corpus.protocols) == (corpus.session is not None)
    facts = read_path(PurePath(corpus.example), corpus) if corpus.example else None
    assert not corpus.example or (find_label(facts.label, corpus.labels) and not facts.layout.left_out)


def test_emotions_are_in_the_order_of_the_vocabulary():
    for name in corpus_names():
        emotions = get_corpus(name).emotions
        assert list(emotions) == sorted(emotions, key=list(EMOTIONS).index)
    assert get_corpus("meld").emotions == PAPER_EMOTIONS
    assert None not in get_corpus("asvpesd").emotions and None in get_corpus("asvpesd").labels.values()
