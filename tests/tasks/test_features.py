"""Trainings on features: of one encoder, which is that of the model they start from and that they had before."""

import argparse
from pathlib import Path

import pytest
import torch
import yaml
from helpers.tiny_emotion2vec import CONFIG as ENCODER

from c2ser.data.provenance import Provenance, read_provenance, write_provenance
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecEncoder
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.errors import InputError
from c2ser.tasks.features import note_encoder

ONE = Provenance("1" * 32, "utterance", "float32", "exp/one")
TWO = Provenance("2" * 32, "utterance", "float32", "exp/two")
CONFIG = {"llm": "x", "emotions": "y", "whisper": "z", "acoustic_width": 8}


@pytest.fixture
def sets(tmp_path) -> list[Path]:
    for name in ("train", "dev"):
        (tmp_path / name).mkdir()
        write_provenance(tmp_path / name / "emotion2vec_s.scp", ONE)
    return [tmp_path / name / "emotion2vec_s.scp" for name in ("train", "dev")]


def arguments(sets: list[Path], **changes) -> argparse.Namespace:
    train, dev = ([("x/wav.scp", "speech", "audio"), (str(scp), "acoustic", "kaldi_ark")] for scp in sets)
    given = {
        "train_data_path_and_name_and_type": train,
        "valid_data_path_and_name_and_type": dev,
        "output_dir": str(sets[0].parents[1] / "exp"),
        "perception": ["semantic", "acoustic"],
        "init_exp": None,
        "emotion2vec_exp": None,
        **changes,
    }
    return argparse.Namespace(**given)


def noted(sets: list[Path], name: str = "exp") -> Provenance:
    return read_provenance(sets[0].parents[1] / name / "emotion2vec_s.scp")


def test_the_experiment_notes_the_encoder(sets):
    note_encoder(arguments(sets), "acoustic")
    assert noted(sets) == ONE and noted(sets).model == "exp/one"


def test_features_of_another_encoder_than_the_recipes_are_refused(sets, tmp_path):
    torch.manual_seed(1)
    own = Emotion2Vec(Emotion2VecEncoder(ENCODER))
    own.save_pretrained(tmp_path / "own")
    given = {"emotion2vec_exp": str(tmp_path / "own")}
    with pytest.raises(
        InputError, match=r"train/emotion2vec_s.scp: of exp/one .*, not of .*/own as it is now; extract"
    ):
        note_encoder(arguments(sets, **given), "acoustic")
    for scp in sets:
        write_provenance(scp, feature_provenance(own, "utterance"))
    note_encoder(arguments(sets, **given), "acoustic")
    assert noted(sets).encoder == own.fingerprint()


def test_sets_of_two_encoders_are_refused(sets):
    write_provenance(sets[1], TWO)
    with pytest.raises(InputError, match=r"dev/emotion2vec_s.scp: of exp/two .*, but .*train.* with exp/one") as error:
        note_encoder(arguments(sets), "acoustic")
    assert "\n" not in str(error.value)


def test_features_without_a_note_are_refused_with_the_command_that_makes_them(sets):
    sets[0].with_suffix(".json").unlink()
    with pytest.raises(InputError, match="train/emotion2vec_s.json: no such file.*c2ser.bin.extract_emotion2vec"):
        note_encoder(arguments(sets), "acoustic")


def test_a_model_that_does_not_take_the_features_is_not_bound(sets):
    sets[0].with_suffix(".json").unlink()
    note_encoder(arguments(sets, perception=["semantic"]), "acoustic")
    assert not (sets[0].parents[1] / "exp").exists()


def test_a_training_goes_on_with_its_own_features_only(sets):
    note_encoder(arguments(sets), "acoustic")
    for scp in sets:
        write_provenance(scp, TWO)
    note_encoder(arguments(sets), "acoustic")  # which has not learned yet
    assert noted(sets) == TWO
    (sets[0].parents[1] / "exp" / "checkpoint.pth").touch()
    for scp in sets:
        write_provenance(scp, ONE)
    with pytest.raises(InputError, match=r"of exp/one .*, but .*/exp was trained with exp/two"):
        note_encoder(arguments(sets), "acoustic")


def test_a_training_starts_from_a_model_of_the_same_encoder_only(sets):
    note_encoder(arguments(sets), "acoustic")
    first = sets[0].parents[1] / "exp"
    (first / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    second = {"init_exp": str(first), "output_dir": str(first.with_name("second"))}
    note_encoder(arguments(sets, **second), "acoustic")
    assert noted(sets, "second") == ONE
    for scp in sets:
        write_provenance(scp, TWO)
    with pytest.raises(InputError, match=r"of exp/two .*, but .*/exp was trained with exp/one"):
        note_encoder(arguments(sets, **second), "acoustic")


def test_a_packed_model_binds_to_the_encoder_in_it(sets, tmp_path):
    torch.manual_seed(0)
    encoder = Emotion2Vec(Emotion2VecEncoder(ENCODER))
    encoder.save_pretrained(tmp_path / "packed" / "emotion2vec_s")
    packed = {"init_exp": str(tmp_path / "packed")}
    with pytest.raises(InputError, match=r"of exp/one .*, but .*packed was trained with .*packed/emotion2vec_s"):
        note_encoder(arguments(sets, **packed), "acoustic")
    for scp in sets:
        write_provenance(scp, feature_provenance(encoder, "utterance"))
    note_encoder(arguments(sets, **packed), "acoustic")
    assert noted(sets) == feature_provenance(encoder, "utterance")
