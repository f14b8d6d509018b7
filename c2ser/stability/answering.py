"""A set is answered under one condition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from c2ser.data.batches import audio_batches
from c2ser.data.fingerprint import files_fingerprint, fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.skipped import Skipped
from c2ser.data.transcripts import read_languages
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.stability import audio, sounds
from c2ser.stability.conditions import ALONE, AUDIO, UNCHANGED, Condition
from c2ser.stability.options import read_option
from c2ser.stability.subjects import Subject
from c2ser.systems.inference import Answer, stored_answer, write_answers
from c2ser.systems.recognizer import Speech

CODE = files_fingerprint([audio.__file__, sounds.__file__])


@dataclass(frozen=True)
class Question:
    """What is asked under all conditions: which model, of which set, how.

    Attributes:
        model: of the system.
        data_dir: has ``wav.scp``, and where known ``utt2lang``.
        output_dir: where ``conditions/<name>/`` goes.
        system: of `c2ser.systems.recognizer.SYSTEMS`.
        mode: ``implicit`` or ``explicit``.
        emotion2vec, options: of `Subject.load`.
        language: of all utterances, in which they are answered; None for their own.
        batch_samples: samples of a batch, padding included.
        skip_bad: leave out utterances whose audio cannot be used.
        max_seconds: longer utterances cannot be used.
        seed: of all random numbers.
    """

    model: str
    data_dir: str
    output_dir: str
    system: str = "c2ser"
    mode: str = "implicit"
    emotion2vec: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    language: str | None = None
    batch_samples: int = 120 * SAMPLE_RATE
    skip_bad: bool = False
    max_seconds: float = MAX_SECONDS
    seed: int = 0

    def folder(self, condition: Condition) -> Path:
        """Returns where a condition's ``text``, ``utt2emo`` and ``utt2scores`` are."""
        return Path(self.output_dir) / "conditions" / condition.name


@lru_cache(maxsize=1)
def load_subject(question: Question) -> Subject:
    """Loads the system of a question; the last one is kept, as a process answers under several conditions.

    Raises:
        InputError: as `Subject.load`.

    Example:
        >>> load_subject(Question("exp/packed", "dump/test", "exp/stability")).recognizer.emotions  # doctest: +SKIP
        ['angry', 'happy', 'neutral', 'sad']
    """
    return Subject.load(question.system, question.model, emotion2vec=question.emotion2vec, **question.options)


def answer_condition(question: Question, condition: Condition) -> None:
    """Answers a set under a condition, and writes ``text``, ``utt2scores`` and, last, ``utt2emo``.

    The same call after an interruption does the rest, and ends with the same bytes.

    Args:
        question: of which model and set.
        condition: what is different.

    Raises:
        InputError: audio cannot be used.
    """
    subject, folder = load_subject(question), question.folder(condition)
    subject = subject.varied(
        prompt=condition.prompt,
        temperature=condition.temperature,
        top_p=condition.top_p,
        seed=_number(question.seed, condition.name),
    )
    if condition.group == ALONE:
        write_answers(folder, dict(_answer_sounds(subject, question, condition)))
        return
    recordings = UtteranceAudio(
        question.data_dir, skipped=Skipped(allowed=question.skip_bad), max_seconds=question.max_seconds
    )
    languages = read_languages(question.data_dir)
    system = fingerprint(subject.identity(), question.mode, asdict(condition), question.seed, CODE)

    def key(utt: str, stamp: tuple) -> str:
        return fingerprint(system, utt, stamp, languages.get(utt), question.language)

    def answer(batch: AudioBatch) -> Sequence[Answer]:
        speech = [
            Speech(
                _changed(waveform, condition, question.seed, utt),
                language=question.language or languages.get(utt),
                answer_language=question.language,
                utterance=utt,
            )
            for utt, waveform in zip(batch.utterances, batch.waveforms, strict=True)
        ]
        return _answers(subject, question, condition, speech)

    with open_journal(folder / "answers" / "1.jsonl", utterance_keys(recordings, key)) as finished:
        batches = audio_batches(recordings, question.batch_samples)
        resumable_map(answer, recordings, batches=batches, store=finished, key=key, title=condition.name)
    write_answers(folder, finished.done)
    recordings.skipped.report(folder, num_utterances=len(recordings.entries))


def _changed(waveform: np.ndarray, condition: Condition, seed: int, utterance: str) -> np.ndarray:
    if condition.group != AUDIO:
        return waveform
    generator = np.random.default_rng(_number(seed, condition.name, utterance))
    return audio.degrade(waveform, condition.curve, value=condition.value, generator=generator)


def _answers(subject: Subject, question: Question, condition: Condition, speech: Sequence[Speech]) -> list[Answer]:
    recognitions = subject.answer(speech, question.mode, scores=condition.group in (UNCHANGED, AUDIO, ALONE))
    if condition.options:
        read = (read_option(recognition.text, condition.options) for recognition in recognitions)
        recognitions = [replace(own, emotion=emotion) for own, emotion in zip(recognitions, read, strict=True)]
    return [stored_answer(recognition) for recognition in recognitions]


def _answer_sounds(subject: Subject, question: Question, condition: Condition) -> Iterator[tuple[str, Answer]]:
    """Yields the answers to sounds without speech, each by itself, so that none depends on how many there are."""
    number, seconds = condition.sounds
    for place in range(1, number + 1):
        name = f"{condition.curve}_{place:03}"
        generator = np.random.default_rng(_number(question.seed, name))
        waveform = sounds.SOUNDS[condition.curve](round(seconds * SAMPLE_RATE), generator)
        speech = [Speech(waveform, language=question.language, answer_language=question.language, utterance=name)]
        yield name, _answers(subject, question, condition, speech)[0]


def _number(*parts: object) -> int:
    """A number that is the same in every process and order of utterances."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:7], "big")
