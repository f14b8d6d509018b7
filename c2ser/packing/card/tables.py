"""The tables of a card; cells are escaped."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.emotions import EMOTIONS
from c2ser.packing.card.figures import KINDS, Figures
from c2ser.packing.card.markdown import escape
from c2ser.packing.card.run import Run
from c2ser.packing.card.sets import SetFacts, together
from c2ser.scoring.results import intervals_over
from c2ser.scoring.tables import markdown_table, percent, with_interval

UNKNOWN = "not known"
RATES = {"wording_rate": "whole", "language_rate": "language", "agreement": "agreement"}


def sets_table(run: Run) -> Markup:
    """Formats the sets that the model learned from: utterances, hours, speakers, languages.

    Args:
        run: what is known of the model.
    """
    rows = [
        _set_row(facts, "learned from" if facts.emotions else "learned from by pseudo-labels") for facts in run.training
    ]
    if run.dev is not None:
        rows.append(_set_row(run.dev, "chose the epoch"))
    return _table(["set", "use", "languages", "utterances", "labelled", "hours", "speakers"], rows, text_columns=3)


def corpora_table(run: Run) -> Markup:
    """Formats the corpora of the training sets: licence, access, source.

    Args:
        run: what is known of the model.
    """
    rows = []
    for name, corpus in run.corpora.items():
        known = (getattr(corpus, field, None) for field in ("title", "licence", "access", "paper", "url"))
        rows.append([name, *(value or UNKNOWN for value in known)])
    return _table(["corpus", "title", "licence", "access", "paper", "site"], rows, text_columns=6)


def emotions_table(run: Run) -> Markup:
    """Formats how many labelled utterances of each emotion the training sets have, and their share.

    Args:
        run: what is known of the model.
    """
    counts = together(run.training, "training").emotions
    rows = [[name, str(counts[name]), percent(counts[name] / counts.total())] for name in EMOTIONS if counts[name]]
    return _table(["emotion", "utterances", "%"], rows)


def intervals(run: Run) -> Markup:
    """Says what the intervals of scores are over; the brackets are no marks.

    Args:
        run: what is known of the model.
    """
    return Markup(intervals_over(figures.result for figures in run.figures))


def scores_table(run: Run) -> Markup:
    """Formats scores by mode and set, in per cent with 95 % intervals, and what answering one emotion always scores.

    Args:
        run: what is known of the model.
    """
    rows = []
    for figures in run.figures:
        result, classes = figures.result, figures.result["per_class"]
        majority = max(found["support"] for found in classes.values()) / result["n_utts"]
        scores = [_interval(result, name) for name in ("wa", "ua", "macro_f1")]
        chance = f"{percent(majority)} / {percent(1 / len(classes))}"
        rows.append(
            [figures.mode, figures.set, str(result["n_utts"]), *scores, percent(result["invalid_rate"]), chance]
        )
    header = ["answers", "set", "utterances", "WA", "UA", "macro F1", "invalid", "one emotion always: WA / UA"]
    return _table(header, rows, text_columns=2)


def recall_table(run: Run) -> Markup:
    """Formats recall by emotion, in per cent.

    Args:
        run: what is known of the model.
    """
    present = {name for figures in run.figures for name in figures.result["per_class"]}
    emotions = [name for name in EMOTIONS if name in present]
    rows = []
    for figures in run.figures:
        classes = figures.result["per_class"]
        recalls = [percent(classes[name]["recall"]) if name in classes else "-" for name in emotions]
        rows.append([figures.mode, figures.set, *recalls])
    return _table(["answers", "set", *emotions], rows, text_columns=2)


def groups_table(run: Run) -> Markup:
    """Formats scores of groups, in per cent with 95 % intervals where a group has speakers enough for them.

    Args:
        run: what is known of the model.
    """
    rows = [
        [figures.mode, figures.set, group.kind, group.value, str(group.result["n_utts"])]
        + [_interval(group.result, name) for name in ("wa", "ua")]
        for figures in run.figures
        for group in figures.groups
    ]
    return _table(["answers", "set", "group", "", "utterances", "WA", "UA"], rows, text_columns=4)


def undivided(figures: Figures) -> list[str]:
    """Returns what a set could not be divided by, of `KINDS`.

    Args:
        figures: of the set.
    """
    return [kind for kind in KINDS if kind not in {group.kind for group in figures.groups}]


def reasons_table(run: Run) -> Markup:
    """Formats how true explicit answers are to the audio, in per cent with 95 % intervals.

    Args:
        run: what is known of the model.
    """
    rows = []
    for figures in run.figures:
        if figures.reasons is not None:
            levels = [_interval(figures.reasons["levels"][name], "macro_recall") for name in ATTRIBUTES]
            others = [_interval(figures.reasons, name) for name in ("cer", *RATES)]
            rows.append([figures.mode, figures.set, *levels, *others])
    return _table(["answers", "set", *ATTRIBUTES, "CER", *RATES.values()], rows, text_columns=2)


def leaks_table(run: Run) -> Markup:
    """Formats what test sets share with the sets that the model learned from or was chosen by.

    Args:
        run: what is known of the model; its sets were compared.
    """
    leaks, rows = run.leaks, []
    for pair in leaks.pairs:
        if pair[1] in leaks.tests:
            audio, said = leaks.audio[pair], leaks.sentences[pair]
            sentences = (
                f"{percent(said.share)} % ({said.utterances} of {said.total})" if said.total else "not known (no text)"
            )
            same = f"{audio.utterances} of {audio.total}" + (f", {audio.unknown} not compared" if audio.unknown else "")
            rows.append([pair[1], pair[0], same, leaks.speakers[pair].status, sentences])
    header = ["test set", "compared with", "same audio", "speakers", "utterances with a sentence of it"]
    return _table(header, rows, text_columns=5)


def _set_row(facts: SetFacts, use: str) -> list[str]:
    speakers = str(len(facts.speakers))
    if facts.unknown_speakers:
        speakers = f"{speakers}, unknown of {facts.unknown_speakers} utterances" if facts.speakers else UNKNOWN
    hours = f"{facts.seconds / 3600:.2f}" if facts.tenths else UNKNOWN
    languages = ", ".join(sorted(facts.languages)) or UNKNOWN
    return [facts.name, use, languages, str(facts.utterances), str(facts.emotions.total()), hours, speakers]


def _interval(result: Mapping, name: str) -> Markup:
    """A figure with its interval, if it has one, whose brackets are no marks."""
    if result[name] is None:
        return Markup("undefined")
    return Markup(with_interval(result[name], result["ci95"][name]) if result["ci95"] else percent(result[name]))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> Markup:
    cells = [[str(escape(cell)) for cell in row] for row in rows]
    return Markup(markdown_table(header, cells, text_columns=text_columns).rstrip("\n"))
