"""The figures of faithfulness, for reading."""

from collections.abc import Mapping, Sequence

from c2ser.scoring.tables import Table, percent, with_interval

LEVEL_COLUMNS = {
    "macro recall": "macro_recall",
    "accuracy": "accuracy",
    "majority": "majority_accuracy",
    "stated": "stated_rate",
}
FIGURES = {
    "CER of quoted words": "cer",
    "WER of quoted words": "wer",
    "whole rationales": "wording_rate",
    "right language": "language_rate",
    "reasons agree with conclusion": "agreement",
}


def faithfulness_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds: levels, then words and wording, then what was left out; in per cent.

    Args:
        result: the contents of ``result.json``.
    """
    return "\n".join([*(table.markdown() for table in faithfulness_tables(result)), _notes(result)])


def faithfulness_tables(result: Mapping) -> tuple[Table, Table]:
    """Returns the tables of `faithfulness_text`: levels, then words and wording."""
    levels = [
        [
            name,
            *(_figure(figures[key], figures["ci95"][key]) for key in LEVEL_COLUMNS.values()),
            *(percent(figures["recall"][level]) if level in figures["recall"] else "-" for level in _LEVELS),
            *(str(figures["n_utts"]), str(figures["left_out"])),
        ]
        for name, figures in result["levels"].items()
    ]
    header = ["stated level", *LEVEL_COLUMNS, *(f"recall {level}" for level in _LEVELS), "utts", "nan"]
    left_out = result["left_out"]
    others = [
        [
            label,
            _figure(result[key], result["ci95"][key]),
            str(result["n_utts"] - left_out[key]),
            str(left_out[key]),
        ]
        for label, key in FIGURES.items()
    ]
    return Table(header, levels), Table(["", "% [95 % interval]", "utts", "left out"], others)


_LEVELS = ("low", "medium", "high")


def _figure(value: float | None, interval: Sequence[float] | None) -> str:
    return "-" if value is None or interval is None else with_interval(value, interval)


def _notes(result: Mapping) -> str:
    notes = [
        f"{result['n_utts']} utterances, {result['n_missing']} of them without an answer, which count as an empty one.",
        "A level that is not stated counts as wrong; the majority is what the most frequent measured level would have.",
        "Where nothing is quoted, all words are deleted. Words are compared in lower case, without punctuation.",
        "Left out: words without a reference (WER: also where words have no spaces), unknown languages, and from the "
        "last figure answers that conclude nothing.",
    ]
    if result["n_recognised"]:
        notes.append(f"The reference of {result['n_recognised']} utterances is a recogniser's transcript.")
    return "\n".join(notes) + "\n"
