"""Sets of several corpora as one: a prefix keeps ids and speakers of each corpus apart from those of the others."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import OF_SPEAKERS, SEGMENTS, SPK2UTT, UTT2CORPUS, UTT2EMO, UTT2LEXICAL_CUE, UTT2SPK, UTT2VOTES
from c2ser.data.speakers import write_spk2utt
from c2ser.data.staging import staged_directory, utterance_tables
from c2ser.data.tables import sorted_lines, write_rows

LABELS = (UTT2EMO, UTT2VOTES, UTT2LEXICAL_CUE)
_WITH_ID = (UTT2SPK, SEGMENTS)  # whose values begin with the id of a speaker or a recording


def combine_corpora(
    sources: Mapping[str, Sequence[str | Path]], target: str | Path, *, labelled: bool = True
) -> DataDir:
    """Combines sets of several corpora; ids of utterances, speakers and recordings get ``<corpus>-`` before them.

    Args:
        sources: name of a corpus -> its data directories.
        target: the data directory to write; its ``utt2corpus`` has the names.
        labelled: False to leave labels and votes out.

    Raises:
        InputError: as `DataDir.combine`.

    Example:
        >>> combine_corpora({"emodb": ["data/emodb/train"], "urdu": ["data/urdu/train"]}, "data/train")
        ...  # doctest: +SKIP
        DataDir('data/train')
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}") as folder:
        renamed = []
        for corpus, directories in sources.items():
            for number, directory in enumerate(directories):
                renamed.append(Path(folder) / f"{corpus}.{number}")
                _write_renamed(Path(directory), renamed[-1], corpus=corpus, labelled=labelled)
        return DataDir.combine(renamed, target)


def _write_renamed(source: Path, target: Path, *, corpus: str, labelled: bool) -> None:
    with staged_directory(target) as folder:
        for name in utterance_tables(source):
            if labelled or name not in LABELS:
                write_rows(folder / name, _renamed(source / name, corpus, value_too=name in _WITH_ID))
        for name in OF_SPEAKERS:
            if (source / name).exists():
                write_rows(folder / name, _renamed(source / name, corpus))
        write_spk2utt(folder / SPK2UTT, folder / UTT2SPK)
        write_rows(folder / UTT2CORPUS, ((utt, corpus) for _, utt, _ in sorted_lines(folder / UTT2SPK)))


def _renamed(path: Path, corpus: str, *, value_too: bool = False) -> Iterator[tuple[str, str]]:
    for _, key, value in sorted_lines(path):
        yield f"{corpus}-{key}", f"{corpus}-{value}" if value_too else value
