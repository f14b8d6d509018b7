"""Experiments of the audio language model, loaded by the name of a checkpoint."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import yaml
from helpers.tiny_alm import build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.alm.experiments import PREFIX, load_experiment
from c2ser.data.provenance import write_provenance
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.packing.experiments import pack
from c2ser.packing.packed_model import PackedModel
from c2ser.systems.c2ser import C2SERRecognizer


@pytest.fixture(scope="module")
def experiment(tiny_llm, tmp_path_factory) -> Path:
    """The folder of a training whose epochs have weights of their own."""
    folder = tmp_path_factory.mktemp("exp ü")
    config = tiny_config(tiny_llm)
    (folder / "emotions").write_text("".join(f"{name}\n" for name in PAPER_EMOTIONS))
    settings = asdict(config) | {
        "emotions": str(folder / "emotions"),
        "best_model_criterion": [["valid", "loss", "min"]],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    for seed, name in enumerate(("valid.loss.ave", "1epoch", "2epoch")):
        state = build(config, seed=seed).trainable_state_dict()
        torch.save({f"{PREFIX}{name}": weight for name, weight in state.items()}, folder / f"{name}.pth")
    return folder


def test_each_checkpoint_has_its_weights(experiment, tiny_llm):
    loaded = {}
    for seed, name in enumerate((None, "1epoch", "2epoch")):
        model, emotions = load_experiment(experiment, checkpoint=name)
        expected = build(tiny_config(tiny_llm), seed=seed).trainable_state_dict()
        state = model.trainable_state_dict()
        assert emotions == list(PAPER_EMOTIONS) and state.keys() == expected.keys()
        assert all(torch.equal(state[key], weight) for key, weight in expected.items())
        loaded[name] = C2SERRecognizer.load(experiment, checkpoint=name).identity()["weights"]
    assert len(set(loaded.values())) == len(loaded)


def test_a_checkpoint_is_packed_and_then_the_only_one(experiment, tmp_path):
    acoustic = save_emotion2vec(tmp_path / "e2v", width=tiny_config(tmp_path).acoustic_width)
    pack(experiment, acoustic, output_dir=tmp_path / "packed", checkpoint="2epoch")
    packed, model = PackedModel.load(tmp_path / "packed").model, load_experiment(experiment, checkpoint="2epoch")[0]
    assert torch.equal(packed.speech_marks.weight, model.speech_marks.weight)
    with pytest.raises(InputError, match="packed: a packed model has no checkpoints; leave --checkpoint 2epoch out"):
        C2SERRecognizer.load(tmp_path / "packed", checkpoint="2epoch")


def test_the_encoder_that_a_training_notes_is_packed(experiment, tmp_path):
    acoustic = save_emotion2vec(tmp_path / "e2v", width=tiny_config(tmp_path).acoustic_width)
    exp = shutil.copytree(experiment, tmp_path / "exp")
    with pytest.raises(InputError, match=r"exp: it notes none; give its Emotion2Vec-S \(--emotion2vec_exp\)"):
        pack(exp, output_dir=tmp_path / "packed")
    encoder = feature_provenance(Emotion2Vec.from_pretrained(acoustic), "utterance")
    write_provenance(exp / "emotion2vec_s.scp", replace(encoder, model=str(acoustic)))
    pack(exp, output_dir=tmp_path / "packed")
    assert PackedModel.load(tmp_path / "packed").encoder == encoder
    write_provenance(exp / "emotion2vec_s.scp", replace(encoder, model="gone"))
    with pytest.raises(InputError, match=r"exp: it was trained with gone .*, which is not there; give"):
        pack(exp, output_dir=tmp_path / "packed")


def test_the_checkpoints_there_are_stand_in_the_message(experiment):
    with pytest.raises(InputError, match="no checkpoint '3epoch'; there are 1epoch, 2epoch, valid.loss.ave$"):
        C2SERRecognizer.load(experiment, checkpoint="3epoch")
