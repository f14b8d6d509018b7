"""A set is answered under one condition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from c2ser.checkpoints.experiments import experiment_config
from c2ser.data.batches import audio_batches
from c2ser.data.fingerprint import files_fingerprint, fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.provenance import check_encoder
from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.skipped import Skipped
from c2ser.data.transcripts import read_languages
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.packing.format import EMOTION2VEC, is_packed, read_pack
from c2ser.packing.hub import locate
from c2ser.stability import audio, sounds
from c2ser.stability.conditions import ALONE, AUDIO, UNCHANGED, Condition
from c2ser.stability.options import read_option
from c2ser.systems.answering import Answerer
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.inference import Answer, stored_answer, write_answers
from c2ser.systems.recognizer import Speech
from c2ser.systems.request import Request

CODE = files_fingerprint([audio.__file__, sounds.__file__])


@dataclass(frozen=True)
class Question:
    """What is asked under all conditions: which model, of which set, how.

    Attributes:
        model: an experiment of ``alm_train``, or a packed model.
        data_dir: has ``wav.scp``, and where known ``utt2lang``.
        output_dir: where ``conditions/<name>/`` goes.
        mode: ``implicit`` or ``explicit``.
        emotion2vec: Emotion2Vec-S of an experiment; None for the one that it was trained with, or the packed one.
        options: keywords of `C2SERRecognizer.load`.
        language: of all utterances, in which they are answered; None for their own.
        batch_samples: samples of a batch, padding included.
        skip_bad: leave out utterances whose audio cannot be used.
        max_seconds: longer utterances cannot be used.
        seed: of all random numbers.
    """

    model: str
    data_dir: str
    output_dir: str
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


def label_set(model: str) -> list[str]:
    """Returns the emotions that a model answers with, without loading it.

    Args:
        model: as in `Question`.

    Raises:
        InputError: there is no such model.
    """
    if _is_experiment(model):
        return read_emotions(experiment_config(model)["emotions"])
    return list(read_pack(locate(model)).emotions)


@lru_cache(maxsize=1)
def load_answerer(question: Question) -> Answerer:
    """Loads the model of a question; the last one is kept, as a process answers under several conditions.

    Raises:
        InputError: there is no such model, or its Emotion2Vec-S is not known.

    Example:
        >>> load_answerer(Question("exp/packed", "dump/test", "exp/stability")).recognizer.emotions  # doctest: +SKIP
        ['angry', 'happy', 'neutral', 'sad']
    """
    recognizer = C2SERRecognizer.load(question.model, **question.options)
    path = question.emotion2vec
    if path is None and not _is_experiment(question.model):
        path = str(Path(locate(question.model)) / EMOTION2VEC)
    if path is None and recognizer.encoder is not None:
        path = recognizer.encoder.model
    if path is None:
        raise InputError(f"{question.model}: names no Emotion2Vec-S that it was trained with; give --emotion2vec")
    answerer = Answerer(Emotion2Vec.from_pretrained(path, device=question.options.get("device", "cpu")), recognizer)
    if recognizer.encoder is not None:
        check_encoder(answerer.encoder, recognizer.encoder, features=path, user=question.model)
    return answerer


def answer_condition(question: Question, condition: Condition) -> None:
    """Answers a set under a condition, and writes ``text``, ``utt2scores`` and, last, ``utt2emo``.

    The same call after an interruption does the rest, and ends with the same bytes.

    Args:
        question: of which model and set.
        condition: what is different.

    Raises:
        InputError: audio cannot be used.
    """
    answerer = load_answerer(question)
    varied = answerer.recognizer.varied(
        prompt=condition.prompt,
        temperature=condition.temperature,
        top_p=condition.top_p,
        seed=_number(question.seed, condition.name),
    )
    answerer, folder = replace(answerer, recognizer=varied), question.folder(condition)
    if condition.group == ALONE:
        write_answers(folder, dict(_answer_sounds(answerer, question, condition)))
        return
    recordings = UtteranceAudio(
        question.data_dir, skipped=Skipped(allowed=question.skip_bad), max_seconds=question.max_seconds
    )
    languages = read_languages(question.data_dir)
    made_from = (varied.identity(), answerer.encoder.encoder, question.mode, asdict(condition), question.seed, CODE)
    system = fingerprint(*made_from)

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
        return _answers(answerer, question, condition, speech)

    with open_journal(folder / "answers" / "1.jsonl", utterance_keys(recordings, key)) as finished:
        batches = audio_batches(recordings, question.batch_samples)
        resumable_map(answer, recordings, batches=batches, store=finished, key=key, title=condition.name)
    write_answers(folder, finished.done)
    recordings.skipped.report(folder, num_utterances=len(recordings.entries))


def _is_experiment(model: str) -> bool:
    return Path(model).is_dir() and not is_packed(model)


def _changed(waveform: np.ndarray, condition: Condition, seed: int, utterance: str) -> np.ndarray:
    if condition.group != AUDIO:
        return waveform
    generator = np.random.default_rng(_number(seed, condition.name, utterance))
    return audio.degrade(waveform, condition.curve, value=condition.value, generator=generator)


def _answers(answerer: Answerer, question: Question, condition: Condition, speech: Sequence[Speech]) -> list[Answer]:
    worded = question.mode == "explicit" or bool(answerer.recognizer.answers)
    scores = worded and condition.group in (UNCHANGED, AUDIO, ALONE)
    recognitions = answerer.answer(speech, Request(question.mode, scores=scores))
    if condition.options:
        read = (read_option(recognition.text, condition.options) for recognition in recognitions)
        recognitions = [replace(own, emotion=emotion) for own, emotion in zip(recognitions, read, strict=True)]
    return [stored_answer(recognition) for recognition in recognitions]


def _answer_sounds(answerer: Answerer, question: Question, condition: Condition) -> Iterator[tuple[str, Answer]]:
    """Yields the answers to sounds without speech, each by itself, so that none depends on how many there are."""
    number, seconds = condition.sounds
    for place in range(1, number + 1):
        name = f"{condition.curve}_{place:03}"
        generator = np.random.default_rng(_number(question.seed, name))
        waveform = sounds.SOUNDS[condition.curve](round(seconds * SAMPLE_RATE), generator)
        speech = [Speech(waveform, language=question.language, answer_language=question.language, utterance=name)]
        yield name, _answers(answerer, question, condition, speech)[0]


def _number(*parts: object) -> int:
    """A number that is the same in every process and order of utterances."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:7], "big")
