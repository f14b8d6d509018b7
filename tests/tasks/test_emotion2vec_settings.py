"""Settings of Emotion2Vec-S's pre-training: the paper's, the release's and data2vec 2.0's, each where it belongs."""

import numpy as np
import pytest
import torch
import yaml
from espnet2.schedulers.cosine_anneal_warmup_restart import CosineAnnealingWarmupRestarts
from helpers.funasr import SMALL, SMALL_AUDIO, configuration, encoder_state, write_funasr
from helpers.paths import ROOT
from helpers.tiny_emotion2vec import CONFIG, PRETRAINING

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping
from c2ser.tasks.emotion2vec import Emotion2VecTask, ESPnetEmotion2Vec

PAPER_YAML = ROOT / "egs" / "TEMPLATE" / "conf" / "paper" / "emotion2vec_s.yaml"

# The paper, arXiv 2502.18186, and emotion2vec's, arXiv 2312.15185.
PAPER = {
    "clones": 8,
    "mask_probability": 0.5,
    "mask_span": 5,
    "average_top_k_layers": 8,
    "ema_decay": 0.999,
    "ema_end_decay": 0.99999,
    "ema_anneal_updates": 20000,
    "decoder_dim": 384,
    "decoder_layers": 4,
    "decoder_kernel": 7,
    "utterance_weight": 0.1,
    "category_weight": 100.0,
}
# fairseq, examples/data2vec/config/v2/base_audio_only_task.yaml, and defaults of data2vec2.py and modalities/base.py.
DATA2VEC = {"decoder_groups": 16, "decoder_dropout": 0.1, "mask_noise": 0.01}
# Standard deviations there.
DATA2VEC |= {"min_target_variance": 0.1**2, "min_prediction_variance": 0.01**2, "watch_from_update": 5000}
# Emotion2Vec-S/examples/data2vec/models of the release; the number of tokens is the paper's.
ENCODER = {"depth": 8, "prenet_depth": 4, "dim": 768, "heads": 12, "mlp_ratio": 4.0, "dropout": 0.1, "layerdrop": 0.05}
ENCODER |= {"position_layers": 5, "position_width": 95, "position_groups": 16, "utterance_tokens": 10}


@pytest.fixture(scope="module")
def paper():
    return Emotion2VecTask.get_parser().parse_args(["--config", str(PAPER_YAML), "--output_dir", "unused"])


def test_paper_configuration_is_one_that_trainer_and_model_know(paper):
    assert yaml.safe_load(PAPER_YAML.read_text(encoding="utf-8")).keys() <= vars(paper).keys()
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], **paper.optim_conf)
    scheduler = CosineAnnealingWarmupRestarts(optimizer, **paper.scheduler_conf)
    rates = []
    for _ in range(paper.max_epoch * paper.num_iters_per_epoch // paper.accum_grad):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert len(rates) == paper.scheduler_conf["first_cycle_steps"]
    assert max(rates) == pytest.approx(7.5e-5) and np.argmax(rates) == pytest.approx(0.05 * len(rates), abs=2)
    assert rates[-1] < 1e-9


def test_values_are_those_of_paper_release_and_data2vec(paper):
    pretraining = build_from_mapping(PretrainingConfig, paper.pretraining_conf, name="pretraining_conf")
    known = PAPER | DATA2VEC
    assert {name: getattr(pretraining, name) for name in known} == pytest.approx(known)
    assert pretraining == PretrainingConfig()  # what is not given is the same in YAML and code
    encoder = encoder_config(paper.encoder_conf)
    assert {name: getattr(encoder, name) for name in ENCODER} == ENCODER and encoder == Emotion2VecConfig()
    assert (paper.crop_samples, paper.batch_bins) == (320_000, 8 * 1_000_000)
    assert (paper.optim, paper.accum_grad, paper.grad_clip) == ("adamw", 2, pytest.approx(1e9))
    assert paper.optim_conf == {"lr": 7.5e-5, "weight_decay": 0.01, "betas": [0.9, 0.98], "eps": 1e-6}


def optimizer_of(model: Emotion2VecPretraining, args) -> torch.optim.Optimizer:
    (optimizer,) = Emotion2VecTask.build_optimizers(args, ESPnetEmotion2Vec(model))
    return optimizer


def groups(encoder: Emotion2VecConfig, pretraining: PretrainingConfig, args) -> dict[str, float]:
    """The weight decay of each trained parameter, by name."""
    model = Emotion2VecPretraining(encoder, pretraining)
    optimizer = optimizer_of(model, args)
    decay = {id(weight): group["weight_decay"] for group in optimizer.param_groups for weight in group["params"]}
    trained = ((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)
    return {name: decay[id(weight)] for name, weight in trained}


def test_norms_biases_and_scales_do_not_decay(paper):
    with torch.device("meta"):
        decay = groups(Emotion2VecConfig(), PretrainingConfig(), paper)
    assert set(decay.values()) == {0.0, 0.01}
    spared = [name for name, value in decay.items() if value == 0]
    assert (len(spared), len(decay)) == (126, 193)  # as in the release
    assert "student.utterance_tokens" not in spared and "student.alibi_scale" in spared


def test_the_parameters_that_decay_are_the_releases_by_name(paper, tmp_path):
    """Its rule is applied to FunASR's model, whose names are the release's, and read back under ours."""
    funasr = pytest.importorskip("funasr.models.emotion2vec.model")
    config = configuration(SMALL, SMALL_AUDIO)
    theirs = funasr.Emotion2vec(model_conf=config["model_conf"], vocab_size=-1)
    spared = {
        name
        for name, weight in theirs.named_parameters()
        if weight.dim() == 1 or name.endswith(".bias") or "alibi_scale" in name
    }
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.fill_(0.0 if name in spared else 1.0)
    folder = write_funasr(tmp_path, encoder_state(theirs), config, tokens=None)
    encoder = Emotion2Vec.from_pretrained(folder).encoder
    wanted = {f"student.{name}": 0.01 * weight.any().item() for name, weight in encoder.named_parameters()}
    ours = groups(encoder.config, PretrainingConfig(decoder_dim=12, decoder_groups=4), paper)
    assert {name: value for name, value in ours.items() if name.startswith("student.")} == pytest.approx(wanted)
    assert {name for name, value in ours.items() if value == 0 and name.startswith("decoder.")} == {
        name for name in ours if name.startswith("decoder.") and name.endswith("bias")
    }
    assert sum(value == 0 for value in ours.values()) == len(spared) and len(ours) == len(list(theirs.parameters()))


def test_a_training_with_other_weight_decay_does_not_go_on():
    model = Emotion2VecPretraining(CONFIG, PRETRAINING)
    parser = Emotion2VecTask.get_parser()
    ours, other = (
        optimizer_of(model, parser.parse_args(["--optim", "adamw", "--output_dir", "exp/x", *options]))
        for options in ([], ["--exclude_weight_decay", "false"])
    )
    ours.load_state_dict(ours.state_dict())
    with pytest.raises(InputError, match="^exp/x: trained with another exclude_weight_decay, .* start anew"):
        ours.load_state_dict(other.state_dict())
