"""What c2ser knows of corpora, as a table of all or as the facts of one."""

import importlib
import inspect
from collections.abc import Sequence
from dataclasses import asdict

from c2ser.corpora import corpus_names, get_corpus
from c2ser.corpora.common.corpus import Corpus

HEADER = ("name", "language", "labels", "licence", "access", "protocols", "utterances", "hours", "speakers")
NUM_TEXTS = 6  # columns before those with numbers
TERMINAL = ("name", "language", "utterances", "hours", "speakers", "labels", "protocols", "licence", "access")
UNKNOWN = "–"
WIDEST = 34  # characters of a cell on a terminal


def corpora_table() -> list[tuple[str, ...]]:
    """Returns the cells of each corpus, in the order of `HEADER`.

    Example:
        >>> [cells[-3:] for cells in corpora_table() if cells[0] == "shemo"]
        [('2,838', '3.3', '87')]
    """
    return [tuple(_cells(get_corpus(name)).values()) for name in corpus_names()]


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Formats `corpora_table` for a terminal: labels are counted, long cells are cut.

    Args:
        rows: cells of each corpus, in the order of `HEADER`.

    Example:
        >>> print(text_table([("a", "de", "sad, calm", "free", "download", "loso 2", "5", "0.1", "2")]), end="")
        name  language  utterances  hours  speakers  labels  protocols  licence  access
        a     de                 5    0.1         2       2  loso 2     free     download
    """
    table = [TERMINAL]
    for row in rows:
        cells = dict(zip(HEADER, row))
        cells["labels"] = cells["labels"] if cells["labels"] == UNKNOWN else str(len(cells["labels"].split(", ")))
        table.append([_cut(cells[name]) for name in TERMINAL])
    widths = [max(map(len, column)) for column in zip(*table)]
    numbers = [name in ("labels", *HEADER[NUM_TEXTS:]) for name in TERMINAL]
    lines = (
        "  ".join(
            cell.rjust(width) if number and row else cell.ljust(width)
            for cell, width, number in zip(cells, widths, numbers)
        )
        for row, cells in enumerate(table)
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def facts(name: str) -> dict[str, str]:
    """Returns all that is known of a corpus, in words.

    Args:
        name: of the corpus.

    Raises:
        InputError: there is none of that name.

    Example:
        >>> facts("casia")["protocols"]
        'loso 4, emobox 4'
    """
    corpus = get_corpus(name)
    cells = _cells(corpus)
    known = {
        "title": corpus.title,
        "paper": corpus.paper,
        "site": corpus.url or UNKNOWN,
        **{key: cells[key] for key in ("licence", "access", "language", "utterances", "hours", "speakers")},
        "sexes": _sexes(corpus),
        "labels": ", ".join(f"{label} = {emotion or 'left out'}" for label, emotion in corpus.labels.items())
        or "English words",
        "transcripts": "of its sentences" if corpus.transcripts else UNKNOWN,
        "sets": ", ".join(corpus.sets) or UNKNOWN,
        "protocols": cells["protocols"],
        "read by": "prepare_corpus" if corpus.read else "import_emobox",
    }
    return known | {"notes": _notes(name)}


def as_json(name: str) -> dict[str, object]:
    """Returns the fields of a corpus that JSON can hold.

    Args:
        name: of the corpus.

    Raises:
        InputError: there is none of that name.
    """
    corpus = get_corpus(name)
    plain = ("name", "title", "paper", "licence", "access", "url", "languages", "labels", "sets", "protocols")
    sizes = ("utterances", "hours", "num_speakers", "speakers_known")
    fields = {key: getattr(corpus, key) for key in (*plain, *sizes)}
    fields["speakers"] = {speaker: asdict(known) for speaker, known in corpus.speakers.items()}
    fields["emotions"] = corpus.emotions
    fields["read_by"] = "prepare_corpus" if corpus.read else "import_emobox"
    return {key: dict(value) if hasattr(value, "items") else value for key, value in fields.items()}


def _cells(corpus: Corpus) -> dict[str, str]:
    number = UNKNOWN if corpus.num_speakers is None else f"{corpus.num_speakers:,}"
    values = (
        corpus.name,
        ", ".join(corpus.languages) or UNKNOWN,
        ", ".join(corpus.emotions) or UNKNOWN,
        corpus.licence,
        corpus.access,
        ", ".join(f"{protocol} {folds}" for protocol, folds in corpus.protocols.items()),
        UNKNOWN if corpus.utterances is None else f"{corpus.utterances:,}",
        UNKNOWN if corpus.hours is None else f"{corpus.hours:.1f}",
        number if corpus.speakers_known else "unknown" + (f" ({number})" if corpus.num_speakers else ""),
    )
    return dict(zip(HEADER, values, strict=True))


def _cut(cell: str) -> str:
    return cell if len(cell) <= WIDEST else cell[: WIDEST - 3] + "..."


def _sexes(corpus: Corpus) -> str:
    counts = {sex: sum(speaker.sex == sex for speaker in corpus.speakers.values()) for sex in "fm"}
    listed = ", ".join(f"{count} {sex}" for sex, count in counts.items() if count)
    by_path = any(layout.sex or "?P<sex>" in layout.pattern for layout in corpus.layouts)
    return listed or ("told by paths" if by_path else UNKNOWN)


def _notes(name: str) -> str:
    module = importlib.import_module(f"c2ser.corpora.{name}")
    return inspect.cleandoc(module.__doc__ or "").partition("References:")[0].strip()
