"""Listeners' votes in trainings: targets of the audio language model, and which labels Emotion2Vec-S may trust."""

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from c2ser.data.names import UTT2VOTES
from c2ser.data.tables import lines_by_key, parsed_lines, read_table
from c2ser.data.votes import clear_majority, parse_votes, vote_shares
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def check_votes(args: argparse.Namespace) -> None:
    """Checks that a training on votes has some, and logs how many of its utterances have none and learn their label.

    Args:
        args: of ``alm_train`` with a ``votes_weight``.

    Raises:
        InputError: no utterance of the training set has votes for the label set.
    """
    emotions = read_emotions(args.emotions)
    for part in ("train", "valid"):
        table = getattr(args, f"{part}_utt2votes")
        voted = read_shares(table, emotions)
        utterances = [utt for shapes in getattr(args, f"{part}_shape_file") for _, utt, _ in lines_by_key(shapes)]
        without = sum(utt not in voted for utt in utterances)
        if part == "train" and without == len(utterances):
            raise InputError(f"{table or UTT2VOTES}: no votes of the training set's utterances; set votes_weight to 0")
        if without:
            logger.warning("%s: %d of %d utterances have no votes; their labels count", part, without, len(utterances))


def read_shares(utt2votes: str | Path | None, emotions: Sequence[str]) -> dict[str, list[float]]:
    """Reads the share of each emotion of a label set in the votes for the label set.

    Args:
        utt2votes: the table; one that is missing is empty.
        emotions: the label set.

    Returns:
        Utterance -> shares, which sum to 1, of the utterances that have votes for the label set.

    Raises:
        InputError: the table is faulty.
    """
    shares = ((utt, vote_shares(votes, emotions)) for utt, votes in _votes(utt2votes))
    return {utt: values for utt, values in shares if any(values)}


def category_labels(args: argparse.Namespace, part: str) -> dict[str, str]:
    """Reads the labels that Emotion2Vec-S's category loss learns from.

    Args:
        args: of ``emotion2vec_train``. With a ``min_majority``, the label of an utterance that has votes counts only
            where it is their clear majority; see `c2ser.data.votes.clear_majority`.
        part: ``train`` or ``valid``.

    Returns:
        Utterance -> emotion.

    Raises:
        InputError: an emotion is not in the label set, or a table is faulty.
    """
    table, emotions = getattr(args, f"{part}_utt2emo"), read_emotions(args.emotions)
    labels = read_table(table)
    for utt, emotion in labels.items():
        if emotion not in emotions:
            raise InputError(f"{table}: '{utt}': '{emotion}' is not in the label set, {', '.join(emotions)}")
    if args.min_majority:
        for utt, votes in _votes(getattr(args, f"{part}_utt2votes")):
            if utt in labels and labels[utt] != clear_majority(votes, args.min_majority):
                del labels[utt]
    return labels


def check_majorities(args: argparse.Namespace) -> None:
    """Logs how many labels the category loss leaves out because listeners do not clearly agree with them.

    Args:
        args: of ``emotion2vec_train`` with a ``min_majority``.

    Raises:
        InputError: ``min_majority`` is not from 0 to 1, or there are no votes of the training set's utterances.
    """
    if not 0 <= args.min_majority <= 1:
        raise InputError(f"min_majority: {args.min_majority} is not from 0 to 1")
    for part in ("train", "valid"):
        labels = read_table(getattr(args, f"{part}_utt2emo"))
        table = getattr(args, f"{part}_utt2votes")
        voted = sum(utt in labels for utt, _ in _votes(table))
        if part == "train" and not voted:
            raise InputError(f"{table or UTT2VOTES}: no votes of the training set's utterances; set min_majority to 0")
        logger.info(
            "%s: of %d labelled utterances %d have votes; %d whose label is not the clear majority count as unlabelled",
            *(part, len(labels), voted, len(labels) - len(category_labels(args, part))),
        )


def _votes(utt2votes: str | Path | None) -> Iterator[tuple[str, dict[str, float]]]:
    """Yields utterances with their votes; none where there is no table."""
    if utt2votes and Path(utt2votes).is_file():
        for _, utt, votes in parsed_lines(utt2votes, parse_votes):
            yield utt, votes
