"""Experiments of ``alm_train``, loaded for use."""

import logging
from pathlib import Path

from c2ser.alm.config import ACOUSTIC, ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.checkpoints.experiments import experiment_config, experiment_weights
from c2ser.data.names import EMOTION2VEC_SCP
from c2ser.data.provenance import Provenance, provenance_path, read_provenance
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

PREFIX = "model."  # before the names of weights in a training's checkpoints


def read_experiment_config(path: str | Path) -> ALMConfig:
    """Reads the architecture of an experiment.

    Args:
        path: folder of the experiment.

    Raises:
        InputError: it is not the folder of an ``alm_train``.
    """
    config = experiment_config(path)
    if "llm" not in config or "emotions" not in config:
        raise InputError(f"{path}: not an experiment of alm_train; its config.yaml names no llm and emotions")
    return ALMConfig.from_mapping(config, Path(path) / "config.yaml")


def load_experiment(path: str | Path, *, checkpoint: str | None = None) -> tuple[C2SERModel, list[str]]:
    """Loads an experiment.

    Args:
        path: its folder.
        checkpoint: which of its weights, by default the averaged best ones; see
            `c2ser.checkpoints.experiments.experiment_weights`.

    Returns:
        The model and its label set.

    Raises:
        InputError: it is not the folder of a finished ``alm_train``, it has no such checkpoint, or its base models are
            not those it had.

    Example:
        >>> model, emotions = load_experiment("exp/alm_tiny_implicit")  # doctest: +SKIP
    """
    model = C2SERModel(read_experiment_config(path))
    model.load_trainable_state_dict(experiment_weights(path, prefix=PREFIX, checkpoint=checkpoint), str(path))
    return model, read_emotions(experiment_config(path)["emotions"])


def trained_encoder(path: str | Path, config: ALMConfig) -> Provenance | None:
    """Returns of which Emotion2Vec-S the features are that a model was trained on.

    Args:
        path: folder of an experiment or a packed model, which have a note of it.
        config: the model's architecture.

    Returns:
        None where the model does not use them, or has no note because an older version trained it, which is logged.

    Example:
        >>> trained_encoder("exp/alm_tiny", read_experiment_config("exp/alm_tiny")).model  # doctest: +SKIP
        'exp/emotion2vec_s_tiny'
    """
    if ACOUSTIC not in config.perception:
        return None
    scp = Path(path) / EMOTION2VEC_SCP  # the note is named as that of features
    if provenance_path(scp).exists():
        return read_provenance(scp)
    logger.warning("%s: no such file; features cannot be compared with those of the training", provenance_path(scp))
    return None
