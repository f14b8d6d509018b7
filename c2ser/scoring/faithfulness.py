"""What explicit answers say against what was measured, file against file."""

import logging
from pathlib import Path

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.data.data_dir import DataDir
from c2ser.data.files import atomic_write, write_json
from c2ser.data.names import ATTRIBUTE_LEVELS
from c2ser.errors import InputError
from c2ser.scoring.faithfulness_comparison import Comparison, compare, read_answered
from c2ser.scoring.faithfulness_counts import FaithfulnessCounts
from c2ser.scoring.faithfulness_text import faithfulness_text
from c2ser.scoring.faithfulness_words import normalised

logger = logging.getLogger(__name__)

COLUMNS = (
    "utterance",
    *(f"{name}_{source}" for name in ATTRIBUTES for source in ("measured", "stated")),
    "reference",
    "quoted",
    *("char_edits", "chars", "word_edits", "words"),
    *("language", "answer_language", "emotion", "objections", "whole", "agrees"),
)


def measure_faithfulness(
    data_dir: str | Path, hyp: str | Path, *, output_dir: str | Path, wording: str = "templates"
) -> dict:
    """Compares explicit answers with what was measured and said, and writes the result.

    A missing answer counts as an empty one. What is undefined of an utterance (a level that is ``nan``, words without a
    reference, an unknown language, the agreement of an answer that concludes nothing) is left out of the figure and
    counted. Written are ``utt.tsv``, ``result.txt`` and, last, ``result.json``; the same input gives the same bytes.
    Memory does not grow with the number of utterances.

    Args:
        data_dir: has, where known, ``attribute_levels``, transcripts and languages.
        hyp: the answers, one line ``<utt> <answer>`` per utterance, in any order.
        output_dir: where the results go.
        wording: what reads as a whole rationale; see `c2ser.scoring.faithfulness_answers.read_answer`.

    Returns:
        Contents of ``result.json`` (`FaithfulnessCounts.result`).

    Raises:
        InputError: a table is faulty, an answer is for an utterance that ``data_dir`` does not have, or there is no
            utterance.

    Example:
        >>> result = measure_faithfulness("dump/test", "exp/alm/text", output_dir="faithfulness")  # doctest: +SKIP
        >>> result["levels"]["pitch"]["macro_recall"], result["cer"]  # doctest: +SKIP
        (0.71, 0.12)
    """
    output_dir, counts = Path(output_dir), FaithfulnessCounts()
    with atomic_write(output_dir / "utt.tsv") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for utterance in read_answered(data_dir, hyp):
            comparison = compare(utterance, wording=wording)
            counts.add(comparison)
            file.write("\t".join(_cells(comparison)) + "\n")
        if not counts.n_utts:
            raise InputError(f"{data_dir}: no utterance in it; give the data directory that was answered")
    result = counts.result()
    _warn(result, DataDir(data_dir), Path(hyp))
    with atomic_write(output_dir / "result.txt") as file:
        file.write(faithfulness_text(result))
    write_json(output_dir / "result.json", result)
    return result


def _warn(result: dict, data: DataDir, hyp: Path) -> None:
    if result["n_missing"]:
        logger.warning("%s: no answer for %d of %d utterances", hyp, result["n_missing"], result["n_utts"])
    if not data.has(ATTRIBUTE_LEVELS):
        path = data.table(ATTRIBUTE_LEVELS)
        logger.warning("%s: no such file, so stated levels are not compared; build_cot makes it", path)


def _cells(comparison: Comparison) -> list[str]:
    """The values of `COLUMNS`; ``-`` where undefined."""
    of, answer, errors = comparison.of, comparison.answer, comparison.errors
    levels = [
        level or "-" for name in ATTRIBUTES for level in (comparison.measured.get(name, UNKNOWN), answer.levels[name])
    ]
    counts = ["-"] * 4 if errors is None else [str(number) for number in errors]
    return [
        of.utterance,
        *levels,
        normalised(of.text or "") or "-",
        normalised(answer.quote) or "-",
        *counts,
        of.language or "-",
        answer.language or "-",
        answer.emotion or "-",
        ", ".join(answer.objections) or "-",
        str(int(comparison.is_whole)),
        "-" if answer.agrees is None else str(int(answer.agrees)),
    ]
