"""Trainings that start from a packed model, or from the imported release: its architecture, prompts and weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from helpers.alm_training import TRAINING, command_line, logged_losses, write_alm_data
from helpers.tiny_alm import ACOUSTIC_WIDTH, WHISPER, build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec
from helpers.trainings import launch

from c2ser.alm.answers import encode_answer
from c2ser.alm.experiments import load_experiment
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.data.audio import read_audio
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.packing.experiments import pack
from c2ser.packing.packed_model import PackedModel
from c2ser.packing.release import import_release
from c2ser.tasks.alm import ALMTask

# All utterances in a batch, and nothing random: the first loss is that of the model that training starts from.
STILL = {
    **TRAINING,
    "max_epoch": 1,
    "num_iters_per_epoch": 4,
    "batch_bins": 10**6,
    "scheduler_conf": {"warmup_steps": 1},
}
STILL["connector_conf"] = {"dropout": 0.0}
PROMPTS = {"explicit": "How does it sound?", "implicit": "Which emotion?"}


@pytest.fixture(scope="module")
def packed(tiny_llm, tmp_path_factory) -> Path:
    """A packed model of other prompts, whose weights no new model has."""
    folder = tmp_path_factory.mktemp("packed é") / "packed"
    model = build(tiny_config(tiny_llm, prompts=PROMPTS), seed=7)
    with torch.no_grad():
        model.llm.get_output_embeddings().weight.mul_(20)
        model.speech_marks.weight.add_(0.3)
    emotion2vec = Emotion2Vec.from_pretrained(save_emotion2vec(folder.with_name("e2v"), ACOUSTIC_WIDTH))
    PackedModel(model, emotion2vec, list(PAPER_EMOTIONS), {"num_beams": 1, "repetition_penalty": 1.0}).save(folder)
    return folder


def loss_of(model: C2SERModel, data: Path) -> float:
    """The loss of a model on all of the data, explicit answers."""
    texts = read_table(data / "explicit")
    waveforms = [torch.from_numpy(read_audio(read_table(data / "wav.scp")[utt])) for utt in texts]
    tokens = [torch.from_numpy(read_feature(read_table(data / "tokens.scp")[utt])) for utt in texts]
    pairs = [encode_answer(model.tokenizer, text, emotions=PAPER_EMOTIONS) for text in texts.values()]
    answers = Answers("explicit", *([torch.from_numpy(pair[place]) for pair in pairs] for place in (0, 1)))
    speech = torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True)
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    with torch.inference_mode():
        return model.eval()(speech, lengths, torch.stack(tokens), answers)["loss"].item()


def train(data: Path, exp: Path, config: dict, *options: str) -> list[float]:
    (data / "train.yaml").write_text(yaml.safe_dump(config))
    assert launch(command_line(data, exp, *options), exp).wait() == 0, (exp / "log").read_text()[-3000:]
    return logged_losses(exp / "log")


def test_a_packed_model_is_trained_on(packed, tmp_path):
    write_alm_data(tmp_path, encoder=PackedModel.load(packed).encoder)
    losses = train(tmp_path, tmp_path / "exp", STILL, "--init_exp", str(packed))
    start = loss_of(PackedModel.load(packed).model, tmp_path)
    fresh = loss_of(build(replace(PackedModel.load(packed).model.config), seed=1), tmp_path)
    assert losses[0] == pytest.approx(losses[1], abs=2e-3) == pytest.approx(start, abs=2e-3)
    assert abs(fresh - start) > 0.1
    assert losses[2] < losses[0] - 0.01  # after an update
    model, emotions = load_experiment(tmp_path / "exp")
    assert model.config.prompts == PROMPTS and emotions == list(PAPER_EMOTIONS)
    pack(tmp_path / "exp", packed / "emotion2vec_s", output_dir=tmp_path / "again")
    other = save_emotion2vec(tmp_path / "other", width=ACOUSTIC_WIDTH, seed=1)
    with pytest.raises(InputError, match=r"other: of .*other .*, but .*exp was trained with .*packed/emotion2vec_s"):
        pack(tmp_path / "exp", other, output_dir=tmp_path / "wrong")
    again = PackedModel.load(tmp_path / "again").model
    for name, weight in model.named_parameters():
        assert torch.equal(again.get_parameter(name), weight), name


def test_the_imported_release_is_trained_on(shared, tmp_path):
    folder = shared / "data" / "c2ser_release_like"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/c2ser_release_like")
    acoustic = save_emotion2vec(tmp_path / "emotion2vec", width=48)
    released = import_release(folder / "release_like.pt", acoustic, llm=str(folder / "tiny_llm"), whisper_heads=4)
    released.save(tmp_path / "packed")
    write_alm_data(tmp_path, width=48, encoder=released.encoder)
    config = {**STILL, "lora_conf": {"lora_dropout": 0.0}, "trained": ["connector", "llm"]}
    losses = train(tmp_path, tmp_path / "exp", config, "--init_exp", str(tmp_path / "packed"))
    assert losses[0] == pytest.approx(loss_of(released.model, tmp_path), abs=2e-3)
    assert losses[2] < losses[0]
    model, _ = load_experiment(tmp_path / "exp")
    assert model.config.lora_conf["r"] == released.model.config.lora_conf["r"]
    moved = {
        name for name, weight in model.named_parameters() if not torch.equal(weight, released.model.get_parameter(name))
    }
    assert any("lora_" in name for name in moved) and not any(name.startswith("whisper.") for name in moved)


def arguments(packed: Path, **changes):
    args = ALMTask.get_parser().parse_args(["--output_dir", "exp", "--emotions", "e", "--init_exp", str(packed)])
    for name, value in changes.items():
        setattr(args, name, value)
    return args


def test_dropouts_and_checkpointing_are_chosen_anew(packed):
    whisper_conf = {"dropout": 0.1, "gradient_checkpointing": True, "dtype": "float32"}
    connector_conf = {"attention_dropout": 0.0, "positional_dropout": 0.1}
    args = arguments(packed, whisper_conf=whisper_conf, connector_conf=connector_conf)
    ALMTask.check_required_command_args(args)
    assert args.whisper_conf == {"layers": [0, 2, -1], **whisper_conf}
    assert args.connector_conf == {"layers": 1, "feed_forward": 64, **connector_conf}


def test_what_is_given_is_kept_and_the_rest_is_the_models(packed):
    args = arguments(packed, connector_conf={"dropout": 0.3}, prompts={**PROMPTS, "explicit": "?"}, emotion_weight=3.0)
    ALMTask.check_required_command_args(args)
    assert args.whisper["d_model"] == 32 and Path(args.llm) == packed / "llm" and args.acoustic_width == ACOUSTIC_WIDTH
    assert args.connector_conf == {"layers": 1, "feed_forward": 64, "dropout": 0.3}
    assert (
        args.whisper_conf == {"layers": [0, 2, -1]} and args.prompts["explicit"] == "?" and args.emotion_weight == 3.0
    )


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"connector_conf": {"layers": 2}}, "has connector_conf.layers 1, this training 2"),
        ({"connector_conf": {"heads": 8}}, "has connector_conf.heads 4, this training 8"),
        ({"whisper_conf": {"layers": [-1]}}, r"has whisper_conf.layers \[0, 2, -1\], this training \[-1\]"),
        (
            {"lora_conf": {"target_modules": ["q_proj"]}},
            r"has lora_conf.target_modules None, this training \['q_proj'\]",
        ),
        (
            {"whisper": {**WHISPER, "encoder_attention_heads": 4}},
            "has whisper.encoder_attention_heads 2, this training 4",
        ),
    ],
)
def test_another_architecture_is_one_line(packed, changes, message):
    with pytest.raises(InputError, match=message) as error:
        ALMTask.check_required_command_args(arguments(packed, **changes))
    assert "\n" not in str(error.value) and str(packed) in str(error.value)


def test_another_tokenizer_is_one_line(packed, tmp_path):
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    build_llm(sizes, {"vocab_size": 300}, texts=["another language"], output_dir=tmp_path)
    with pytest.raises(InputError, match="another tokenizer"):
        ALMTask.check_required_command_args(arguments(packed, llm=str(tmp_path)))


def test_tokens_of_another_width_are_one_line(packed, tmp_path):
    write_alm_data(tmp_path, width=30, encoder=PackedModel.load(packed).encoder)
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(STILL))
    command = command_line(tmp_path, tmp_path / "exp", "--init_exp", str(packed))
    assert launch(command, tmp_path / "exp").wait() == 1
    log = (tmp_path / "exp" / "log").read_text()
    assert "Traceback" not in log
    assert f"tokens of width 30; {packed} was trained on tokens of width {ACOUSTIC_WIDTH}" in log
