"""Probing encoders: vectors against transformers' own output, and the whole command on small corpora."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from helpers.tiny_encoders import (
    MODELS,
    WAVEFORMS,
    WHISPER,
    emotion2vec,
    load_extractor,
    noise,
    whisper,
)

from c2ser.encoders.utterance import load_encoder
from c2ser.errors import InputError


@pytest.mark.parametrize("name", MODELS)
def test_vectors_are_the_mean_of_the_output_that_transformers_gives_alone(model_dir, name):
    folder = model_dir(name)
    model, extractor = transformers.AutoModel.from_pretrained(folder).eval(), load_extractor(folder)
    for layer in (None, 0, 1, -1):
        encoder = load_encoder(str(folder), layer)
        assert encoder.pads == MODELS[name][3]
        for waveform in WAVEFORMS:
            with torch.inference_mode():
                inputs = extractor(waveform, sampling_rate=16000, return_tensors="pt")
                output = model(**inputs, output_hidden_states=True)
            frames = output.last_hidden_state if layer is None else output.hidden_states[layer]
            np.testing.assert_allclose(encoder.encode([waveform])[0], frames[0].mean(dim=0), atol=1e-4)


def assert_batch_is_as_alone(folder: Path) -> None:
    encoder = load_encoder(str(folder))
    alone = np.concatenate([encoder.encode([waveform]) for waveform in WAVEFORMS])
    batch = WAVEFORMS if encoder.pads else WAVEFORMS[1:3]
    expected = alone if encoder.pads else alone[1:3]
    np.testing.assert_allclose(encoder.encode(batch), expected, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 1e-3  # or the comparison says nothing


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_gives_what_each_utterance_gives_alone(model_dir, name):
    assert_batch_is_as_alone(model_dir(name))


def test_whisper_is_averaged_over_the_true_length(tmp_path):
    whisper(tmp_path)
    assert_batch_is_as_alone(tmp_path)
    assert load_encoder(str(tmp_path)).pads
    model, extractor = transformers.WhisperModel.from_pretrained(tmp_path).eval(), load_extractor(tmp_path)
    full = noise(30 * 16000, 0)  # of 30 s transformers' encoder sees the true length too
    with torch.inference_mode():
        inputs = extractor(full, sampling_rate=16000, return_tensors="pt").input_features
        states = model.get_encoder()(inputs, output_hidden_states=True)
    for layer, expected in ((None, states.last_hidden_state), (1, states.hidden_states[1])):
        # The extractor rounds otherwise: it computes the spectrogram in float64 on the CPU.
        np.testing.assert_allclose(load_encoder(str(tmp_path), layer).encode([full])[0], expected[0].mean(0), atol=1e-3)


def test_the_encoder_of_an_encoder_decoder(tmp_path):
    torch.manual_seed(0)
    sizes = {name: value for name, value in WHISPER.items() if name != "num_mel_bins"} | {"conv_channels": 32}
    transformers.Speech2TextModel(transformers.Speech2TextConfig(**sizes)).save_pretrained(tmp_path)
    transformers.Speech2TextFeatureExtractor().save_pretrained(tmp_path)
    assert_batch_is_as_alone(tmp_path)


@pytest.mark.parametrize("kind", ["transformers", "whisper", "emotion2vec"])
def test_computes_in_bfloat16(model_dir, tmp_path, kind):
    folder = model_dir("wavlm_layer") if kind == "transformers" else tmp_path
    {"whisper": whisper, "emotion2vec": emotion2vec}.get(kind, str)(folder)
    exact, rounded = (load_encoder(str(folder), dtype=dtype) for dtype in (torch.float32, torch.bfloat16))
    assert rounded.pads
    difference = np.abs(rounded.encode(WAVEFORMS) - exact.encode(WAVEFORMS)).max()
    assert 0 < difference < 0.1


def test_emotion2vec_gives_the_mean_of_its_tokens(tmp_path):
    model = emotion2vec(tmp_path)
    expected = np.stack([output["utterance"].mean(axis=0) for output in model.extract(WAVEFORMS)])
    np.testing.assert_allclose(load_encoder(str(tmp_path)).encode(WAVEFORMS), expected, atol=1e-5)
    assert_batch_is_as_alone(tmp_path)
    with pytest.raises(InputError, match="only encoders of transformers have layers"):
        load_encoder(str(tmp_path), layer=1)


def test_the_shortest_utterances_have_vectors(model_dir, tmp_path):
    whisper(tmp_path / "whisper")
    emotion2vec(tmp_path / "emotion2vec")
    for folder in (model_dir("wav2vec2_layer"), tmp_path / "whisper", tmp_path / "emotion2vec"):
        assert np.isfinite(load_encoder(str(folder)).encode([noise(1, 0)])).all()


def test_encoders_that_cannot_be_used(model_dir, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="^encoder 'someone/no-such-encoder': .*give a hub id"):
        load_encoder("someone/no-such-encoder")
    with pytest.raises(InputError, match="^encoder 'exp/no/folder': "):
        load_encoder("exp/no/folder")
    with pytest.raises(InputError, match="no layer 3; layers are 0 to 2"):
        load_encoder(str(model_dir("hubert")), layer=3)
    with pytest.raises(InputError, match="config.yaml: no such file"):
        load_encoder(str(tmp_path))

    at_8_khz = model_dir("hubert")
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(at_8_khz)
    with pytest.raises(InputError, match="not an encoder of speech at 16 kHz"):
        load_encoder(str(at_8_khz))

    truncated = model_dir("wavlm")
    weights = (truncated / "model.safetensors").read_bytes()
    (truncated / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(InputError, match="^encoder '.*give a hub id"):
        load_encoder(str(truncated))

    deeper = model_dir("wavlm_layer")
    config = json.loads((deeper / "config.json").read_text()) | {"num_hidden_layers": 3}
    (deeper / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="do not fit WavLMModel: encoder.layers.2.* is missing"):
        load_encoder(str(deeper))
