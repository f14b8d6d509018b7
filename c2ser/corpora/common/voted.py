"""Utterances that listeners voted on, by the tables of a corpus alone: without its audio."""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.corpora.common.labels import find_label
from c2ser.corpora.common.layouts import read_path
from c2ser.corpora.common.named_files import named_utterance
from c2ser.corpora.common.votes import with_votes
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError


def voted_utterances(corpus: Corpus, source_dir: Path) -> Iterator[Utterance]:
    """Yields an utterance for each file that a corpus's table of votes names, with label and votes.

    Args:
        corpus: publishes votes, and its file names tell all.
        source_dir: its folder; audio need not be there.

    Raises:
        InputError: the corpus is not of that kind, or the table is missing.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> next(voted_utterances(get_corpus("cremad"), Path("CREMA-D"))).emotion  # doctest: +SKIP
        'neutral'
    """
    if corpus.votes is None or not corpus.layouts:
        raise InputError(
            f"{corpus.name}: its tables alone do not tell labels and votes; prepare it, and give --data_dir"
        )
    votes = corpus.votes(source_dir)
    if not votes:
        raise InputError(f"{source_dir}: no table of votes of {corpus.title}; get it from {corpus.url}")
    named = (_named(corpus, Path(f"{name}.wav")) for name in sorted(votes))
    utterances = (utterance for utterance in named if utterance is not None)
    yield from with_votes(utterances, votes, emotion_of=lambda emotion: emotion, emotions=corpus.emotions)


def _named(corpus: Corpus, wav: Path) -> Utterance | None:
    facts = read_path(wav, corpus)
    emotion = None if facts is None or facts.label is None else find_label(facts.label, corpus.labels)
    return None if emotion is None else named_utterance(corpus, wav, facts=facts, emotion=emotion)
