"""Frozen features of the labelled utterances of a set, one vector per utterance."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from c2ser.data.features import read_feature
from c2ser.data.names import SKIPPED, UTT2EMO, UTT2SPK, UTT2VOTES
from c2ser.data.tables import parsed_lines, read_table, read_table_if_there
from c2ser.data.votes import parse_votes, vote_shares
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelledFeatures:
    """N labelled utterances.

    Attributes:
        utterances: N ids.
        vectors: (N, D), float32.
        emotions: (N,).
        speakers: (N,).
        shares: (N, E), the share of each emotion of the vocabulary in the listeners' votes, where a probe is to be
            trained on those; of utterances without votes the label has all. None to train on labels.
        layers: number of an encoder's layers that are side by side in a vector.
    """

    utterances: list[str]
    vectors: np.ndarray
    emotions: np.ndarray
    speakers: np.ndarray
    shares: np.ndarray | None = None
    layers: int = 1

    @property
    def classes(self) -> set[str]:
        """The emotions that training on these utterances teaches."""
        if self.shares is None:
            return set(self.emotions.tolist())
        return {emotion for emotion, share in zip(EMOTIONS, self.shares.sum(axis=0)) if share}

    def subset(self, utterances: Collection[str]) -> "LabelledFeatures":
        """Returns the given utterances, in the order of this object; unknown ids are ignored."""
        kept = [index for index, utterance in enumerate(self.utterances) if utterance in utterances]
        return replace(
            self,
            utterances=[self.utterances[index] for index in kept],
            vectors=self.vectors[kept],
            emotions=self.emotions[kept],
            speakers=self.speakers[kept],
            shares=None if self.shares is None else self.shares[kept],
        )


def load_features(
    data_dir: str | Path, name: str | Path, *, votes: bool = False, row: int | slice | None = None
) -> LabelledFeatures:
    """Loads the features of the labelled utterances of a data directory, each averaged over time.

    Utterances that extraction left out, which the table ``skipped`` beside the scp file lists, are left out here too.
    Memory grows with the labelled utterances: 4·D bytes each.

    Args:
        data_dir: contains ``utt2emo``, ``utt2spk`` and the features.
        name: the scp file in ``data_dir``, or an absolute path; features are (T, D) or (D,).
        votes: also load ``utt2votes``; the log counts the utterances without votes.
        row: take this row of each utterance's features, such as that of an encoder's layer, or these rows side by side,
            instead of their average.

    Raises:
        InputError: no utterance is labelled; features or speaker of one are missing, not finite or of another size;
            ``utt2votes`` is faulty.
    """
    data_dir = Path(data_dir)
    scp = data_dir / name
    labels, speakers, locations = (read_table(path) for path in (data_dir / UTT2EMO, data_dir / UTT2SPK, scp))
    skipped = read_table_if_there(scp.with_name(SKIPPED))
    labels = {utterance: emotion for utterance, emotion in labels.items() if utterance not in skipped}
    if not labels:
        raise InputError(f"{data_dir / UTT2EMO}: no labelled utterance; a probe needs labels")
    vectors: list[np.ndarray] = []
    for utterance in tqdm(labels, desc=str(scp), unit="utt", disable=None):
        if utterance not in locations:
            raise InputError(f"{scp}: no features for utterance '{utterance}'; extract the features again")
        if utterance not in speakers:
            raise InputError(f"{data_dir / UTT2SPK}: no speaker for utterance '{utterance}'; add one")
        rows = np.atleast_2d(read_feature(locations[utterance]))
        vector = rows.mean(axis=0) if row is None else rows[row].ravel()
        if not np.isfinite(vector).all():
            raise InputError(f"{scp}: utterance '{utterance}': no frames, or values that are not finite")
        if vectors and vector.shape != vectors[0].shape:
            raise InputError(
                f"{scp}: utterance '{utterance}' has {vector.size} dimensions, those before it "
                f"{vectors[0].size}; extract the features again, with one model"
            )
        vectors.append(vector)
        layers = len(rows[row]) if isinstance(row, slice) else 1
    return LabelledFeatures(
        utterances=list(labels),
        vectors=np.stack(vectors),
        emotions=np.array(list(labels.values())),
        speakers=np.array([speakers[utterance] for utterance in labels]),
        shares=_vote_shares(data_dir / UTT2VOTES, labels) if votes else None,
        layers=layers,
    )


def _vote_shares(table: Path, labels: Mapping[str, str]) -> np.ndarray:
    lines = parsed_lines(table, parse_votes) if table.is_file() else ()
    votes = {utterance: votes for _, utterance, votes in lines if utterance in labels}
    if without := len(labels) - len(votes):
        logger.warning("%s: %d of %d utterances have no votes; their labels count", table, without, len(labels))
    return np.array([vote_shares(votes.get(utt, {emotion: 1}), EMOTIONS) for utt, emotion in labels.items()])
