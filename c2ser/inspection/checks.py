"""Warnings about data: problems that a training would not report but suffer from."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.inspection.sets import LEVEL_WORDS, NONE, DataSet

MIN_UTTERANCES = 10  # per emotion and set
MIN_SECONDS = 0.4
MAX_SECONDS = 30  # input length of Whisper
SAME_LENGTH_SHARE = 0.5  # of utterances of equal duration, which natural speech does not have
UNDEFINED_SHARE = 0.5  # of undefined values of an attribute
MAX_RATE = 20  # phonemes a second, more than anybody speaks
MAX_RATE_SHARE = 0.1  # of utterances with more, which is no longer a few wrong transcripts
LEVEL_SHARE = 0.95  # of one level, which makes an attribute uninformative
SPEAKER_SHARE = 0.5  # of an emotion's utterances that are of one speaker
SPEAKER_EXCESS = 1.5  # this share in relation to that of the speaker in the whole set
NAMED = 5  # examples per warning


def find_warnings(sets: Sequence[DataSet], emotions: Sequence[str]) -> list[str]:
    """Returns one line per problem.

    Args:
        sets: the training set first.
        emotions: the label set.
    """
    train = {sets[0].name, *(data_set.name for data_set in sets if data_set.pseudo_labels is not None)}
    own = [
        line
        for number, data_set in enumerate(sets)
        for check in (_labels, _speakers, _durations, _texts, _attributes, _levels, _repeated_audio, _pseudo_labels)
        for line in check(data_set, emotions, number == 0)
    ]
    shared = [
        line
        for first, second in combinations(sets, 2)
        for line in _shared(first, second, both_train={first.name, second.name} <= train)
    ]
    return own + shared


def _labels(data_set: DataSet, emotions: Sequence[str], is_train: bool) -> Iterator[str]:
    counts = data_set.emotion.counts()
    if not any(counts.values()):
        if is_train:
            yield f"{data_set.name}: no utterance is labelled, so no training on it is possible"
        return
    if foreign := [emotion for emotion, count in counts.items() if count and emotion not in emotions]:
        yield f"{data_set.name}: has utterances of {', '.join(foreign)}, which are not in the label set"
    if missing := [emotion for emotion in emotions if is_train and not counts[emotion]]:
        yield f"{data_set.name}: no utterance of {', '.join(missing)}, which therefore cannot be learned"
    few = [
        f"{emotion} ({counts[emotion]})"
        for emotion in emotions
        if counts[emotion] < MIN_UTTERANCES and emotion not in missing
    ]
    if few:
        yield f"{data_set.name}: fewer than {MIN_UTTERANCES} utterances of {', '.join(few)}"


def _speakers(data_set: DataSet, emotions: Sequence[str], _: bool) -> Iterator[str]:
    """Finds emotions that mostly one speaker speaks, so that a model may learn the voice instead."""
    if not data_set.knows_speakers:
        return
    counts = data_set.emotions_of_speakers
    shares = counts.sum(axis=1) / max(counts.sum(), 1)
    for emotion in emotions:
        column = counts[:, data_set.emotion.names.index(emotion)]
        main, total = column.argmax(), column.sum()
        share = column[main] / max(total, 1)
        if total >= MIN_UTTERANCES and share >= max(SPEAKER_SHARE, SPEAKER_EXCESS * shares[main]):
            yield (
                f"{data_set.name}: {share:.0%} of the {total} utterances of {emotion} are of speaker"
                f" {data_set.speaker.names[main]}, who has {shares[main]:.0%} of all; a model may learn the voice"
                " instead"
            )


def _durations(data_set: DataSet, *_) -> Iterator[str]:
    if data_set.durations is None:
        return
    long, short = data_set.durations > MAX_SECONDS, data_set.durations < MIN_SECONDS
    if long.any():
        yield f"{_some(data_set, long)} longer than {MAX_SECONDS} s; Whisper encodes the first {MAX_SECONDS} s only"
    if short.any():
        yield f"{_some(data_set, short)} shorter than {MIN_SECONDS} s, perhaps too short to recognise an emotion"
    lengths, counts = np.unique(data_set.durations[np.isfinite(data_set.durations)], return_counts=True)
    if counts.size and counts.max() >= max(MIN_UTTERANCES, SAME_LENGTH_SHARE * len(data_set.durations)):
        share, seconds = counts.max() / len(data_set.durations), lengths[counts.argmax()]
        yield f"{data_set.name}: {share:.1%} of the utterances last exactly {seconds:g} s; were they cut or padded?"


def _texts(data_set: DataSet, *_) -> Iterator[str]:
    wordless = data_set.without_words & (data_set.emotion.codes != NONE)
    if wordless.any():
        yield f"{_some(data_set, wordless)} labelled but have no transcript; their rationales cannot quote the words"


def _attributes(data_set: DataSet, *_) -> Iterator[str]:
    if data_set.attributes is None:
        return
    for name, share in zip(ATTRIBUTES, np.isnan(data_set.attributes).mean(axis=0)):
        if share > UNDEFINED_SHARE:
            yield f"{data_set.name}: {name} is undefined (nan) in {share:.1%} of the utterances"
    share = (data_set.attributes[:, ATTRIBUTES.index("rate")] > MAX_RATE).mean()
    if share > MAX_RATE_SHARE:
        yield (
            f"{data_set.name}: {share:.1%} of the utterances have more than {MAX_RATE} phonemes a second; were they"
            " cut, so that transcripts have more words than the audio?"
        )


def _levels(data_set: DataSet, *_) -> Iterator[str]:
    if data_set.levels is None:
        return
    for name, column in zip(ATTRIBUTES, data_set.levels.T):
        known = column[column != LEVEL_WORDS.index(UNKNOWN)]
        counts = np.bincount(known, minlength=1)
        if known.size and counts.max() >= LEVEL_SHARE * known.size:
            share, word = counts.max() / known.size, LEVEL_WORDS[counts.argmax()]
            yield f"{data_set.name}: {share:.1%} of the levels of {name} are {word}, so that {name} is uninformative"


def _repeated_audio(data_set: DataSet, *_) -> Iterator[str]:
    _, first = np.unique(data_set.audio, return_index=True)
    if repeated := len(data_set.audio) - len(first):
        example = data_set.utterances[np.setdiff1d(np.arange(len(data_set.audio)), first)[0]]
        yield f"{data_set.name}: {repeated} utterances have the same audio as another one, such as {example}"


def _pseudo_labels(data_set: DataSet, *_) -> Iterator[str]:
    for line in (data_set.pseudo_labels or "").splitlines():
        if line.startswith("warning: "):
            yield f"{data_set.name}: {line.removeprefix('warning: ')}"


def _shared(first: DataSet, second: DataSet, both_train: bool) -> Iterator[str]:
    """Finds what two sets share; speakers may be shared if both are trained on."""
    names = f"{first.name} and {second.name}"
    utts = sorted(set(first.utterances) & set(second.utterances))
    if utts:
        yield f"{names} share {len(utts)} utterances: {_listed(utts)}"
    audio = np.isin(second.audio, first.audio)
    if audio.any():
        ids = [second.utterances[row] for row in np.flatnonzero(audio)[: NAMED + 1]]
        yield f"{names} share the audio of {audio.sum()} utterances: {_listed(ids, audio.sum())}"
    speakers = sorted(set(first.speaker.names) & set(second.speaker.names) - set(utts))
    if speakers and not both_train:
        share = f"{len(speakers)} of {len(second.speaker.names)} speakers"
        yield f"{names} share {share}: {_listed(speakers)}; results on them are not speaker-independent"


def _some(data_set: DataSet, chosen: np.ndarray) -> str:
    """Counts and names the chosen utterances: ``train: 2 of 749 utterances (a, b) are``."""
    ids = [data_set.utterances[row] for row in np.flatnonzero(chosen)[:NAMED]]
    return f"{data_set.name}: {chosen.sum()} of {len(chosen)} utterances ({_listed(ids, chosen.sum())}) are"


def _listed(names: Sequence[str], total: int | None = None) -> str:
    more = len(names) if total is None else total
    return ", ".join(names[:NAMED]) + (", ..." if more > NAMED else "")
