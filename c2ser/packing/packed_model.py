"""The folder of a packed model: ``config.yaml``, ``model.safetensors`` and ``emotion2vec_s/``.

Maybe also ``llm/`` and ``attribute_thresholds.yaml``.
"""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import save
from transformers import AutoConfig

from c2ser.acoustics.levels import Thresholds
from c2ser.alm.config import ACOUSTIC, ALMConfig
from c2ser.alm.experiments import load_experiment, trained_encoder
from c2ser.alm.model import C2SERModel
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.provenance import Provenance, check_encoder
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.lm.loading import has_weights
from c2ser.packing.format import CONFIG, EMOTION2VEC, FORMAT_VERSION, LLM, WEIGHTS, is_packed, read_pack, read_weights
from c2ser.packing.hub import locate
from c2ser.rationales.targets import THRESHOLDS_NAME
from c2ser.rationales.templates import ANSWERS

logger = logging.getLogger(__name__)


@dataclass
class PackedModel:
    """All that a user needs to recognize emotions.

    Attributes:
        model: the audio language model.
        emotion2vec: computes its acoustic tokens.
        emotions: the label set.
        decoding: keywords to generate with, of `c2ser.packing.format.DECODING`.
        answers: how the model words implicit answers; see `c2ser.packing.format.Pack`.
        thresholds: what low, medium and high are in its reasons; None where that is not known.

    Example:
        >>> PackedModel.load("exp/packed").emotions  # doctest: +SKIP
        ['angry', 'happy', 'neutral', 'sad']
    """

    model: C2SERModel
    emotion2vec: Emotion2Vec
    emotions: Sequence[str]
    decoding: Mapping[str, Any]
    answers: Mapping[str, str] = field(default_factory=ANSWERS.copy)
    thresholds: Thresholds | None = None

    @classmethod
    def load(cls, model: str | Path, *, revision: str | None = None) -> "PackedModel":
        """Loads a packed model.

        Args:
            model: its folder, or the id of a repository on the Hugging Face hub.
            revision: branch, tag or commit of the repository; None for its main branch.

        Raises:
            InputError: there is no packed model, a file of it is broken, or it was written by a newer version.
        """
        folder = locate(model, revision)
        pack = read_pack(folder)
        emotion2vec = Emotion2Vec.from_pretrained(folder / EMOTION2VEC)
        if emotion2vec.dim != pack.alm.acoustic_width:
            raise InputError(
                f"{folder}: {EMOTION2VEC} has tokens of width {emotion2vec.dim}, not {pack.alm.acoustic_width} as "
                f"{CONFIG} says; copy the whole folder again"
            )
        alm = C2SERModel(pack.alm)
        alm.load_trainable_state_dict(read_weights(folder), str(folder))
        path = folder / THRESHOLDS_NAME
        thresholds = Thresholds.load(path) if path.is_file() else None
        return cls(alm, emotion2vec, pack.emotions, pack.decoding, pack.answers, thresholds)

    @property
    def encoder(self) -> Provenance | None:
        """Of which Emotion2Vec-S the features are that the model takes; None where it takes none."""
        if ACOUSTIC not in self.model.config.perception:
            return None
        return feature_provenance(self.emotion2vec, "utterance")

    def save(self, output_dir: str | Path) -> None:
        """Writes a folder that `load` reads and that can be published.

        Base models given by hub id stay named by it. Of those given as folders, the Whisper encoder goes into the
        folder with its weights, and so does a language model without weights; a pretrained one stays where it is.

        Args:
            output_dir: the folder; another packed model in it is replaced.

        Raises:
            InputError: ``output_dir`` holds something else.
        """
        output_dir = Path(output_dir)
        if output_dir.is_file() or (output_dir.exists() and not is_packed(output_dir) and any(output_dir.iterdir())):
            raise InputError(f"{output_dir}: holds something other than a packed model; name a new folder")
        part = output_dir.with_name(f"{output_dir.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        self.emotion2vec.save_pretrained(part / EMOTION2VEC)
        mapping = {
            "format_version": FORMAT_VERSION,
            "alm": asdict(_save_alm(self.model, part)),
            "emotions": list(self.emotions),
            "decoding": dict(self.decoding),
            "answers": dict(self.answers),
            "sample_rate": SAMPLE_RATE,
        }
        text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True)
        (part / CONFIG).write_text(text, encoding="utf-8")
        if self.thresholds is not None:
            self.thresholds.save(part / THRESHOLDS_NAME)
        shutil.rmtree(output_dir, ignore_errors=True)
        part.rename(output_dir)


def pack(
    alm_exp: str | Path,
    emotion2vec_exp: str | Path | None = None,
    *,
    output_dir: str | Path,
    thresholds: str | Path | None = None,
    checkpoint: str | None = None,
) -> None:
    """Packs two experiments into one folder.

    Args:
        alm_exp: experiment of ``alm_train``.
        emotion2vec_exp: experiment of ``emotion2vec_train``; by default the one that ``alm_exp`` notes, whose features
            it was trained on.
        output_dir: the folder; see `PackedModel.save`.
        thresholds: the training set's ``attribute_thresholds.yaml``, which measured reasons need.
        checkpoint: of ``alm_exp``; see `load_experiment`.

    Raises:
        InputError: an experiment is not finished, they do not belong together, or ``output_dir`` holds something else.

    Example:
        >>> pack("exp/alm_tiny_implicit", "exp/emotion2vec_s_tiny", output_dir="exp/packed")  # doctest: +SKIP
    """
    model, emotions = load_experiment(alm_exp, checkpoint=checkpoint)
    expected = trained_encoder(alm_exp, model.config)
    if emotion2vec_exp is None:
        if expected is None or not Path(expected.model).exists():
            noted = f"it was trained with {expected}, which is not there" if expected else "it notes none"
            raise InputError(f"{alm_exp}: {noted}; give its Emotion2Vec-S (--emotion2vec_exp)")
        emotion2vec_exp = expected.model
    emotion2vec = Emotion2Vec.from_pretrained(emotion2vec_exp)
    if emotion2vec.dim != model.config.acoustic_width:
        raise InputError(
            f"{emotion2vec_exp}: tokens of width {emotion2vec.dim}; {alm_exp} was trained on tokens of width "
            f"{model.config.acoustic_width}"
        )
    packed = PackedModel(model, emotion2vec, emotions, {"num_beams": 1, "repetition_penalty": 1.0})
    packed.thresholds = None if thresholds is None else Thresholds.load(thresholds)
    if expected is not None:
        check_encoder(packed.encoder, expected, features=emotion2vec_exp, user=alm_exp)
    packed.save(output_dir)


def _save_alm(model: C2SERModel, folder: Path) -> ALMConfig:
    """Writes what only this model has into a folder, and returns the configuration that finds the rest."""
    config = model.config
    if isinstance(config.whisper, str) and Path(config.whisper).is_dir():
        model.mark_trained(name for name in model.state_dict() if name.startswith("whisper."))
        config = replace(config, whisper=model.whisper.encoder.config.to_diff_dict())
    # A clone each, because safetensors stores no weight that two names share, such as tied embeddings.
    state = model.trainable_state_dict()
    state = {name: weight.clone(memory_format=torch.contiguous_format) for name, weight in state.items()}
    # save_file would make a file that only its owner may read.
    (folder / WEIGHTS).write_bytes(save(state, metadata={"format": "pt"}))
    if not Path(config.llm).is_dir():
        return config
    if has_weights(config.llm):
        logger.warning("llm '%s' is not copied; to publish the model, train it on one named by hub id", config.llm)
        return replace(config, llm=str(Path(config.llm).resolve()))
    model.tokenizer.save_pretrained(folder / LLM)
    AutoConfig.from_pretrained(config.llm).save_pretrained(folder / LLM)
    return replace(config, llm=LLM)
