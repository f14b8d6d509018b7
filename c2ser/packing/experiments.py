"""Experiments as a packed model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from c2ser.acoustics.levels import Thresholds
from c2ser.alm.config import ALMConfig
from c2ser.alm.experiments import load_experiment, trained_encoder
from c2ser.data.provenance import check_encoder
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.packing.card.rendering import card_text
from c2ser.packing.card.run import read_run
from c2ser.packing.manifest import CARD
from c2ser.packing.packed_model import PackedModel
from c2ser.rationales.templates import ANSWERS


def pack(
    alm_exp: str | Path,
    emotion2vec_exp: str | Path | None = None,
    *,
    output_dir: str | Path,
    thresholds: str | Path | None = None,
    checkpoint: str | None = None,
    llm: str | None = None,
    licence: str = "unknown",
    **run_options: Any,
) -> None:
    """Packs two experiments into one folder.

    Args:
        alm_exp: experiment of ``alm_train``.
        emotion2vec_exp: experiment of ``emotion2vec_train``; by default the one that ``alm_exp`` notes, whose features
            it was trained on.
        output_dir: the folder; see `PackedModel.save`.
        thresholds: the training set's ``attribute_thresholds.yaml``, which measured reasons need.
        checkpoint: of ``alm_exp``; see `load_experiment`.
        llm: hub id by which users load a language model that was given as a folder; by default its files are packed.
        licence: of the weights, by the hub's identifier, for the card.
        run_options: further keywords of `c2ser.packing.card.run.read_run`, for the card.

    Raises:
        InputError: an experiment is not finished, they do not belong together, or ``output_dir`` holds something else.

    Example:
        >>> pack("exp/alm_tiny_implicit", "exp/emotion2vec_s_tiny", output_dir="exp/packed")  # doctest: +SKIP
    """
    model, emotions = load_experiment(alm_exp, checkpoint=checkpoint)
    emotion2vec = _load_encoder(alm_exp, emotion2vec_exp, model.config)
    run = read_run(alm_exp, checkpoint=checkpoint, **run_options)
    if llm is not None:
        run = replace(run, config={**run.config, "llm": llm})
    packed = PackedModel(
        model,
        emotion2vec,
        emotions,
        decoding={"num_beams": 1, "repetition_penalty": 1.0},
        answers={code: ANSWERS[code] for code in run.answer_languages or ANSWERS},
        thresholds=None if thresholds is None else Thresholds.load(thresholds),
    )
    parameters = sum(weight.numel() for part in (model, emotion2vec.encoder) for weight in part.parameters())
    name = Path(output_dir).resolve().name
    card = card_text(run, name, emotions=emotions, parameters=parameters, licence=licence)
    packed.save(output_dir, card=card, llm=llm)


def pack_again(folder: str | Path, *, output_dir: str | Path, llm: str | None = None) -> None:
    """Packs a model that is packed already: in today's format, with a language model that it named by a path.

    Args:
        folder: the packed model, of this version of c2ser or an earlier one.
        output_dir: the folder to write; see `PackedModel.save`.
        llm: hub id or folder of its language model; by default what it names.

    Raises:
        InputError: it is not a packed model, or the language model is not the one that it was trained on.

    Example:
        >>> pack_again("exp/old", output_dir="exp/new", llm="/models/gemma")  # doctest: +SKIP
    """
    card = Path(folder) / CARD
    text = card.read_text(encoding="utf-8") if card.is_file() else None
    PackedModel.load(folder, llm=llm).save(output_dir, card=text)


def _load_encoder(alm_exp: str | Path, emotion2vec_exp: str | Path | None, config: ALMConfig) -> Emotion2Vec:
    """Loads the Emotion2Vec-S that an experiment was trained with: the one that is given, or that it notes."""
    expected = trained_encoder(alm_exp, config)
    if emotion2vec_exp is None:
        if expected is None or not Path(expected.model).exists():
            noted = f"it was trained with {expected}, which is not there" if expected else "it notes none"
            raise InputError(f"{alm_exp}: {noted}; give its Emotion2Vec-S (--emotion2vec_exp)")
        emotion2vec_exp = expected.model
    emotion2vec = Emotion2Vec.from_pretrained(emotion2vec_exp)
    if emotion2vec.dim != config.acoustic_width:
        raise InputError(
            f"{emotion2vec_exp}: tokens of width {emotion2vec.dim}; {alm_exp} was trained on tokens of width "
            f"{config.acoustic_width}"
        )
    if expected is not None:
        check_encoder(feature_provenance(emotion2vec, "utterance"), expected, features=emotion2vec_exp, user=alm_exp)
    return emotion2vec
