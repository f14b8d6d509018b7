"""Trainings on targets leave out the utterances that have none, because they are unlabelled."""

import argparse
import logging
from collections.abc import Collection, Iterable, Sequence
from itertools import compress
from pathlib import Path

from c2ser.data.tables import lines_by_key, values_of, write_rows
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


BUILD = "run build_cot on a labelled set"


def leave_out_unlabelled(args: argparse.Namespace, targets: Collection[str], *, remedy: str = BUILD) -> None:
    """Replaces the shape files of a training, which list its utterances, where some of those have no target.

    Args:
        args: arguments of an ESPnet task; shape files of the labelled utterances go to its ``output_dir``.
        targets: names of the data that are targets.
        remedy: what to do where no utterance has them.

    Raises:
        InputError: no utterance has targets.
    """
    for part in ("train", "valid"):
        data = getattr(args, f"{part}_data_path_and_name_and_type")
        tables = [path for path, name, _ in data if name in targets]
        shapes = [
            labelled_shapes(
                shape_file,
                tables,
                output=Path(args.output_dir) / f"{part}_{Path(shape_file).name}",
                remedy=remedy,
            )
            for shape_file in getattr(args, f"{part}_shape_file")
        ]
        setattr(args, f"{part}_shape_file", shapes)


def labelled_shapes(
    shape_file: str | Path, targets: Sequence[str | Path], *, output: str | Path, remedy: str = BUILD
) -> str:
    """Returns a shape file of the utterances that are in all tables of targets.

    Args:
        shape_file: one line per utterance.
        targets: the tables.
        output: the file to write if utterances have to be left out.
        remedy: what to do where no utterance has targets.

    Returns:
        ``shape_file`` itself if all of its utterances have targets, otherwise ``output``.

    Raises:
        InputError: no utterance has targets.

    Example:
        >>> labelled_shapes("dump/train/utt2num_samples", ["dump/train/explicit"], output="exp/alm/shapes")
        ...  # doctest: +SKIP
    """
    chosen = bytearray(None not in values for values in zip(*(_values(shape_file, table) for table in targets)))
    if all(chosen):
        return str(shape_file)
    if not any(chosen):
        raise InputError(f"{shape_file}: none of its utterances is in {targets[0]}; {remedy}")
    write_rows(output, ((utt, shape) for _, utt, shape in compress(lines_by_key(shape_file), chosen)))
    logger.warning(
        "%s: left out %d of %d utterances, which have no targets (unlabelled)",
        *(shape_file, chosen.count(0), len(chosen)),
    )
    return str(output)


def _values(shape_file: str | Path, table: str | Path) -> Iterable[str | None]:
    return values_of((utt for _, utt, _ in lines_by_key(shape_file)), lines_by_key(table))
