"""C²SER ready for use: a packed model that tells the emotion of audio."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig

from c2ser.alm.answers import label_answers
from c2ser.alm.config import ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.experiments import experiment_config, experiment_weights
from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import find_emotion, read_emotions
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding
from c2ser.lm.loading import has_weights
from c2ser.rationales.templates import implicit_target
from c2ser.settings import read_settings

# An implicit answer has less than ten words; an explicit one holds the transcript too.
MAX_NEW_TOKENS = {"explicit": 256, "implicit": 24}
GREEDY = {"num_beams": 1, "repetition_penalty": 1.0}


@dataclass(frozen=True)
class Recognition:
    """What the model said of one utterance.

    Attributes:
        emotion: found in the text; None where it names none of the label set.
        text: the answer as written.
        scores: probability of each emotion of the label set, where the generator was asked for it.
    """

    emotion: str | None
    text: str
    scores: dict[str, float] | None = None


class AnswerGenerator:
    """An audio language model that answers batches of speech and acoustic tokens.

    Args:
        model: the model.
        emotions: the label set.
        num_beams, repetition_penalty: see `C2SERModel.generate`; the release has 4 and 1.05.
        max_new_tokens: bound of an answer; by default that of `MAX_NEW_TOKENS`.
        scores: compute the emotions' probabilities of implicit answers: those of the label set's answers, in the
            language that the utterance is answered in, given that the answer is one of them.
        constrained: give the likeliest of these answers, so that an implicit answer always names one emotion of the
            label set. The search is exhaustive, so that beams, penalty and the bound play no part.
    """

    def __init__(
        self,
        model: C2SERModel,
        emotions: Sequence[str],
        num_beams: int = 1,
        repetition_penalty: float = 1.0,
        max_new_tokens: int | None = None,
        scores: bool = False,
        constrained: bool = False,
    ):
        self.model = model.eval()
        self.emotions = list(emotions)
        self.decoding = {"num_beams": num_beams, "repetition_penalty": repetition_penalty}
        self.max_new_tokens = max_new_tokens
        self.scores = scores or constrained
        self.constrained = constrained
        self.label_answers = cache(partial(label_answers, model.tokenizer, self.emotions))

    @classmethod
    def load(cls, path: str | Path, **decoding) -> "AnswerGenerator":
        """Loads an experiment of ``alm_train`` or a packed model; the keywords are those of this class."""
        if (Path(path) / "emotion2vec_s").is_dir():
            return C2SER.from_pretrained(path, **decoding).generator
        return cls.from_experiment(path, **decoding)

    @classmethod
    def from_experiment(cls, path: str | Path, **decoding) -> "AnswerGenerator":
        """Loads an experiment of ``alm_train``; the keywords are those of this class."""
        config = experiment_config(path)
        model = C2SERModel(ALMConfig.from_mapping(config))
        model.load_trainable_state_dict(experiment_weights(path, prefix="model."), str(path))
        return cls(model, read_emotions(config["emotions"]), **decoding)

    def answer(
        self,
        waveforms: Sequence[np.ndarray],
        acoustic: Sequence[np.ndarray],
        mode: str,
        languages: Sequence[str | None] | None = None,
    ) -> list[Recognition]:
        """Answers a batch.

        Args:
            waveforms: 1-D float32 arrays at 16 kHz.
            acoustic: Emotion2Vec-S's utterance tokens (10, D) of each.
            mode: ``explicit`` or ``implicit``.
            languages: ISO 639-1 of each, None where unknown, for constrained answers and scores.
        """
        heard = self._perceive(waveforms, acoustic)
        if mode == "implicit":
            texts, scores = self._name(heard, languages or [None] * len(heard))
        else:
            texts, scores = self._generate(heard, mode), [None] * len(heard)
        return [
            Recognition(find_emotion(text, self.emotions), text, row) for text, row in zip(texts, scores, strict=True)
        ]

    @torch.inference_mode()
    def _perceive(self, waveforms: Sequence[np.ndarray], acoustic: Sequence[np.ndarray]) -> list[torch.Tensor]:
        device = self.model.speech_marks.weight.device
        lengths = torch.tensor([len(waveform) for waveform in waveforms], device=device)
        speech = pad_sequence([torch.as_tensor(waveform) for waveform in waveforms], batch_first=True)
        tokens = torch.from_numpy(np.stack(acoustic))
        return self.model.perceive(speech.to(device), lengths, tokens.to(device))

    def _generate(self, heard: Sequence[torch.Tensor], mode: str) -> list[str]:
        return self.model.generate(heard, mode, Decoding(self._bound(mode), **self.decoding)) if heard else []

    def _bound(self, mode: str) -> int:
        return self.max_new_tokens or MAX_NEW_TOKENS[mode]

    def _name(
        self, heard: Sequence[torch.Tensor], languages: Sequence[str | None]
    ) -> tuple[list[str], list[dict[str, float] | None]]:
        """Implicit answers, and the emotions' probabilities where they are asked for."""
        answers = [self.label_answers(language) for language in languages]
        scores: list[dict[str, float] | None] = [None] * len(heard)
        foreseen = None
        if self.scores:
            probabilities, foreseen = self.model.score_candidates(heard, "implicit", answers)
            scores = [dict(zip(self.emotions, row, strict=True)) for row in probabilities.tolist()]
        if self.constrained:
            named = [max(row, key=row.get) for row in scores]
        elif self.decoding == GREEDY and max(len(answer) for row in answers for answer in row) <= self._bound(
            "implicit"
        ):
            foreseen = self.model.match_greedy(heard, "implicit", answers) if foreseen is None else foreseen
            named = [self.emotions[row.index(True)] if True in row else None for row in foreseen.tolist()]
        else:
            named = [None] * len(heard)
        generated = iter(
            self._generate([row for row, emotion in zip(heard, named, strict=True) if emotion is None], "implicit")
        )
        texts = [
            next(generated) if emotion is None else implicit_target(emotion, language)
            for emotion, language in zip(named, languages, strict=True)
        ]
        return texts, scores


class C2SER:
    """Emotion2Vec-S and the audio language model together.

    Example:
        >>> model = C2SER.from_pretrained("exp/packed")
        >>> model.recognize("happy.wav").emotion
        'happy'
    """

    def __init__(self, emotion2vec: Emotion2Vec, generator: AnswerGenerator):
        self.emotion2vec = emotion2vec
        self.generator = generator

    @classmethod
    def from_pretrained(cls, model: str | Path, **decoding) -> "C2SER":
        """Loads a packed model from a folder, or by the id of a repository on the Hugging Face hub.

        Args:
            model: the folder or the id.
            decoding: keywords of `AnswerGenerator`, instead of those that the model was packed with.

        Raises:
            InputError: there is no packed model.
        """
        folder = Path(model)
        if not folder.is_dir():
            folder = _download(str(model))
        if not (folder / "config.yaml").is_file():
            raise InputError(f"{folder}: no packed model (config.yaml is missing); stage 11 makes one")
        mapping = read_settings(folder / "config.yaml")
        config = ALMConfig(**{**mapping["alm"], **_inside(folder, mapping["alm"])})
        alm = C2SERModel(config)
        alm.load_trainable_state_dict(load_file(folder / "model.safetensors"), str(folder))
        emotion2vec = Emotion2Vec.from_pretrained(folder / "emotion2vec_s")
        return cls(emotion2vec, AnswerGenerator(alm, mapping["emotions"], **{**mapping["decoding"], **decoding}))

    def save_pretrained(self, output_dir: str | Path) -> None:
        """Writes a folder that `from_pretrained` reads and that can be published.

        Base models given by hub id stay named by it. Of those given as folders, the Whisper encoder goes into the pack
        with its weights, and so does a language model without weights; a pretrained one stays where it is.

        Raises:
            InputError: ``output_dir`` holds something else.
        """
        output_dir = Path(output_dir)
        is_packed = (output_dir / "emotion2vec_s").is_dir()
        if output_dir.exists() and not is_packed and (output_dir.is_file() or any(output_dir.iterdir())):
            raise InputError(f"{output_dir}: holds something else than a packed model; name a new folder")
        part = output_dir.with_name(f"{output_dir.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        self.emotion2vec.save_pretrained(part / "emotion2vec_s")
        config = _save_alm(self.generator.model, part)
        mapping = {
            "alm": asdict(config),
            "emotions": self.generator.emotions,
            "decoding": self.generator.decoding,
            "sample_rate": SAMPLE_RATE,
        }
        text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True)
        (part / "config.yaml").write_text(text, encoding="utf-8")
        shutil.rmtree(output_dir, ignore_errors=True)
        part.rename(output_dir)

    def to(self, device: str | torch.device) -> "C2SER":
        """Moves the model to a device."""
        self.emotion2vec.to(device)
        self.generator.model.to(device)
        return self

    def recognize(
        self, audio: str | Path | np.ndarray | Sequence[str | Path | np.ndarray], mode: str = "implicit"
    ) -> Recognition | list[Recognition]:
        """Tells the emotion of one utterance, or of each of a list, which is answered as one batch.

        Args:
            audio: a file of any format and rate, or a 1-D float32 array at 16 kHz.
            mode: ``implicit`` answers at once, ``explicit`` reasons first.

        Raises:
            InputError: a file cannot be used.
        """
        single = isinstance(audio, (str, Path, np.ndarray))
        waveforms = [
            item if isinstance(item, np.ndarray) else read_audio(item) for item in ([audio] if single else audio)
        ]
        acoustic = [features["utterance"] for features in self.emotion2vec.extract(waveforms)]
        recognitions = self.generator.answer(waveforms, acoustic, mode)
        return recognitions[0] if single else recognitions


def pack(alm_exp: str | Path, emotion2vec_exp: str | Path, output_dir: str | Path) -> None:
    """Packs two experiments into one folder; see `C2SER.save_pretrained`."""
    emotion2vec = Emotion2Vec.from_pretrained(emotion2vec_exp)
    C2SER(emotion2vec, AnswerGenerator.from_experiment(alm_exp)).save_pretrained(output_dir)


def _save_alm(model: C2SERModel, folder: Path) -> ALMConfig:
    """Writes what only this model has into a folder, and returns the configuration that finds the rest."""
    config = model.config
    if isinstance(config.whisper, str) and Path(config.whisper).is_dir():
        model.mark_trained(name for name in model.state_dict() if name.startswith("whisper."))
        config = replace(config, whisper=model.whisper.encoder.config.to_diff_dict())
    # A clone each, because safetensors stores no weight that two names share, such as tied embeddings.
    state = {
        key: value.clone(memory_format=torch.contiguous_format) for key, value in model.trainable_state_dict().items()
    }
    # save_file would make a file that only its owner may read.
    (folder / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
    if not Path(config.llm).is_dir():
        return config
    if has_weights(config.llm):
        logging.warning("llm '%s' is not copied; publish a model that names it by its hub id", config.llm)
        return replace(config, llm=str(Path(config.llm).resolve()))
    model.tokenizer.save_pretrained(folder / "llm")
    AutoConfig.from_pretrained(config.llm).save_pretrained(folder / "llm")
    return replace(config, llm="llm")


def _inside(folder: Path, alm: dict) -> dict[str, str]:
    """The language model's folder where it is part of the pack."""
    return {"llm": str(folder / "llm")} if alm["llm"] == "llm" else {}


def _download(repository: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{repository}: no such folder, and not to be had from the hub ({reason})") from None
