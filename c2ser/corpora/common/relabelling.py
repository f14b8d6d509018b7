"""Data directories whose labels a map changes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from c2ser.corpora.common.labels import LabelCounts
from c2ser.data.data_dir import DataDir
from c2ser.data.label_maps import LabelMap
from c2ser.data.names import EXPLICIT, IMPLICIT, LABEL_SET, UTT2EMO, UTT2LEXICAL_CUE, UTT2VOTES
from c2ser.data.staging import staged_directory
from c2ser.data.tables import parsed_lines, sorted_lines, write_rows
from c2ser.data.votes import format_votes, map_votes, parse_votes
from c2ser.data.writing import write_emotions
from c2ser.emotions import check_emotions, read_emotions
from c2ser.errors import InputError

OF_THE_LABEL = (EXPLICIT, IMPLICIT, UTT2LEXICAL_CUE)  # made from the label as it was


def map_data_dirs(sources: Sequence[Path], output_dir: Path, *, label_map: LabelMap) -> None:
    """Writes data directories again with other labels, and their label set beside them.

    Utterances whose label is left out are left out of all tables; those without a label stay. Votes are mapped as
    labels are. What was made from the labels, such as targets, is not carried over.

    Args:
        sources: the data directories, whose label set is the file ``emotions`` beside each, or what is in them.
        output_dir: receives a directory of the same name for each of them, and ``emotions``.
        label_map: which emotion a label becomes.

    Raises:
        InputError: the map names a label that none of them has, a label is unknown, nothing is left of a set, two sets
            have the same name, or the output would be one of the sets.

    Example:
        >>> map_data_dirs([Path("data/train")], Path("data_paper"), label_map=find_label_map("paper"))  # doctest: +SKIP
    """
    names = [source.resolve().name for source in sources]
    for source, name in zip(sources, names):
        if names.count(name) > 1:
            raise InputError(f"{source}: several sets are called {name}; write them to different folders")
        if (output_dir / name).resolve() == source.resolve():
            raise InputError(f"{source}: would be overwritten; give another --output_dir")
    emotions = _label_set(sources)
    label_map.check(emotions, ", ".join(map(str, sources)))
    for source, name in zip(sources, names):
        _map_data_dir(DataDir(source), output_dir / name, label_map)
    write_emotions(output_dir / LABEL_SET, label_map.label_set(emotions))


def _label_set(sources: Iterable[Path]) -> set[str]:
    found: set[str] = set()
    for source in sources:
        path = source.parent / LABEL_SET
        found |= set(read_emotions(path)) if path.is_file() else set(DataDir(source).read_optional(UTT2EMO).values())
    return found


def _map_data_dir(source: DataDir, target: Path, label_map: LabelMap) -> None:
    labels = LabelCounts()

    def keep(utterance: str, emotion: str | None) -> bool:
        if emotion is None:
            return True
        check_emotions({utterance: emotion}, source.table(UTT2EMO))
        mapped = label_map.of_emotion(emotion)
        labels.add(emotion, mapped, renamed=mapped != emotion)
        return mapped is not None

    with staged_directory(target) as folder:
        if len(source.filter(folder, keep, optional=[UTT2EMO])) == 0:
            raise InputError(f"{source}: label map {label_map.name} leaves out all utterances")
        _map_tables(folder, label_map)
    labels.report(target, label_map.name)


def _map_tables(folder: Path, label_map: LabelMap) -> None:
    if (folder / UTT2EMO).is_file():
        lines = sorted_lines(folder / UTT2EMO)
        write_rows(folder / UTT2EMO, ((utterance, label_map.of_emotion(emotion)) for _, utterance, emotion in lines))
    if (folder / UTT2VOTES).is_file():
        given = parsed_lines(folder / UTT2VOTES, parse_votes)
        votes = ((utterance, map_votes(votes, label_map.of_emotion)) for _, utterance, votes in given)
        write_rows(folder / UTT2VOTES, ((utterance, format_votes(mapped)) for utterance, mapped in votes if mapped))
    for name in OF_THE_LABEL:
        (folder / name).unlink(missing_ok=True)
