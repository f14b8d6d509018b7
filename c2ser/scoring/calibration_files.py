"""Calibration of a system's probabilities, file against file."""

import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c2ser.data.files import atomic_write, write_json
from c2ser.data.names import UTT2SPK
from c2ser.data.scores import Scores, read_scores
from c2ser.data.tables import lines_by_key, outer_join, read_table_if_there
from c2ser.emotions import EMOTIONS, parse_emotion
from c2ser.errors import InputError
from c2ser.scoring.calibration import (
    LEAST,
    NUM_BINS,
    answers,
    brier_score,
    calibration_intervals,
    calibration_measures,
    conformal_threshold,
    fit_temperature,
    reliability,
    set_measures,
    temper,
)
from c2ser.scoring.calibration_plot import plot_calibration
from c2ser.scoring.calibration_text import calibration_text
from c2ser.scoring.resampling import SPEAKERS, UTTERANCES, are_several

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scored:
    """Probabilities of a set's emotions, and which is the true one.

    Attributes:
        probabilities: (N, C), of all C emotions of the vocabulary; 0 of those that are not in the table.
        truth: columns (N,).
        without_scores: labelled utterances that the table does not have.
        speaker: (N,) numbers of the speakers; None where intervals are to be over utterances.
    """

    probabilities: np.ndarray
    truth: np.ndarray
    without_scores: int
    speaker: np.ndarray | None = None


def measure_calibration(
    ref: str | Path,
    scores: str | Path,
    *,
    output_dir: str | Path,
    dev_ref: str | Path | None = None,
    dev_scores: str | Path | None = None,
    num_bins: int = NUM_BINS,
    error_rate: float | None = None,
) -> dict:
    """Measures how far a system's probabilities can be trusted, and writes the result.

    Written are ``reliability.png``, ``result.txt`` and, last, ``result.json``; the same input gives the same bytes.

    Args:
        ref: true emotions, ``<utt> <emotion>``.
        scores: probabilities, ``<utt> <emotion>=<probability> ...``. An answer is the most probable emotion.
        output_dir: where the results go.
        dev_ref, dev_scores: those of a dev set, on which a temperature is fitted.
        num_bins: of the calibration error.
        error_rate: of sets of emotions, which the dev set tells the threshold of; None for no sets.

    Returns:
        Contents of ``result.json``: ``n_utts``, ``without_scores``, `calibration_measures`, ``ci95`` and ``ci95_over``
        (``speakers`` or ``utterances``), ``reliability``, ``per_class``, and with a dev set ``temperature``,
        ``tempered`` (the measures and reliability after it) and ``sets``.

    Raises:
        InputError: a table is faulty, has no line, or has scores of an utterance that the reference's set lacks.

    Example:
        >>> result = measure_calibration("dump/test/utt2emo", "out/utt2scores", output_dir="out/calibration")
        ...  # doctest: +SKIP
        >>> result["ece"], result["risk_at_80"]  # doctest: +SKIP
        (0.38, 0.41)
    """
    test, output_dir = read_scored(ref, scores), Path(output_dir)
    result = {"n_utts": len(test.truth), "without_scores": test.without_scores}
    result |= _measures(test.probabilities, test.truth, num_bins) | {"per_class": _per_class(test, num_bins)}
    result["ci95"] = calibration_intervals(test.probabilities, test.truth, unit=test.speaker)
    result["ci95_over"] = UTTERANCES if test.speaker is None else SPEAKERS
    versions = {"as scored": test.probabilities}
    if dev_ref is not None and dev_scores is not None:
        dev = read_scored(dev_ref, dev_scores)
        result["temperature"] = fit_temperature(dev.probabilities, dev.truth)
        versions["after temperature"] = temper(test.probabilities, result["temperature"])
        result["tempered"] = _measures(versions["after temperature"], test.truth, num_bins)
        if error_rate is not None:
            threshold = conformal_threshold(dev.probabilities, dev.truth, error_rate=error_rate)
            sets = set_measures(test.probabilities, test.truth, threshold=threshold)
            result["sets"] = {"error_rate": error_rate, "threshold": threshold, **sets}
    plot_calibration(versions, test.truth, path=output_dir / "reliability.png", num_bins=num_bins)
    with atomic_write(output_dir / "result.txt") as file:
        file.write(calibration_text(result))
    write_json(output_dir / "result.json", result)
    return result


def _measures(probabilities: np.ndarray, truth: np.ndarray, num_bins: int) -> dict:
    bins = reliability(*answers(probabilities, truth), num_bins=num_bins)
    numbers = {name: getattr(bins, name).tolist() for name in ("counts", "confidence", "accuracy")}
    return calibration_measures(probabilities, truth, num_bins=num_bins) | {"reliability": numbers}


def _per_class(test: Scored, num_bins: int) -> dict[str, dict]:
    """Calibration of each emotion's probability, whether or not it is the greatest."""
    used = np.flatnonzero(test.probabilities.any(axis=0) | np.isin(np.arange(len(EMOTIONS)), test.truth))
    result = {}
    for column in used:
        own, right = test.probabilities[:, column], test.truth == column
        both = np.stack([own, 1 - own], axis=1)
        result[EMOTIONS[column]] = {
            "ece": reliability(own, right, num_bins=num_bins).error,
            "brier": brier_score(both, np.where(right, 0, 1)) / 2,
            "support": int(right.sum()),
        }
    return result


def read_scored(ref: str | Path, scores: str | Path) -> Scored:
    """Reads the probabilities of a set's labelled utterances.

    Args:
        ref: true emotions, in any order.
        scores: probabilities, in any order; those of utterances that only ``utt2spk`` beside ``ref`` has are left out.

    Raises:
        InputError: a table is faulty, no labelled utterance has scores, or an utterance with scores is not of the set.

    Example:
        >>> read_scored("dump/test/utt2emo", "out/utt2scores").probabilities.shape  # doctest: +SKIP
        (107, 13)
    """
    rows, truth, speakers, missing = array("d"), array("q"), [], []
    speaker_of = read_table_if_there(Path(ref).parent / UTT2SPK)
    for utt, emotion, own in outer_join(_labels(ref), read_scores(scores)):
        if emotion is None:
            if utt not in speaker_of:
                raise InputError(f"{scores}: utterance '{utt}' is not in {ref}; give scores of this set")
        elif own is None:
            missing.append(utt)
        else:
            rows.extend(_row(own))
            truth.append(EMOTIONS.index(emotion))
            speakers.append(speaker_of.get(utt, utt))
    if not truth:
        raise InputError(f"{scores}: no scores of a labelled utterance of {ref}; give the scores of this set")
    if missing:
        logger.warning(
            "%s: no scores of %d labelled utterances, such as '%s'; they are left out", scores, len(missing), missing[0]
        )
    names, speaker = np.unique(speakers, return_inverse=True)
    own = speaker if are_several(len(names), len(truth)) else None
    return Scored(np.array(rows).reshape(-1, len(EMOTIONS)), np.array(truth), len(missing), own)


def _labels(path: str | Path) -> Iterator[tuple[str, str]]:
    for number, utterance, label in lines_by_key(path):
        try:
            yield utterance, parse_emotion(label)
        except ValueError as error:
            raise InputError(f"{path}:{number}: utterance '{utterance}': {error}") from None


def _row(scores: Scores) -> list[float]:
    """Returns the probabilities of the whole vocabulary, without what rounding has left of their sum or made 0."""
    written = [max(scores[emotion], LEAST) if emotion in scores else 0.0 for emotion in EMOTIONS]
    total = sum(written)
    return [probability / total for probability in written]
