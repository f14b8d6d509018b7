"""Utterances to listen to: the most confident errors, and some drawn at random; what every system says of them."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from c2ser.data.data_dir import DataDir
from c2ser.data.names import TEXT, UTT2SCORES, UTT2SPK
from c2ser.data.scores import read_scores
from c2ser.data.tables import outer_join
from c2ser.data.transcripts import LANGUAGES, TRANSCRIPTS, preferred
from c2ser.inspection.answer_samples import AnswerSample, chosen_answers, lot
from c2ser.inspection.embedded_audio import Audio, EmbeddedAudio
from c2ser.report.systems import Board, System
from c2ser.scoring.answers import read_utt_tsv

EXPLICIT_MODES = ("explicit", "measured")


class Place(NamedTuple):
    """An utterance of a set that some systems have answered.

    Attributes:
        systems: number of the set's systems, of `answered_sets`.
        utterance: its id.
    """

    systems: int
    utterance: str


@dataclass(frozen=True)
class Reply:
    """What a system says of an utterance.

    Attributes:
        system: its name.
        emotion: recognised, or `c2ser.emotions.INVALID`.
        is_right: whether that is the label.
        confidence: probability of the emotion; None where there are no probabilities.
        explained: the answer with its reasons; None without any.
    """

    system: str
    emotion: str
    is_right: bool
    confidence: float | None
    explained: AnswerSample | None


@dataclass(frozen=True)
class Card:
    """An utterance to listen to.

    Attributes:
        utterance: its id.
        set: what it is from.
        speaker: who speaks; None where that is not known.
        label: the true emotion.
        text: its words, of the corpus or of a recogniser; None where they are not known.
        language: ISO 639-1; None where it is not known.
        audio: to play.
        replies: of all systems.
    """

    utterance: str
    set: str
    speaker: str | None
    label: str
    text: str | None
    language: str | None
    audio: Audio
    replies: list[Reply]


def answered_sets(boards: Sequence[Board]) -> list[list[System]]:
    """Returns the systems that answered each set; of folds each has a set of its own."""
    sets: dict[tuple[Path, str], list[System]] = {}
    for board in boards:
        for system in board.systems:
            sets.setdefault((system.experiment, system.set), []).append(system)
    return list(sets.values())


def worst_errors(sets: Sequence[Sequence[System]], number: int) -> list[Place]:
    """Finds the wrong answers of highest confidence, of all systems with probabilities.

    Args:
        sets: the systems of each set.
        number: of utterances, each of which counts once.

    Returns:
        The most confident error first.
    """
    wrong = (
        (-confidence, place, line.utterance)
        for place, systems in enumerate(sets)
        for system in systems
        for line, confidence in _with_confidence(system)
        if confidence is not None and line.answer != line.truth
    )
    most = heapq.nsmallest(number * sum(map(len, sets)), wrong)
    return _once(sets, (Place(place, utterance) for _, place, utterance in most))[:number]


def drawn_utterances(sets: Sequence[Sequence[System]], number: int, *, without: Collection[Place]) -> list[Place]:
    """Draws utterances at random; the draw depends on their ids alone.

    Args:
        sets: the systems of each set.
        number: of utterances.
        without: utterances that are shown already.
    """
    places = (Place(at, line.utterance) for at, own in enumerate(sets) for line in read_utt_tsv(_utt_tsv(own[0])))
    most = (number + len(without)) * len(sets)
    drawn = heapq.nsmallest(most, places, key=lambda place: (lot(place.utterance, 0), place))
    return _once(sets, [*without, *drawn])[len(without) :][:number]


def _once(sets: Sequence[Sequence[System]], places: Iterable[Place]) -> list[Place]:
    """Leaves out an utterance that another set of the experiment has, too, such as one of all languages."""
    first: dict[tuple[Path, str], Place] = {}
    for place in places:
        first.setdefault((sets[place.systems][0].experiment, place.utterance), place)
    return list(first.values())


def cards(sets: Sequence[Sequence[System]], places: Sequence[Place], *, dump_dir: str | Path | None) -> list[Card]:
    """Reads all that is known of utterances.

    Args:
        sets: the systems of each set.
        places: the utterances.
        dump_dir: the folder of the data directories; see `System.data_dir`.

    Returns:
        In the order of the places.

    Raises:
        InputError: a table is faulty.
    """
    found: dict[Place, Card] = {}
    for number, systems in enumerate(sets):
        chosen = {place.utterance for place in places if place.systems == number}
        if chosen:
            of_set = _cards(systems, chosen, data=data_dir(systems, dump_dir))
            found |= {Place(number, card.utterance): card for card in of_set}
    return [found[place] for place in places]


def data_dir(systems: Sequence[System], dump_dir: str | Path | None = None) -> DataDir | None:
    """Returns the data directory of a set, which one of its systems tells; None where none does."""
    return next(filter(None, (system.data_dir(dump_dir) for system in systems)), None)


def _cards(systems: Sequence[System], chosen: Collection[str], *, data: DataDir | None) -> Iterator[Card]:
    labels = {line.utterance: line.truth for line in read_utt_tsv(_utt_tsv(systems[0])) if line.utterance in chosen}
    replies = [_replies(system, chosen, data=data) for system in systems]
    known, audio = _known(data, chosen), EmbeddedAudio(data or "no data directory found", chosen)
    for utterance, label in labels.items():
        own = [of_system[utterance] for of_system in replies if utterance in of_system]
        speaker, text, language = known.get(utterance, (None, None, None))
        yield Card(utterance, systems[0].set, speaker, label, text, language, audio.read(utterance), own)


def _known(data: DataDir | None, chosen: Collection[str]) -> dict[str, tuple[str | None, str | None, str | None]]:
    """Returns speaker, words and language of utterances."""
    if data is None:
        return {}
    rows = data.iterate(optional=[UTT2SPK, *TRANSCRIPTS, *LANGUAGES])
    return {
        utterance: (speaker, preferred(text, text_asr), preferred(language, language_asr))
        for utterance, speaker, text, text_asr, language, language_asr in rows
        if utterance in chosen
    }


def _replies(system: System, chosen: Collection[str], *, data: DataDir | None) -> dict[str, Reply]:
    explained: dict[str, AnswerSample] = {}
    if data is not None and system.mode in EXPLICIT_MODES and (system.answers / TEXT).is_file():
        samples = chosen_answers(data, system.answers / TEXT, utterances=chosen)
        explained = {sample.comparison.of.utterance: sample for sample in samples}
    return {
        line.utterance: Reply(
            system.name, line.answer, line.answer == line.truth, confidence, explained.get(line.utterance)
        )
        for line, confidence in _with_confidence(system)
        if line.utterance in chosen
    }


def _with_confidence(system: System) -> Iterator[tuple]:
    """Yields what a system answered to each utterance, and the probability of that, where it is known."""
    lines = ((line.utterance, line) for line in read_utt_tsv(_utt_tsv(system)))
    path = system.answers / UTT2SCORES
    for _, line, scores in outer_join(lines, read_scores(path) if path.is_file() else ()):
        if line is not None:
            yield line, (scores or {}).get(line.answer)


def _utt_tsv(system: System) -> Path:
    return system.found.directory / "utt.tsv"
