"""Spoken utterances as examples: their audio, their phonemes and their prosody; batches, and the phoneme error rate."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from recognizer import Recognizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from c2ser.acoustics.attributes import Attributes, parse_attributes
from c2ser.data import DataDir
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.batches import length_batches, prefetch
from c2ser.data.names import ATTRIBUTES, TEXT, UTT2LANG
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError
from c2ser.synthesis.espeak import phonemes
from c2ser.synthesis.voice import LANGUAGES

TONAL = {"zh"}


class Example(NamedTuple):
    """One utterance: where its audio is read, its id there, its samples, language, phonemes and attributes."""

    audio: UtteranceAudio
    id: str
    samples: int
    language: str
    phonemes: tuple[str, ...]
    attributes: Attributes


class Batch(NamedTuple):
    """Utterances side by side: waveforms (B, N), samples (B,), and the examples."""

    waveforms: Tensor
    lengths: Tensor
    examples: list[Example]


def read_examples(data_dir: Path) -> list[Example]:
    """Reads a data directory whose languages are those that mini_emo speaks.

    Raises:
        InputError: a table is missing or faulty, or a language is another one.
    """
    audio = UtteranceAudio(data_dir)
    rows = DataDir(data_dir).iterate(TEXT, UTT2LANG, ATTRIBUTES, parsers={ATTRIBUTES: parse_attributes})
    examples = []
    for utt, text, language, attributes in rows:
        if language not in LANGUAGES:
            raise InputError(f"{data_dir}: {utt}: language {language}; those of mini_emo are {', '.join(LANGUAGES)}")
        spoken = phonemes(text, LANGUAGES[language], tones=language in TONAL)
        examples.append(Example(audio, utt, audio.num_samples(utt), language, tuple(spoken), attributes))
    return examples


def batches(examples: Sequence[Example], seconds: float, *, lengths: Sequence[float] | None = None) -> Iterable[Batch]:
    """Yields examples of similar length together, read one batch ahead.

    Args:
        examples: all of them.
        seconds: of a batch, padding included.
        lengths: what they are sorted by; their samples by default.
    """
    plan = plan_batches(examples, seconds, lengths=lengths)
    return prefetch(load, plan)


def plan_batches(
    examples: Sequence[Example], seconds: float, *, lengths: Sequence[float] | None = None
) -> list[list[Example]]:
    """Returns which examples go together; see `batches`."""
    lengths = [example.samples for example in examples] if lengths is None else lengths
    planned = length_batches(dict(enumerate(lengths)), int(seconds * SAMPLE_RATE))
    return [[examples[index] for index in batch] for batch in planned]


def load(examples: list[Example]) -> Batch:
    """Reads a batch."""
    waveforms = [torch.from_numpy(example.audio.read(example.id).samples) for example in examples]
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    return Batch(pad_sequence(waveforms, batch_first=True), lengths, examples)


def prosody(examples: Iterable[Example]) -> np.ndarray:
    """Returns log F0, loudness and rate, (N, 3); undefined ones are nan."""
    return np.array([(math.log(pitch), energy, rate) for pitch, energy, rate in (each.attributes for each in examples)])


@torch.inference_mode()
def recognised(model: Recognizer, examples: Sequence[Example], seconds: float) -> Iterator[tuple[Example, list[str]]]:
    """Yields each example with the phonemes that the model finds."""
    model.eval()
    for batch in batches(examples, seconds):
        yield from zip(batch.examples, model.decode(model(batch.waveforms, batch.lengths)))


def phoneme_error_rates(model: Recognizer, examples: Sequence[Example], seconds: float = 60) -> Mapping[str, float]:
    """Returns the phoneme error rate of each language, as fractions of 1."""
    import jiwer

    pairs: dict[str, list[tuple[str, str]]] = {}
    for example, found in recognised(model, examples, seconds):
        pairs.setdefault(example.language, []).append((" ".join(example.phonemes), " ".join(found)))
    return {language: jiwer.wer(*map(list, zip(*rows))) for language, rows in sorted(pairs.items())}
