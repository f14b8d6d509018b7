"""Scores of files of turns: which emotion is when, in a set of recordings."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from c2ser.data.files import atomic_write, write_json
from c2ser.data.tables import parse_positive, parsed_lines
from c2ser.errors import InputError
from c2ser.scoring.diarization import NON_EMOTIONAL, DiarizationError, Turn, diarization_error, read_rttm
from c2ser.scoring.resampling import RESAMPLES, percentile_interval
from c2ser.scoring.tables import markdown_table, percent, with_interval

PARTS = {"missed": "missed", "false alarm": "false_alarm", "confusion": "confusion"}


def is_rttm(path: str | Path) -> bool:
    """Tells by its name whether a file has turns.

    Example:
        >>> is_rttm("answers.rttm"), is_rttm("answers.csv")
        (True, False)
    """
    return Path(path).suffix.lower() == ".rttm"


def score_turns(
    ref: str | Path,
    hyp: str | Path,
    *,
    output_dir: str | Path,
    durations: str | Path | None = None,
    non_emotional: Collection[str] = NON_EMOTIONAL,
) -> dict:
    """Computes the emotion diarization error rate (EDER) of a set of recordings, and writes the result.

    The rate is that of all recordings' seconds together, with an interval over recordings; the mean of the recordings'
    own rates, which SpeechBrain reports, stands beside it. A recording without hypothesis is missed wherever it has an
    emotion. Written are ``recordings.tsv`` (seconds of each recording), ``result.txt`` and, last, ``result.json``.

    Args:
        ref: true turns, RTTM as `diarization.read_rttm` reads it.
        hyp: recognised turns, likewise.
        output_dir: where the results go.
        durations: ``<recording> <seconds>`` per line; without it a recording ends with the last turn that either has.
        non_emotional: emotions that count as none.

    Returns:
        Contents of ``result.json``: ``n_recordings``, ``seconds``, ``eder``, ``ci95``, ``mean_eder`` and the parts
        ``missed``, ``false_alarm`` and ``confusion``, fractions of the seconds; ``without_hypothesis``, names.

    Raises:
        InputError: a hypothesis is of a recording that the reference does not have, turns of a recording overlap, or a
            duration is missing; names it.

    Example:
        >>> score_turns("reference.rttm", "answers.rttm", output_dir="score")["eder"]  # doctest: +SKIP
        0.31
    """
    reference, hypothesis = read_rttm(ref), read_rttm(hyp)
    if not reference:
        raise InputError(f"{ref}: no turn in it; its lines begin with SPEAKER")
    if extra := sorted(set(hypothesis) - set(reference)):
        raise InputError(f"{hyp}: '{extra[0]}' is not a recording of {ref}; {len(extra)} in all are not")
    seconds = _ends(reference, hypothesis) if durations is None else _durations(durations, reference)
    errors = {}
    for name in sorted(reference):
        try:
            errors[name] = diarization_error(
                reference[name], hypothesis.get(name, []), seconds=seconds[name], non_emotional=non_emotional
            )
        except InputError as error:
            raise InputError(f"{ref}, {hyp}: {name}: {error}") from None
    result = _summary(list(errors.values())) | {"without_hypothesis": sorted(set(reference) - set(hypothesis))}
    _write_recordings(Path(output_dir) / "recordings.tsv", errors)
    with atomic_write(Path(output_dir) / "result.txt") as file:
        file.write(turns_text(result))
    write_json(Path(output_dir) / "result.json", result)
    return result


def turns_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds for reading, in per cent of the recordings' seconds."""
    interval = result["ci95"]
    rate = percent(result["eder"]) if interval is None else with_interval(result["eder"], interval)
    rows = [
        ["recordings", str(result["n_recordings"])],
        ["without hypothesis", str(len(result["without_hypothesis"]))],
        ["seconds", f"{result['seconds']:.1f}"],
        ["EDER", rate],
        *([name, percent(result[part])] for name, part in PARTS.items()),
        ["mean of recordings", percent(result["mean_eder"])],
    ]
    return markdown_table(["", "% [95 % interval over recordings]"], rows)


def _ends(*sides: Mapping[str, list[Turn]]) -> dict[str, float]:
    """Returns where the last turn of each recording ends."""
    ends: dict[str, float] = {}
    for turns in sides:
        for name, own in turns.items():
            ends[name] = max([ends.get(name, 0.0), *(turn.end for turn in own)])
    return ends


def _durations(path: str | Path, names: Collection[str]) -> dict[str, float]:
    durations = {name: seconds for _, name, seconds in parsed_lines(path, parse_positive)}
    if lacking := sorted(set(names) - set(durations)):
        raise InputError(f"{path}: no duration of '{lacking[0]}'; {len(lacking)} in all are missing")
    return durations


def _summary(errors: list[DiarizationError]) -> dict:
    total = sum(errors[1:], start=errors[0])
    wrong = np.array([error.missed + error.false_alarm + error.confusion for error in errors])
    seconds = np.array([error.seconds for error in errors])
    interval = None
    if (number := len(errors)) > 1:
        drawn = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), size=RESAMPLES)
        interval = percentile_interval((drawn @ wrong) / (drawn @ seconds), number)
        interval = [max(0.0, interval[0]), interval[1]]
    return {
        "n_recordings": number,
        "seconds": total.seconds,
        "eder": total.rate,
        "ci95": interval,
        "mean_eder": float((wrong / seconds).mean()),
        **{part: getattr(total, part) / total.seconds for part in PARTS.values()},
    }


def _write_recordings(path: Path, errors: Mapping[str, DiarizationError]) -> None:
    with atomic_write(path) as file:
        file.write("\t".join(["recording", "seconds", *PARTS.values(), "eder"]) + "\n")
        for name, error in errors.items():
            parts = [f"{getattr(error, part):.3f}" for part in PARTS.values()]
            file.write("\t".join([name, f"{error.seconds:.3f}", *parts, f"{error.rate:.4f}"]) + "\n")
