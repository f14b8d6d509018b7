"""Trainings on features take those of one encoder, which they note in their experiment."""

import argparse
import logging
from pathlib import Path

from c2ser.alm.config import ACOUSTIC
from c2ser.alm.experiments import read_experiment_config, trained_encoder
from c2ser.data.names import EMOTION2VEC_SCP
from c2ser.data.provenance import Provenance, check_encoder, provenance_path, read_provenance, write_provenance
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.packing.format import EMOTION2VEC, is_packed
from c2ser.packing.hub import locate

logger = logging.getLogger(__name__)


def note_encoder(args: argparse.Namespace, name: str) -> None:
    """Checks that all features of a training are of one encoder, and writes which into the experiment.

    It must be that of the model that training starts from, or that it had before it was interrupted. Models that do
    not take the features are not bound.

    Args:
        args: arguments of an ESPnet task.
        name: of the features among its data.

    Raises:
        InputError: features have no note, or are of another encoder.
    """
    if ACOUSTIC not in args.perception:
        return
    data = [*args.train_data_path_and_name_and_type, *args.valid_data_path_and_name_and_type]
    scps = [path for path, data_name, _ in data if data_name == name]
    if args.emotion2vec_exp:
        _check_own(scps, args.emotion2vec_exp)
    own = Path(args.output_dir) / EMOTION2VEC_SCP
    expected, user = _encoder_before(args, own)
    for scp in scps:
        found = read_provenance(scp)
        if expected is None:
            expected, user = found, scp
        else:
            check_encoder(found, expected, features=scp, user=user)
    if expected is not None:
        logger.info("acoustic features of %s", expected)
        write_provenance(own, expected)


def _check_own(scps: list[str], encoder: str) -> None:
    """Refuses features of another encoder than the one that the recipe has trained for them."""
    own = feature_provenance(Emotion2Vec.from_pretrained(encoder), "utterance")
    for scp in scps:
        found = read_provenance(scp)
        if found.encoder != own.encoder:
            raise InputError(
                f"{scp}: of {found}, not of {encoder} as it is now; extract the features of all sets again, in another"
                " folder if models that were trained on these are to be kept"
            )


def _encoder_before(args: argparse.Namespace, own: Path) -> tuple[Provenance | None, str | Path]:
    """Returns the encoder that training is bound to, and what binds it."""
    if provenance_path(own).exists() and any(own.parent.glob("*.pth")):
        return read_provenance(own), own.parent
    if not args.init_exp:
        return None, ""
    if Path(args.init_exp).is_dir() and not is_packed(args.init_exp):
        return trained_encoder(args.init_exp, read_experiment_config(args.init_exp)), args.init_exp
    folder = locate(args.init_exp)
    return feature_provenance(Emotion2Vec.from_pretrained(folder / EMOTION2VEC), "utterance"), args.init_exp
