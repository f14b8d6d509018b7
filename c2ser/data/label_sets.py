"""Label sets of corpora: which emotions an utterance may have, where a set has utterances of several corpora.

The table ``corpus_emotions`` beside the label set has a line per corpus, ``<corpus> <emotion> <emotion> ...``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from c2ser.data.names import UTT2CORPUS
from c2ser.data.tables import lines_by_key, write_table
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

LabelSets = Mapping[str, Sequence[str]]  # corpus -> emotions


def read_label_sets(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Reads the label sets of corpora.

    Args:
        path: the table.

    Returns:
        Corpus -> its emotions.

    Raises:
        InputError: the table is missing or faulty, an emotion is unknown or a duplicate, or a corpus has none.

    Example:
        >>> read_label_sets("data/corpus_emotions")["urdu"]  # doctest: +SKIP
        ('angry', 'happy', 'neutral', 'sad')
    """
    sets = {}
    for number, corpus, value in lines_by_key(path):
        emotions = tuple(value.split())
        unknown = next((emotion for emotion in emotions if emotion not in EMOTIONS), None)
        if unknown is not None:
            raise InputError(f"{path}:{number}: unknown emotion '{unknown}'; known are {', '.join(EMOTIONS)}")
        if len(set(emotions)) < max(1, len(emotions)):
            raise InputError(f"{path}:{number}: no emotion of '{corpus}', or one twice; write '<corpus> <emotion> ...'")
        sets[corpus] = emotions
    return sets


def write_label_sets(path: str | Path, sets: LabelSets) -> None:
    """Writes the label sets of corpora, emotions in the vocabulary's order.

    Args:
        path: the table.
        sets: corpus -> its emotions.
    """
    rows = {corpus: " ".join(emotion for emotion in EMOTIONS if emotion in own) for corpus, own in sets.items()}
    write_table(path, rows)


def allowed_emotions(
    utt2corpus: str | Path, sets: LabelSets, *, among: Iterable[str] = EMOTIONS
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields which emotions each utterance may have, sorted by utterance.

    Args:
        utt2corpus: the corpus of each utterance.
        sets: corpus -> its emotions.
        among: the label set, of which a corpus's emotions count, in its order.

    Raises:
        InputError: a corpus has no line in the table of label sets, or none of its emotions is in the label set.
    """
    labels = list(among)
    own = {corpus: tuple(label for label in labels if label in emotions) for corpus, emotions in sets.items()}
    for number, utt, corpus in lines_by_key(utt2corpus):
        if not own.get(corpus):
            what = "none of its emotions is in the label set" if corpus in own else "has no label set"
            raise InputError(f"{utt2corpus}:{number}: '{utt}': corpus '{corpus}': {what}; there are {', '.join(own)}")
        yield utt, own[corpus]


def read_allowed_emotions(
    data_dir: str | Path, corpus_emotions: str | Path | None, *, among: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Reads which emotions the utterances of a data directory may have.

    Args:
        data_dir: has ``utt2corpus``.
        corpus_emotions: the table of label sets; None for none.
        among: the label set.

    Returns:
        Utterance -> emotions; empty without the table.

    Raises:
        InputError: as `read_label_sets` and `allowed_emotions`.
    """
    if corpus_emotions is None:
        return {}
    return dict(allowed_emotions(Path(data_dir) / UTT2CORPUS, read_label_sets(corpus_emotions), among=among))
