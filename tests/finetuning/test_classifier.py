"""A classifier on a speech encoder: what is trained and how fast, saving and loading, answers that ignore padding."""

from pathlib import Path

import pytest
import torch
from helpers.tiny_encoders import WAVEFORMS, emotion2vec, noise, save_encoder, whisper

from c2ser.emotion2vec import Emotion2Vec
from c2ser.errors import InputError
from c2ser.finetuning import ClassifierConfig, SpeechClassifier
from c2ser.finetuning.optimization import parameter_groups
from c2ser.settings import SettingsError

EMOTIONS = ["angry", "happy", "sad"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("encoders")
    for name in ("wavlm_layer", "wav2vec2_group"):
        save_encoder(name, root / name)
    whisper(root / "whisper")
    emotion2vec(root / "emotion2vec")
    return {path.name: str(path) for path in root.iterdir()}


def build(encoder: str, **settings) -> SpeechClassifier:
    torch.manual_seed(1)
    return SpeechClassifier.from_config(ClassifierConfig(encoder, **settings), EMOTIONS)


@pytest.mark.parametrize("encoder", ["wavlm_layer", "whisper", "emotion2vec"])
@pytest.mark.parametrize("pooling", ["mean", "mean_std"])
def test_what_is_saved_gives_the_same_probabilities_without_the_encoder(encoder, pooling, folders, tmp_path):
    layers = "last" if encoder == "emotion2vec" else "weighted"
    settings = {"mirror_end": True} if encoder == "whisper" else {}
    model = build(folders[encoder], pooling=pooling, layers=layers, hidden_size=8, encoder_conf=settings).eval()
    expected = model.probabilities(WAVEFORMS)
    model.save_pretrained(tmp_path / "saved")
    config = (tmp_path / "saved" / "config.yaml").read_text()
    (tmp_path / "saved" / "config.yaml").write_text(config.replace(folders[encoder], "/nowhere"))
    loaded = SpeechClassifier.from_pretrained(tmp_path / "saved")
    assert loaded.probabilities(WAVEFORMS) == expected
    assert [sum(row.values()) for row in expected] == pytest.approx([1] * len(WAVEFORMS))


@pytest.mark.parametrize("encoder", ["wavlm_layer", "wav2vec2_group", "whisper", "emotion2vec"])
def test_an_answer_does_not_depend_on_the_batch(encoder, folders):
    model = build(folders[encoder]).eval()
    together = model.probabilities([*WAVEFORMS, noise(60, 9)])
    for waveform, found in zip([*WAVEFORMS, noise(60, 9)], together, strict=True):
        assert model.probabilities([waveform])[0] == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "frozen_parts"),
    [
        ({"frozen": "nothing"}, set()),
        ({"frozen": "convolutions"}, {0}),
        ({"frozen": "nothing", "frozen_blocks": 1}, {0, 1, 2}),
        ({"frozen": "encoder"}, {0, 1, 2, 3}),
    ],
)
@pytest.mark.parametrize("encoder", ["wavlm_layer", "whisper", "emotion2vec"])
def test_what_is_frozen_has_no_gradient_and_the_rest_learns(encoder, settings, frozen_parts, folders):
    quiet = {"dropout": 0.0} if encoder != "wavlm_layer" else {"mask_time_prob": 0.9, "layerdrop": 0.0}
    model = build(folders[encoder], encoder_conf=quiet, **settings).train()
    model(torch.from_numpy(noise(16000, 0)).unsqueeze(0), torch.tensor([16000])).sum().backward()
    parts = model.encoder.parts()
    with_gradient = {parts[name] for name, own in model.encoder.named_parameters() if own.grad is not None}
    assert with_gradient == {0, 1, 2, 3} - frozen_parts
    assert all(own.grad is not None for own in model.head.parameters())


def test_a_frozen_encoder_has_no_dropout(folders):
    settings = {"hidden_dropout": 0.5, "mask_time_prob": 0.9}
    model = build(folders["wavlm_layer"], frozen="encoder", dropout=0.0, encoder_conf=settings)
    batch = torch.from_numpy(noise(16000, 0)).unsqueeze(0), torch.tensor([16000])
    assert torch.equal(model.train()(*batch), model.eval()(*batch))


def test_lower_blocks_learn_more_slowly_and_norms_do_not_decay(folders):
    model = build(folders["whisper"], layers="weighted", frozen="nothing")
    groups = parameter_groups(model, 1e-3, head_factor=10, layer_decay=0.5, weight_decay=0.1)
    rate = {id(own): (group["lr"], group["weight_decay"]) for group in groups for own in group["params"]}
    found = {name: rate.pop(id(own)) for name, own in model.named_parameters() if own.requires_grad}
    assert not rate
    blocks = "encoder.encoder.encoder.layers"
    assert found[f"{blocks}.1.fc1.weight"] == (1e-3, 0.1) and found[f"{blocks}.0.fc1.weight"] == (0.5e-3, 0.1)
    assert found["encoder.encoder.encoder.conv1.weight"] == (0.125e-3, 0.1)
    assert found["encoder.encoder.encoder.layer_norm.weight"] == (1e-3, 0.0)
    assert found["head.1.weight"] == (1e-2, 0.1) and found["layer_weights"] == (1e-2, 0.0)
    frozen = build(folders["whisper"], frozen="encoder")
    assert len(parameter_groups(frozen, 1e-3, head_factor=1, layer_decay=1, weight_decay=0.1)) == 2


def test_mean_std_is_numpys(folders):
    model = build(folders["emotion2vec"], pooling="mean_std").eval()
    (features,) = Emotion2Vec.from_pretrained(folders["emotion2vec"]).extract([WAVEFORMS[0]])
    frames = torch.from_numpy(features["frames"])
    expected = model.head(torch.cat([frames.mean(0), (frames.var(0, correction=0) + 1e-6).sqrt()])).softmax(0)
    assert list(model.probabilities([WAVEFORMS[0]])[0].values()) == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("encoder", ["wavlm_layer", "whisper"])
def test_gradient_checkpointing_changes_no_gradient(encoder, folders):
    gradients = []
    for checkpointing in (False, True):
        quiet = {"dropout": 0.0} if encoder == "whisper" else {"apply_spec_augment": False, "layerdrop": 0.0}
        if encoder != "whisper":
            quiet |= dict.fromkeys(("hidden_dropout", "attention_dropout", "activation_dropout"), 0.0)
        model = build(folders[encoder], dropout=0.0, gradient_checkpointing=checkpointing, encoder_conf=quiet).train()
        model(torch.from_numpy(noise(16000, 0)).unsqueeze(0), torch.tensor([16000]))[0, 0].backward()
        gradients.append([own.grad for own in model.parameters() if own.grad is not None])
    assert len(gradients[0]) == len(gradients[1])
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(*gradients, strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": "all"}, "layers: 'all' is not last or weighted"),
        ({"frozen": "lower"}, "frozen: 'lower' is not nothing or convolutions or encoder"),
        ({"dropout": 2.0}, "dropout: 2.0 is not from 0 to 1"),
        ({"frozen_blocks": -1}, "frozen_blocks: below 0"),
    ],
)
def test_wrong_settings_are_told(settings, message):
    with pytest.raises(SettingsError, match=message):
        ClassifierConfig("wavlm", **settings)


def test_more_frozen_blocks_than_there_are(folders):
    with pytest.raises(InputError, match="frozen_blocks: 3, but there are 2"):
        build(folders["whisper"], frozen_blocks=3)


def test_a_folder_of_something_else_is_told(folders, tmp_path):
    (tmp_path / "config.yaml").write_text("llm: x\n")
    with pytest.raises(InputError, match="not a fine-tuned encoder"):
        SpeechClassifier.from_pretrained(Path(tmp_path))
