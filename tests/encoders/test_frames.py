"""Encoders that are trained find what frozen ones do, and know which of their parameters belongs where."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from helpers.tiny_encoders import MODELS, WAVEFORMS, emotion2vec, noise, save_encoder, whisper
from torch.nn.utils.rnn import pad_sequence

from c2ser.emotion2vec import Emotion2Vec
from c2ser.encoders.frames import FrameEncoder, build_frame_encoder, pad_to
from c2ser.encoders.utterance import load_encoder
from c2ser.errors import InputError
from c2ser.nn import masked_mean

EQUAL_LENGTHS = [noise(16000, seed) for seed in range(3)]


def make(name: str, folder: Path) -> Path:
    if name in MODELS:
        return save_encoder(name, folder)
    {"whisper": whisper, "emotion2vec": emotion2vec}[name](folder)
    return folder


def padded(waveforms: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [torch.from_numpy(waveform) for waveform in waveforms]
    return pad_sequence(rows, batch_first=True), torch.tensor([len(row) for row in rows])


def means(encoder: FrameEncoder, waveforms: list[np.ndarray]) -> np.ndarray:
    with torch.no_grad():
        states, valid = encoder.eval()(*padded(waveforms))
    return masked_mean(states.flatten(2), valid).unflatten(1, states.shape[2:]).numpy()


@pytest.mark.parametrize("name", [*MODELS, "whisper"])
def test_frames_are_those_that_a_probe_averages(name, tmp_path):
    folder = make(name, tmp_path / name)
    pads = name == "whisper" or MODELS[name][3]
    waveforms = WAVEFORMS if pads else EQUAL_LENGTHS
    expected = load_encoder(str(folder), layer=[0, 1, 2]).encode(waveforms)
    found = means(build_frame_encoder(str(folder), layers="weighted"), waveforms)
    assert found == pytest.approx(expected, abs=2e-5)
    assert means(build_frame_encoder(str(folder)), waveforms)[:, 0] == pytest.approx(
        load_encoder(str(folder)).encode(waveforms), abs=2e-5
    )


def test_frames_of_emotion2vec_are_its_features(tmp_path):
    folder = make("emotion2vec", tmp_path)
    features = Emotion2Vec.from_pretrained(folder).extract(WAVEFORMS)
    expected = np.stack([each["frames"].mean(axis=0) for each in features])
    assert means(build_frame_encoder(str(folder)), WAVEFORMS)[:, 0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ["wavlm_layer", "hubert", "wav2vec2_bert", "whisper", "emotion2vec"])
def test_a_folder_of_the_configuration_alone_builds_the_same_encoder(name, tmp_path):
    encoder = build_frame_encoder(str(make(name, tmp_path / "whole")))
    (tmp_path / "configuration").mkdir()
    encoder.save_configuration(tmp_path / "configuration")
    assert not list((tmp_path / "configuration").glob("*.safetensors"))
    again = build_frame_encoder(tmp_path / "configuration", pretrained=False)
    assert not torch.equal(next(again.parameters()), next(encoder.parameters()))
    again.load_state_dict(encoder.state_dict())
    assert np.array_equal(means(again, EQUAL_LENGTHS), means(encoder, EQUAL_LENGTHS))


@pytest.mark.parametrize("name", ["wavlm_layer", "hubert", "whisper", "emotion2vec"])
def test_each_parameter_belongs_to_one_part(name, tmp_path):
    encoder = build_frame_encoder(str(make(name, tmp_path)))
    parts = encoder.parts()
    assert (
        parts.keys()
        == dict(encoder.named_parameters()).keys()
        == encoder.state_dict().keys() - {key for key, _ in encoder.named_buffers()}
    )
    assert set(parts.values()) == {0, 1, 2, 3}
    for key, part in parts.items():
        block = key.split("layers.")[-1].split("blocks.")[-1][:1]
        if "conv_layers" in key or key.startswith(("encoder.local.", "encoder.encoder.conv")):
            assert part == 0, key
        elif block in "01" and ("layers." in key or "blocks." in key):
            assert part == 2 + int(block), key
        else:
            assert part == (3 if key.startswith("encoder.encoder.layer_norm") else part), key


def test_training_masks_frames_and_evaluation_does_not(tmp_path):
    everything = {"mask_time_prob": 0.9, "mask_feature_prob": 0.5, "mask_time_length": 2, "hidden_dropout": 0.0}
    everything |= {"attention_dropout": 0.0, "feat_proj_dropout": 0.0, "activation_dropout": 0.0, "layerdrop": 0.0}
    encoder = build_frame_encoder(str(save_encoder("wavlm_layer", tmp_path)), settings=everything)
    batch = padded(EQUAL_LENGTHS)
    with torch.no_grad():
        quiet, masked = encoder.eval()(*batch)[0], encoder.train()(*batch)[0]
    assert (quiet - masked).abs().mean() > 0.1
    assert torch.equal(encoder.eval()(*batch)[0], quiet)


@pytest.mark.parametrize("name", ["whisper", "emotion2vec"])
def test_spec_augment_of_the_others_is_for_training_alone(name, tmp_path):
    folder, batch = make(name, tmp_path), padded(EQUAL_LENGTHS)
    plain = build_frame_encoder(str(folder), settings={"dropout": 0.0})
    masking = build_frame_encoder(str(folder), settings={"dropout": 0.0, "spec_augment": {"time_width": 40}})
    assert torch.equal(plain.eval()(*batch)[0], masking.eval()(*batch)[0])
    assert not torch.allclose(masking.eval()(*batch)[0], masking.train()(*batch)[0])


@pytest.mark.parametrize("name", ["wavlm_layer", "wav2vec2_group", "whisper", "emotion2vec"])
def test_a_batch_of_clicks_can_be_trained_on(name, tmp_path):
    encoder = build_frame_encoder(str(make(name, tmp_path))).train()
    states, valid = encoder(*pad_to(torch.ones(2, 7), torch.tensor([7, 3]), training=True))
    assert states.isfinite().all() and valid.any(1).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("wavlm", {"settings": {"mask_tim_prob": 0.1}}, "mask_tim_prob is no setting of a wavlm"),
        ("whisper", {"settings": {"layerdrop": 0.1}}, "unknown key 'layerdrop'; this encoder has spec_augment"),
        ("emotion2vec", {"layers": "weighted"}, "are for encoders of transformers"),
        ("emotion2vec", {"settings": {"spec_augment": {"width": 1}}}, "unknown key 'width'"),
    ],
)
def test_what_does_not_fit_an_encoder_is_told(name, options, message, tmp_path):
    folder = make(name, tmp_path)
    with pytest.raises(InputError, match=message):
        build_frame_encoder(str(folder), **options)


def test_a_model_that_is_no_encoder_of_speech_is_told(tmp_path):
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="give a hub id or a folder with all of its files"):
        build_frame_encoder(str(tmp_path))
