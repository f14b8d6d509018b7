"""The folder of a packed model: ``config.yaml``, ``model.safetensors``, ``emotion2vec_s/`` and their checksums.

Maybe also ``llm/``, ``attribute_thresholds.yaml`` and a card.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from c2ser.acoustics.levels import Thresholds
from c2ser.alm.config import ACOUSTIC, ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.provenance import Provenance
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.packing.base_models import save_llm
from c2ser.packing.format import CONFIG, EMOTION2VEC, FORMAT_VERSION, is_packed, read_pack, verify_files
from c2ser.packing.hub import locate
from c2ser.packing.manifest import CARD, write_manifest
from c2ser.packing.weights import read_weights, write_weights
from c2ser.rationales.targets import THRESHOLDS_NAME
from c2ser.rationales.templates import ANSWERS


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
    def load(cls, model: str | Path, *, revision: str | None = None, llm: str | None = None) -> "PackedModel":
        """Loads a packed model.

        Args:
            model: its folder, or the id of a repository on the Hugging Face hub.
            revision: branch, tag or commit of the repository; None for its main branch.
            llm: hub id or folder of its language model, instead of the one that it names; its weights are compared.

        Raises:
            InputError: there is no packed model, a file of it is broken or not the one that was packed, it names a base
                model by a path out of its folder, or it was written by a newer version.
        """
        folder = locate(model, revision)
        pack = read_pack(folder, llm)
        verify_files(folder)
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

    def save(self, output_dir: str | Path, *, card: str | None = None, llm: str | None = None) -> None:
        """Writes a folder that `load` reads and that can be published.

        Base models given by hub id stay named by it; those given as folders go into the folder.

        Args:
            output_dir: the folder; another packed model in it is replaced.
            card: the text of its ``README.md``; None for none.
            llm: hub id by which users load a language model that was given as a folder, which then stays out.

        Raises:
            InputError: ``output_dir`` holds something else, or ``llm`` is not a hub id.
        """
        output_dir = Path(output_dir)
        if output_dir.is_file() or (output_dir.exists() and not is_packed(output_dir) and any(output_dir.iterdir())):
            raise InputError(f"{output_dir}: holds something other than a packed model; name a new folder")
        part = output_dir.with_name(f"{output_dir.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        self.emotion2vec.save_pretrained(part / EMOTION2VEC)
        mapping = {
            "format_version": FORMAT_VERSION,
            "alm": asdict(_save_alm(self.model, part, llm)),
            "emotions": list(self.emotions),
            "decoding": dict(self.decoding),
            "answers": dict(self.answers),
            "sample_rate": SAMPLE_RATE,
        }
        text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True)
        (part / CONFIG).write_text(text, encoding="utf-8")
        if self.thresholds is not None:
            self.thresholds.save(part / THRESHOLDS_NAME)
        if card is not None:
            (part / CARD).write_text(card, encoding="utf-8")
        write_manifest(part)
        shutil.rmtree(output_dir, ignore_errors=True)
        part.rename(output_dir)


def _save_alm(model: C2SERModel, folder: Path, llm: str | None) -> ALMConfig:
    """Writes what only this model has into a folder, and returns the configuration that finds the rest."""
    config = model.config
    if isinstance(config.whisper, str) and Path(config.whisper).is_dir():
        model.mark_trained(name for name in model.state_dict() if name.startswith("whisper."))
        config = replace(config, whisper=model.whisper.encoder.config.to_diff_dict())
    write_weights(model, folder)
    return replace(config, llm=save_llm(config.llm, model.tokenizer, folder=folder, name=llm))
