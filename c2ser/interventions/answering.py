"""Utterances are answered with inputs of their own and of others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from c2ser.data.batches import length_batches, prefetch
from c2ser.data.features import read_feature
from c2ser.data.fingerprint import fingerprint
from c2ser.data.journal import open_journal
from c2ser.data.limits import MAX_SECONDS
from c2ser.data.location import AudioLocation
from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.encoders.cache import StatesCache, TensorCache
from c2ser.interventions.conditions import FRAMES, LEVELS, POOLED, TOKENS, WORDS, Condition
from c2ser.interventions.pairs import Pair
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.inference import Answer, locate_features, stored_answer
from c2ser.systems.measuring import read_levels
from c2ser.systems.options import MEASURED
from c2ser.systems.recognizer import Speech

# Input -> the field of `Speech` that it is computed from.
FIELDS = {TOKENS: "emotion2vec_s", FRAMES: "audio", LEVELS: "levels", WORDS: "transcript"}
OF_SPEECH = frozenset({TOKENS, FRAMES, POOLED})
HEARD = (FRAMES, TOKENS)
KEPT_BYTES = 2 << 30  # of Whisper's states and of speech embeddings, to be used in several conditions


@dataclass(frozen=True)
class Question:
    """What is asked in all conditions.

    Attributes:
        model: an experiment of ``alm_train`` or a packed model.
        data_dir: has ``wav.scp``, ``emotion2vec_s.scp``, ``utt2emo`` and ``text``; for explicit answers also what
            `read_levels` takes.
        output_dir: where the files go.
        mode: ``implicit`` or ``explicit``.
        options: keywords of `C2SERRecognizer.load`.
        donors: that an utterance has at most.
        language: of all utterances, in which they are answered; None for their own.
        batch_samples: samples of a batch, padding included.
        skip_bad: leave out utterances whose audio cannot be used.
        max_seconds: longer utterances cannot be used.
        seed: of the draw of donors.
    """

    model: str
    data_dir: str
    output_dir: str
    mode: str = "implicit"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    donors: int = 3
    language: str | None = None
    batch_samples: int = 120 * SAMPLE_RATE
    skip_bad: bool = False
    max_seconds: float = MAX_SECONDS
    seed: int = 0


@dataclass(frozen=True)
class Task:
    """An answer that is wanted.

    Attributes:
        condition: what is exchanged.
        pair: between whom; an utterance that is answered without a donor is its own.
    """

    condition: Condition
    pair: Pair

    @property
    def name(self) -> str:
        """Of the answer, in the journal."""
        return f"{self.condition.name} {self.pair.recipient} {self.pair.donor}"


class Inputs:
    """Inputs of the utterances of a set.

    Args:
        question: names the set.
        recognizer: says which Emotion2Vec-S and which thresholds.
        audio: of the set.

    Attributes:
        levels: utterance -> levels, for explicit answers.

    Raises:
        InputError: features, or levels for explicit answers, are missing or of another encoder.
    """

    def __init__(self, question: Question, recognizer: C2SERRecognizer, *, audio: UtteranceAudio):
        data_dir, explicit = Path(question.data_dir), question.mode == "explicit"
        self._audio = audio
        self._locations = locate_features(data_dir, audio, expected=recognizer.encoder)
        self._languages, self._language = read_languages(data_dir), question.language
        self._words = read_texts(data_dir) if explicit else {}
        self.levels = read_levels(data_dir, recognizer.thresholds) if explicit else {}
        self.length, self.stamp = cache(audio.num_samples), cache(self._stamp)

    def without_audio(self, utt: str) -> Speech:
        """Returns what is known of an utterance without its audio."""
        return Speech(
            transcript=self._words.get(utt),
            levels=self.levels.get(utt),
            language=self._language or self._languages.get(utt),
            answer_language=self._language,
            utterance=utt,
        )

    def speech(self, utt: str) -> Speech | None:
        """Reads all of an utterance; None where its audio cannot be used, and that is allowed."""
        recording = self._audio.read(utt)
        if recording is None:
            return None
        waveform = resample(recording.samples, recording.sample_rate)
        return replace(self.without_audio(utt), audio=waveform, emotion2vec_s=read_feature(self._locations[utt]))

    def _stamp(self, utt: str) -> str:
        known, feature = self.without_audio(utt), AudioLocation.parse(self._locations[utt]).stamp()
        told = (known.transcript, known.levels, known.language, known.answer_language)
        return fingerprint(utt, self._audio.stamp(utt), feature, *told)


class Answerer:
    """Answers tasks, in batches.

    Args:
        recognizer: the model.
        mode: ``implicit`` or ``explicit``.
    """

    def __init__(self, recognizer: C2SERRecognizer, mode: str):
        self.recognizer = recognizer
        self.mode = mode
        self._states = StatesCache(recognizer.model.whisper, KEPT_BYTES)
        self._embeddings = TensorCache(KEPT_BYTES, "speech embeddings")

    @cached_property
    def concluding(self) -> C2SERRecognizer:
        """The recognizer that is given its reasons."""
        return self.recognizer.varied(reasons=MEASURED)

    def of(self, condition: Condition) -> C2SERRecognizer:
        """Returns the recognizer that answers in a condition."""
        return self.recognizer if condition.given is None else self.concluding

    def answer(self, condition: Condition, pairs: Sequence[tuple[Speech, Speech]]) -> list[Answer]:
        """Answers recipients with what donors have.

        Args:
            condition: says what is exchanged.
            pairs: recipient and donor.
        """
        batch = [exchange(own, donor, inputs=condition.exchanged) for own, donor in pairs]
        if condition.given is not None:
            withheld = {FIELDS[name]: None for name in (LEVELS, WORDS) if name not in condition.given}
            batch = [replace(speech, **withheld) for speech in batch]
        speech_embeddings = (
            self._perceive(condition, pairs) if condition.with_speech else [self._nothing()] * len(batch)
        )
        return [
            stored_answer(own)
            for own in self.of(condition).recognize(batch, self.mode, speech_embeddings=speech_embeddings)
        ]

    def _perceive(self, condition: Condition, pairs: Sequence[tuple[Speech, Speech]]) -> list[Tensor]:
        """Computes the speech embeddings; pooled tokens and frames may be of different utterances."""
        exchanged = condition.exchanged
        speech_embeddings = self._hear(pairs, exchanged)
        number = self.recognizer.model.num_pooled_tokens
        if number == 0 or (POOLED in exchanged) == (FRAMES in exchanged):
            return speech_embeddings
        others = self._hear(pairs, exchanged ^ {FRAMES})
        return [
            torch.cat([pooled[:number], own[number:]]) for pooled, own in zip(others, speech_embeddings, strict=True)
        ]

    def _hear(self, pairs: Sequence[tuple[Speech, Speech]], inputs: Set[str]) -> list[Tensor]:
        """Computes those speech embeddings that are not kept; Whisper reads each utterance once."""
        batch = [exchange(own, donor, inputs=inputs) for own, donor in pairs]
        whose = [tuple((donor if name in inputs else own).utterance for name in HEARD) for own, donor in pairs]
        new = {key: speech for key, speech in zip(whose, batch, strict=True) if key not in self._embeddings}
        computed: dict[tuple[str, ...], Tensor] = {}
        if new:
            encode = partial(self._states, [frames for frames, _ in new])
            computed = dict(zip(new, self.recognizer.perceive(list(new.values()), encode=encode), strict=True))
            for key, embeddings in computed.items():
                self._embeddings.keep(key, embeddings)
        device = self.recognizer.model.speech_marks.weight.device
        return [computed[key] if key in computed else self._embeddings[key].to(device) for key in whose]

    def _nothing(self) -> Tensor:
        marks = self.recognizer.model.speech_marks.weight
        return marks.new_zeros(0, marks.shape[1])


def exchange(own: Speech, donor: Speech, *, inputs: Iterable[str]) -> Speech:
    """Returns an utterance with inputs of another one; pooled tokens follow the frames.

    Example:
        >>> exchange(Speech(transcript="It rains."), Speech(transcript="It snows."), inputs=[WORDS]).transcript
        'It snows.'
    """
    return replace(own, **{FIELDS[name]: getattr(donor, FIELDS[name]) for name in inputs if name in FIELDS})


def answer_tasks(
    tasks: Sequence[Task], inputs: Inputs, *, answerer: Answerer, question: Question, part: int = 1
) -> dict[str, Answer]:
    """Answers tasks; those that a journal has from an earlier call or of another part are not answered again.

    Args:
        tasks: those of a condition together.
        inputs: of the set.
        answerer: the model.
        question: which model and set, and how.
        part: names the journal.

    Returns:
        Name of a task -> its answer; without those of audio that cannot be used.

    Raises:
        InputError: audio cannot be used.
    """
    identity = fingerprint(answerer.recognizer.identity(), question.mode)

    def key(task: Task) -> str:
        recipient, donor = inputs.stamp(task.pair.recipient), inputs.stamp(task.pair.donor)
        return fingerprint(identity, asdict(task.condition), recipient, donor)

    def load(batch: Sequence[Task]) -> list[tuple[Task, Speech, Speech]]:
        read = cache(inputs.speech)
        rows = [(task, *_read_pair(task, inputs, read)) for task in batch]
        return [(task, own, donor) for task, own, donor in rows if own is not None and donor is not None]

    keys = {task.name: key(task) for task in tasks}
    path, title = Path(question.output_dir) / "answers" / f"{part}.jsonl", f"{question.data_dir}, {question.mode}"
    with open_journal(path, keys) as journal:
        missing = [task for task in tasks if task.name not in journal.done]
        with tqdm(total=len(tasks), initial=len(journal.done), desc=title, unit="answer", disable=None) as progress:
            for rows in prefetch(load, _batches(missing, inputs, question.batch_samples)):
                if rows:
                    answers = answerer.answer(rows[0][0].condition, [pair for _, *pair in rows])
                    names = [task.name for task, *_ in rows]
                    journal.append({name: keys[name] for name in names}, dict(zip(names, answers, strict=True)))
                progress.update(len(rows))
        return dict(journal.done)


def _read_pair(task: Task, inputs: Inputs, read) -> tuple[Speech | None, Speech | None]:
    """Reads as much of a recipient and its donor as their condition needs."""
    recipient, donor = task.pair.recipient, task.pair.donor
    own = read(recipient) if task.condition.with_speech else inputs.without_audio(recipient)
    return own, read(donor) if task.condition.exchanged & OF_SPEECH else inputs.without_audio(donor)


def _batches(tasks: Iterable[Task], inputs: Inputs, batch_samples: int) -> Iterator[list[Task]]:
    """Yields tasks of one condition and of similar length."""
    for _, group in groupby(tasks, lambda task: task.condition.name):
        own = {task.name: task for task in group}
        lengths = {
            name: max(inputs.length(task.pair.recipient), inputs.length(task.pair.donor)) for name, task in own.items()
        }
        for batch in length_batches(lengths, batch_samples):
            yield [own[name] for name in batch]
