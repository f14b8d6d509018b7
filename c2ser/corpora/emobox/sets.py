"""Sets of utterances from EmoBox's metadata and a corpus's audio."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from c2ser.corpora import Corpus, find_corpus
from c2ser.corpora.common.labels import LabelCounts, find_label, is_label
from c2ser.corpora.common.layouts import read_path
from c2ser.corpora.common.votes import with_votes
from c2ser.corpora.emobox.audio import find_audio
from c2ser.corpora.emobox.metadata import Row, corpus_dir, find_lists, read_label_map, read_rows, read_speakers
from c2ser.data.label_maps import OWN, LabelMap
from c2ser.data.splits import stratified_hold_out
from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def read_sets(
    metadata_dir: Path,
    audio_dir: Path,
    *,
    fold: int | None = None,
    skip_bad: bool = False,
    label_map: LabelMap = OWN,
) -> dict[str, list[Utterance]]:
    """Reads a corpus whole, as the set ``all``, or one fold as ``train``, ``test`` and, where it has one, ``dev``.

    Utterances whose label the map leaves out, or which is not an emotion of the vocabulary, are left out, and counted
    in the log; so are labels that become the same emotion as another one. Votes of listeners, which the metadata does
    not have, are read from the corpus's folder.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        audio_dir: the corpus's folder; leading folders of the metadata's paths that it does not have are dropped.
        fold: from 1; by default the whole corpus.
        skip_bad: leave out rows without audio and duplicate rows, and name them in the log.
        label_map: which emotion a label becomes.

    Returns:
        name of the set -> its utterances.

    Raises:
        InputError: a list is missing or faulty, an utterance is in two of them, a label is unknown, audio is missing,
            or the map names a label that the corpus does not have.

    Example:
        >>> sets = read_sets(Path("EmoBox/data/casia"), Path("casia"), fold=1)  # doctest: +SKIP
        >>> sorted(sets)  # doctest: +SKIP
        ['test', 'train']
    """
    reader = _Reader(metadata_dir, label_map)
    lists = {name: list(read_rows(path)) for name, path in find_lists(reader.metadata_dir, fold).items()}
    _check_apart(lists.values())
    label_map.check(reader.known_labels(lists.values()), f"the corpus {reader.name}")
    sets = {name: list(reader.utterances(rows, audio_dir, skip_bad=skip_bad)) for name, rows in lists.items()}
    if reader.corpus is None or reader.corpus.votes is None:
        return sets
    votes, emotions = reader.corpus.votes(audio_dir), label_set(metadata_dir, sets, label_map=label_map)
    return {
        name: list(with_votes(utts, votes, emotion_of=reader.voted_emotion, emotions=emotions))
        for name, utts in sets.items()
    }


def listed_sets(metadata_dir: Path, *, fold: int | None = None) -> dict[str, list[Utterance]]:
    """Reads what the lists and the paths in them tell, without looking for audio.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        fold: from 1; by default the whole corpus.

    Returns:
        name of the set -> its utterances; the emotion of those that `read_sets` leaves out is None.

    Raises:
        InputError: a list is missing or faulty.

    Example:
        >>> sets = listed_sets(Path("EmoBox/data/casia"), fold=1)  # doctest: +SKIP
        >>> sets["test"][0].speaker  # doctest: +SKIP
        'casia_wangzhe'
    """
    reader = _Reader(metadata_dir, OWN)
    lists = find_lists(reader.metadata_dir, fold)
    return {name: list(map(reader.listed, read_rows(path))) for name, path in lists.items()}


def label_set(metadata_dir: Path, sets: Mapping[str, Sequence[Utterance]], *, label_map: LabelMap = OWN) -> list[str]:
    """Returns the corpus's emotions in the vocabulary's order.

    Args:
        metadata_dir: EmoBox's ``data/<name>``, whose label map counts where there is one.
        sets: name of the set -> its utterances, whose emotions count otherwise.
        label_map: the map with which they were read.
    """
    reader = _Reader(metadata_dir, label_map)
    named = {reader.emotion(label) for label in reader.words}
    found = named or {utt.emotion for utts in sets.values() for utt in utts}
    return [emotion for emotion in EMOTIONS if emotion in found]


def hold_out_dev(sets: dict[str, list[Utterance]], fraction: float) -> dict[str, list[Utterance]]:
    """Moves a fraction of each emotion's utterances from ``train`` to ``dev``, where there is no ``dev`` yet.

    Args:
        sets: name of the set -> its utterances.
        fraction: from 0, which leaves the sets as they are, to 1.

    Returns:
        The sets, with ``dev``.
    """
    if fraction == 0 or "dev" in sets or "train" not in sets:
        return sets
    drawn = stratified_hold_out({utt.id: utt.emotion for utt in sets["train"]}, fraction)
    parts = {"dev": [], "train": []}
    for utt in sets["train"]:
        parts["dev" if utt.id in drawn else "train"].append(utt)
    return sets | parts


class _Reader:
    """Makes utterances of the rows of one corpus."""

    def __init__(self, metadata_dir: Path, label_map: LabelMap):
        self.metadata_dir = corpus_dir(metadata_dir)
        self.name = self.metadata_dir.name
        self.words = read_label_map(self.metadata_dir)  # label -> English word
        self.label_map = label_map
        self.corpus = find_corpus(self.name)
        self.own_labels = self.corpus.labels if self.corpus else {}
        known = self.corpus is None or self.corpus.speakers_known
        self.speakers = read_speakers(self.metadata_dir) if known else {}

    def word(self, label: str) -> str:
        return self.words.get(label.casefold(), label)

    def own_emotion(self, label: str) -> str | None:
        return find_label(self.word(label), self.own_labels)

    def emotion(self, label: str) -> str | None:
        return self.label_map.emotion((label, self.word(label)), self.own_emotion(label))

    def voted_emotion(self, emotion: str) -> str | None:
        """What votes for an emotion become: what the corpus's label for it becomes, where the metadata has that."""
        labels = [label for label, own in self.own_labels.items() if own == emotion and label.casefold() in self.words]
        return self.emotion(labels[0] if labels else emotion)

    def known_labels(self, lists: Iterable[Sequence[Row]]) -> set[str]:
        """Labels of the corpus and of lists, the words for them, and their emotions."""
        labels = {*self.words, *self.own_labels, *(row.label for rows in lists for row in rows)}
        emotions = {self.own_emotion(label) for label in labels}
        return labels | {self.word(label) for label in labels} | {emotion for emotion in emotions if emotion}

    def utterances(self, rows: Sequence[Row], audio_dir: Path, *, skip_bad: bool) -> Iterator[Utterance]:
        labels = LabelCounts()
        first: dict[str, Row] = {}
        for row, wav in find_audio(rows, audio_dir, skip_bad=skip_bad):
            self._check_label(row)
            own, emotion = self.own_emotion(row.label), self.emotion(row.label)
            labels.add(row.label, emotion, word=self.word(row.label), renamed=emotion != own)
            if emotion is None:
                continue
            utterance = replace(self._utterance(row, wav), emotion=emotion)
            if first.setdefault(utterance.id, row) is not row:
                other = first[utterance.id]
                raise InputError(f"{row.where}: {wav} and that of line {other.line} both get the id '{utterance.id}'")
            yield utterance
        labels.report(rows[0].path, self.label_map.name)
        if not first:
            raise InputError(
                f"{rows[0].path}:1: the label map {self.label_map.name} leaves out all {labels.total} utterances of the"
                " list; give another --label_map"
            )

    def _check_label(self, row: Row) -> None:
        """Tells labels that are left out on purpose from those that nothing says the meaning of."""
        label = row.label.strip().casefold()
        if label not in self.words and label not in self.label_map.emotions and not is_label(label, self.own_labels):
            raise InputError(
                f"{row.where}: unknown label '{row.label}'; say in a file for --label_map what it becomes"
                f" ('{row.label}: happy'), or that it is left out ('{row.label}: null')"
            )

    def listed(self, row: Row) -> Utterance:
        return replace(self._utterance(row, Path(row.wav)), emotion=self.emotion(row.label))

    def _utterance(self, row: Row, wav: Path) -> Utterance:
        """Makes ids that start with the speaker, where it is known."""
        rest = _id(row.key).removeprefix(f"{self.name}-")
        if self.corpus and self.corpus.utterance:  # whose files tell more than EmoBox does
            return self._with_listed_speaker(self.corpus.utterance(wav), rest, row)
        utterance = Utterance(id=f"{self.name}_{rest}", wav=wav, speaker=f"{self.name}_{rest}")
        if row.start is not None:
            recording = f"{self.name}_{_id(row.wav.stem)}"
            utterance = replace(utterance, recording=recording, start=row.start, end=row.end)
        if self.corpus:
            utterance = _with_facts(utterance, rest, row=row, corpus=self.corpus)
        return self._with_listed_speaker(utterance, rest, row)

    def _with_listed_speaker(self, utterance: Utterance, rest: str, row: Row) -> Utterance:
        """Adds the speaker that EmoBox lists, where neither path nor file tells it."""
        if utterance.speaker != utterance.id or row.key not in self.speakers:
            return utterance
        speaker = f"{self.name}_{_id(self.speakers[row.key])}"
        return replace(utterance, id=f"{speaker}-{rest}", speaker=speaker)


def _check_apart(lists: Iterable[Sequence[Row]]) -> None:
    """Refuses an utterance that two lists of a fold have."""
    first: dict[str, Row] = {}
    for row in (row for rows in lists for row in rows):
        other = first.setdefault(row.key, row)
        if other.path != row.path:
            raise InputError(f"{row.where}: '{row.key}' is also in {other.where}; get EmoBox again")


def _with_facts(utterance: Utterance, rest: str, *, row: Row, corpus: Corpus) -> Utterance:
    """Adds what the path tells: language, transcript, the speaker and the speaker's sex."""
    facts = read_path(row.wav, corpus)
    if facts is None:
        return replace(utterance, language=corpus.languages[0] if len(corpus.languages) == 1 else None)
    known = replace(utterance, language=facts.language, gender=facts.sex, age=facts.age, text=facts.text)
    if facts.speaker is None:
        return known
    speaker = f"{corpus.name}_{facts.speaker}"
    return replace(known, id=f"{speaker}-{rest}", speaker=speaker)


def _id(text: str) -> str:
    return re.sub(r"\s+", "_", text)
