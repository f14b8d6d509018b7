"""A page to look at before training: contents of the data, attributes by emotion, warnings."""

from collections.abc import Sequence
from pathlib import Path

from c2ser.data.names import LABEL_SET
from c2ser.emotions import EMOTIONS, read_emotions
from c2ser.inspection import checks, figures, plots, tables
from c2ser.inspection.rendering import render_page
from c2ser.inspection.samples import choose_samples
from c2ser.inspection.sets import DataSet, read_data_sets

PAGE_NAME = "data.html"


def write_page(
    data_dirs: Sequence[str | Path],
    output: str | Path | None = None,
    *,
    emotions: str | Path | None = None,
    samples: int = 3,
) -> tuple[Path, str]:
    """Writes the page, a single HTML file that links to the audio, or has it in it where it is in arks.

    Args:
        data_dirs: data directories, the training set first.
        output: the page; by default ``data.html`` beside the first set.
        emotions: the file of the label set; by default ``emotions`` beside the first set, or without it the emotions
            in the sets.
        samples: number of utterances to show per emotion and set.

    Returns:
        The path of the page, and its summary (counts and warnings) as plain text.

    Raises:
        InputError: a directory is incomplete or empty, or a file is faulty.
    """
    sets = read_data_sets(data_dirs)
    output = Path(output or sets[0].directory.parent / PAGE_NAME)
    found = [name for name in EMOTIONS if any(data_set.emotion.counts()[name] for data_set in sets)]
    label_set = _label_set(sets[0], emotions) or found
    shown = [name for name in EMOTIONS if name in label_set or name in found]
    warnings = checks.find_warnings(sets, label_set)
    render_page(
        "page.html",
        output,
        sets=sets,
        emotions=shown,
        warnings=warnings,
        unchecked=[
            name
            for name in ("durations", "attributes", "levels")
            if any(getattr(data_set, name) is None for data_set in sets)
        ],
        thresholds=figures.thresholds(sets),
        samples={
            data_set.name: choose_samples(data_set, samples, page_dir=output.absolute().parent) for data_set in sets
        },
        checks=checks,
        figures=figures,
        plots=plots,
        tables=tables,
    )
    return output, tables.summary(sets, shown, warnings=warnings)


def _label_set(train: DataSet, path: str | Path | None) -> list[str]:
    beside = train.directory.parent / LABEL_SET
    return read_emotions(path or beside) if path or beside.is_file() else []
