"""Answers and probabilities against what listeners heard: all of their votes rather than one label.

References:
    Chou et al.: Minority views matter: evaluating speech emotion classifiers with human subjective annotations by an
    all-inclusive aggregation rule. IEEE Trans. Affective Computing (2024).
    Wu et al.: EMO-SUPERB: an in-depth look at speech emotion recognition (arXiv 2402.13018).
"""

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from scipy.spatial.distance import jensenshannon

from c2ser.data.scores import Scores, read_scores
from c2ser.data.tables import outer_join, parsed_lines
from c2ser.data.votes import Votes, parse_votes
from c2ser.emotions import EMOTIONS
from c2ser.scoring.answers import Column, read_utt_tsv
from c2ser.scoring.joining import Joined
from c2ser.scoring.listeners import Rated
from c2ser.scoring.metrics import f1_of_sets
from c2ser.scoring.resampling import are_several, mean_interval
from c2ser.scoring.tables import markdown_table, percent, with_interval

FIGURES = {
    "annotator_accuracy": "answers that a listener gave too",
    "jsd": "Jensen-Shannon divergence of scores and votes",
    "cosine": "cosine of scores and votes",
    "multilabel_macro_f1": "macro F1 of all emotions above chance",
    "multilabel_micro_f1": "micro F1 of the same",
}


def rated_answers(utt_tsv: str | Path, utt2votes: str | Path) -> Iterator[tuple[Joined, Rated]]:
    """Yields the scored utterances that have votes.

    Args:
        utt_tsv: what ``score`` wrote of each utterance.
        utt2votes: the listeners' votes.

    Raises:
        InputError: one of the two is faulty.
    """
    votes = ((utterance, own) for _, utterance, own in parsed_lines(utt2votes, parse_votes))
    for utterance, joined, own in outer_join(((line.utterance, line) for line in read_utt_tsv(utt_tsv)), votes):
        if joined is not None and own is not None:
            yield joined, Rated(utterance, joined.truth, own, joined.known.speaker)


def score_soft_labels(
    utt_tsv: str | Path, utt2votes: str | Path, *, utt2scores: str | Path | None = None
) -> dict | None:
    """Scores answers, and where they are known probabilities, against listeners' votes.

    Args:
        utt_tsv: what ``score`` wrote of each utterance.
        utt2votes: the listeners' votes.
        utt2scores: the system's probabilities.

    Returns:
        ``n_utts`` with votes and, as ``{"value", "ci95"}``, ``annotator_accuracy`` (the share of answers that a
        listener gave too). With probabilities, over the ``n_scored`` utterances that have them: ``jsd``
        (Jensen-Shannon divergence, to base 2: 0 is best, 1 worst), ``cosine``, and ``multilabel_macro_f1`` and
        ``multilabel_micro_f1``, where every emotion with more than 1 / C of votes, or of the probability, counts as
        present, of C emotions. None where no utterance has votes.

    Raises:
        InputError: a table is faulty; see `c2ser.data.scores.read_scores`.

    Example:
        >>> score_soft_labels("score/utt.tsv", "data/test/utt2votes", utt2scores="utt2scores")["jsd"]["value"]
        ...  # doctest: +SKIP
        0.21
    """
    scores = read_scores(utt2scores) if utt2scores else ()
    rated = ((joined.utterance, (joined, own)) for joined, own in rated_answers(utt_tsv, utt2votes))
    speakers, heard, scored = Column(), array("d"), array("b")
    shares, probabilities = array("f"), array("f")
    named: set[str] = set()
    for utterance, pair, given in outer_join(rated, scores):
        if pair is None:
            continue
        joined, (*_, votes, speaker) = pair
        speakers.add(speaker or utterance)
        heard.append(joined.answer in votes)
        scored.append(given is not None)
        if given is not None:
            shares.extend(_row(votes, sum(votes.values())))
            probabilities.extend(_row(given, sum(given.values())))
            named.update(votes, given)
    if not len(heard):
        return None
    several = are_several(len(speakers.numbers), len(heard))
    who = speakers.array() if several else np.arange(len(heard))
    figures: dict = {"n_utts": len(heard), "annotator_accuracy": _mean(np.array(heard), who)}
    if not any(scored):
        return figures
    matrices = [np.array(values).reshape(-1, len(EMOTIONS)) for values in (shares, probabilities)]
    return {**figures, "n_scored": sum(scored), **_of_scores(*matrices, who[np.array(scored, bool)], len(named))}


def soft_labels_text(soft: Mapping) -> str:
    """Formats `score_soft_labels` for reading, in per cent."""
    rows = [["utterances with votes", str(soft["n_utts"])]]
    if "n_scored" in soft:
        rows.append(["of these with scores", str(soft["n_scored"])])
    for key, name in FIGURES.items():
        if key in soft:
            value, interval = soft[key]["value"], soft[key]["ci95"]
            rows.append([name, with_interval(value, interval) if interval else percent(value)])
    return markdown_table(["against listeners' votes", "% [95 % interval]"], rows)


def _row(values: Votes | Scores, total: float) -> Iterator[float]:
    return (values.get(emotion, 0.0) / total for emotion in EMOTIONS)


def _of_scores(shares: np.ndarray, probabilities: np.ndarray, who: np.ndarray, num_emotions: int) -> dict:
    """Returns the figures of probabilities against shares of votes, both (N, E), of C emotions that may occur."""
    lengths = np.linalg.norm(shares, axis=1) * np.linalg.norm(probabilities, axis=1)
    present = [values > 1 / num_emotions + 1e-6 for values in (shares, probabilities)]
    divergence = np.nan_to_num(jensenshannon(shares, probabilities, base=2, axis=1)) ** 2
    return {
        "jsd": _mean(divergence, who),
        "cosine": _mean((shares * probabilities).sum(axis=1) / lengths, who),
        **{f"multilabel_{name}": {"value": value, "ci95": None} for name, value in f1_of_sets(*present).items()},
    }


def _mean(values: np.ndarray, who: np.ndarray) -> dict:
    return {"value": float(values.mean()), "ci95": mean_interval(values, who)}
