"""What is measured: a system, loaded for answering audio of which nothing else is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from c2ser.checkpoints.experiments import experiment_config
from c2ser.data.provenance import check_encoder
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.emotions import read_emotions
from c2ser.errors import InputError
from c2ser.packing.format import EMOTION2VEC, is_packed, read_pack
from c2ser.packing.hub import locate
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import EMOTION2VEC_S, LEVELS, TRANSCRIPT, Recognizer, Speech, load_recognizer

C2SER = "c2ser"


@dataclass(frozen=True)
class Subject:
    """A system that answers audio.

    Attributes:
        recognizer: answers.
        emotion2vec: computes the tokens that it needs; None where it needs none.
    """

    recognizer: Recognizer
    emotion2vec: Emotion2Vec | None = None

    @classmethod
    def load(cls, system: str, model: str, *, emotion2vec: str | None = None, **options: Any) -> "Subject":
        """Loads a system.

        Args:
            system: of `c2ser.systems.recognizer.SYSTEMS`.
            model: of the system.
            emotion2vec: Emotion2Vec-S of an experiment; None for the one that it was trained with, or the packed one.
            options: keywords of the system's ``load``, such as ``device``.

        Raises:
            InputError: there is no such model, its Emotion2Vec-S is not known, or it needs what only a data directory
                has.
        """
        recognizer = load_recognizer(system, model, **options)
        if recognizer.needs & {TRANSCRIPT, LEVELS}:
            raise InputError(f"{model}: is told words or levels, which those of changed audio are not; leave it out")
        if EMOTION2VEC_S not in recognizer.needs:
            return cls(recognizer)
        path = emotion2vec or _own_emotion2vec(model, recognizer)
        encoder = Emotion2Vec.from_pretrained(path, device=options.get("device", "cpu"))
        if recognizer.encoder is not None:
            found = feature_provenance(encoder, "utterance")
            check_encoder(found, recognizer.encoder, features=path, user=model)
        return cls(recognizer, encoder)

    def varied(self, **changes: Any) -> "Subject":
        """Returns the system with another prompt, or with answers that are drawn; see `C2SERRecognizer.varied`."""
        if not isinstance(self.recognizer, C2SERRecognizer):
            return self
        return replace(self, recognizer=self.recognizer.varied(**changes))

    def identity(self) -> Mapping[str, Any]:
        """Returns what the answers depend on besides the audio."""
        encoder = None if self.emotion2vec is None else feature_provenance(self.emotion2vec, "utterance").encoder
        return {**self.recognizer.identity(), "emotion2vec": encoder}

    def answer(self, batch: Sequence[Speech], mode: str, *, scores: bool) -> list[Recognition]:
        """Answers audio.

        Args:
            batch: utterances.
            mode: ``implicit`` or ``explicit``.
            scores: compute the emotions' probabilities where the system does so on request, and can.
        """
        if self.emotion2vec is not None:
            outputs = self.emotion2vec.extract([speech.audio for speech in batch], None, batch_samples=None)
            batch = [replace(own, emotion2vec_s=tokens["utterance"]) for own, tokens in zip(batch, outputs)]
        if isinstance(self.recognizer, C2SERRecognizer):
            can_score = mode == "explicit" or bool(self.recognizer.answers)
            return self.recognizer.recognize(batch, mode, scores=scores and can_score)
        return self.recognizer.recognize(batch, mode)


def label_set(system: str, model: str, **options: Any) -> list[str]:
    """Returns the emotions that a system answers with, if possible without loading it.

    Args:
        system: of `c2ser.systems.recognizer.SYSTEMS`.
        model: of the system.
        options: keywords of the system's ``load``.

    Raises:
        InputError: there is no such model.
    """
    if system != C2SER:
        return list(load_recognizer(system, model, **options).emotions)
    if _is_experiment(model):
        return read_emotions(experiment_config(model)["emotions"])
    return list(read_pack(locate(model)).emotions)


def _own_emotion2vec(model: str, recognizer: Recognizer) -> str:
    if not _is_experiment(model):
        return str(Path(locate(model)) / EMOTION2VEC)
    if recognizer.encoder is None:
        raise InputError(f"{model}: names no Emotion2Vec-S that it was trained with; give --emotion2vec")
    return recognizer.encoder.model


def _is_experiment(model: str) -> bool:
    return Path(model).is_dir() and not is_packed(model)
