"""What systems that recognize emotions have in common: inputs, outputs, and how they are loaded by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from c2ser.acoustics.levels import Thresholds
from c2ser.data.decode import Recording
from c2ser.data.provenance import Provenance
from c2ser.data.resample import SAMPLE_RATE
from c2ser.errors import InputError
from c2ser.systems.recognition import Recognition

AUDIO, EMOTION2VEC_S, TRANSCRIPT, LEVELS = "audio", "emotion2vec_s", "transcript", "levels"

# Name of a system -> its class, imported when it is asked for.
SYSTEMS = {
    "audio_chat": "c2ser.systems.audio_chat_lora.AdaptedRecognizer",
    "c2ser": "c2ser.systems.c2ser.C2SERRecognizer",
    "chat": "c2ser.systems.transcript.ChatRecognizer",
    "classifier": "c2ser.systems.classifier.ClassifierRecognizer",
    "emotion2vec_plus": "c2ser.systems.emotion2vec_plus.Emotion2VecPlusRecognizer",
    "qwen2_audio": "c2ser.systems.audio_chat.Qwen2AudioRecognizer",
    "qwen2_5_omni": "c2ser.systems.audio_chat.Qwen25OmniRecognizer",
    "sensevoice": "c2ser.systems.sensevoice.SenseVoiceRecognizer",
    "text": "c2ser.systems.transcript.TranscriptClassifier",
}

# Name of a system -> corpora that its weights, as they are published, were trained on with all of their labels.
SEEN = {"emotion2vec_plus": "EmoBox's corpora"}


@dataclass(frozen=True)
class Speech:
    """One utterance; what a recognizer does not name in its `needs` may be None.

    Attributes:
        audio: waveform (N,) at 16 kHz, float32.
        emotion2vec_s: Emotion2Vec-S's utterance tokens (10, D), float32.
        transcript: the words.
        language: ISO 639-1; None where unknown.
        answer_language: ISO 639-1 of the language that it is to be answered in, as `c2ser.languages.language_of` has
            it; None where the system chooses.
        utterance: id, which the random numbers of sampled answers depend on.
        levels: of pitch, energy and rate, as in the table ``attribute_levels``.
        recording: the audio at its own rate, on which levels are to be measured; None where ``audio`` will do.
        emotions: those of the label set that it may have; None for all.
    """

    audio: np.ndarray | None = None
    emotion2vec_s: np.ndarray | None = None
    transcript: str | None = None
    language: str | None = None
    answer_language: str | None = None
    utterance: str = ""
    levels: Sequence[str] | None = None
    recording: Recording | None = None
    emotions: Sequence[str] | None = None

    @property
    def num_samples(self) -> int:
        """Length of the waveform; 0 without one."""
        return 0 if self.audio is None else len(self.audio)

    def own_recording(self) -> Recording:
        """Returns the audio at its own rate where that is known, and otherwise at 16 kHz.

        Raises:
            ValueError: there is no audio.
        """
        if self.recording is not None:
            return self.recording
        if self.audio is None:
            raise ValueError("speech without audio cannot be measured")
        return Recording(self.audio, SAMPLE_RATE)


class Recognizer(Protocol):
    """A system that recognizes emotions, in batches.

    Attributes:
        needs: the fields of `Speech` that it uses, of `AUDIO`, `EMOTION2VEC_S`, `TRANSCRIPT`, `LEVELS`.
        emotions: the label set.
        encoder: of which the Emotion2Vec-S tokens must be; None where it does not need them, or it is not known.
        thresholds: what levels are, where it needs them; None where that is not known.
    """

    needs: frozenset[str]
    emotions: Sequence[str]
    encoder: Provenance | None
    thresholds: Thresholds | None

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch.

        Args:
            batch: utterances with all that `needs` names.
            mode: ``implicit`` names the emotion directly, ``explicit`` gives reasons first.

        Returns:
            One recognition per utterance, which does not depend on the others in the batch but for rounding.
        """

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input, of values that JSON can hold."""


def load_recognizer(system: str, model: str, *, device: str = "cpu", **options: Any) -> Recognizer:
    """Loads a system.

    Args:
        system: a name of `SYSTEMS`.
        model: what the system loads, such as an experiment or a packed model.
        device: where to compute.
        options: keywords of the system's class.

    Raises:
        InputError: the name is unknown, or the model cannot be loaded.

    Example:
        >>> load_recognizer("c2ser", "exp/packed", scores=True)  # doctest: +SKIP
    """
    if system not in SYSTEMS:
        raise InputError(f"unknown system '{system}'; known are {', '.join(SYSTEMS)}")
    module, _, name = SYSTEMS[system].rpartition(".")
    return getattr(import_module(module), name).load(model, device=device, **options)
