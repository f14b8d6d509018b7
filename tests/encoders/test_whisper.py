"""Whisper's encoder on the true length: equal to transformers where it must be, and independent of padding."""

import math

import numpy as np
import pytest
import torch
from helpers.tiny_alm import (
    WHISPER,
    one,
    speech_batch,
)
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)

from c2ser.data.audio import read_audio
from c2ser.encoders.augmentation import SpecAugment, TimeSubstitution
from c2ser.encoders.log_mel import LogMel
from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder
from c2ser.errors import InputError


def thirty_seconds() -> np.ndarray:
    """A sweep that grows louder, noise, and silence in between; it is loud where it ends."""
    rng = np.random.default_rng(0)
    time = np.arange(30 * 16000) / 16000
    wave = 0.3 * np.sin(2 * np.pi * (100 + 90 * time) * time) * time / 30 + rng.normal(scale=0.01, size=len(time))
    wave[3 * 16000 : 6 * 16000] = 0.0
    return wave.astype(np.float32)


@pytest.mark.parametrize("missing", [0, 1, 100, 300])
def test_log_mel_equals_transformers_on_thirty_seconds(missing):
    wave = thirty_seconds()[missing:]
    expected = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="pt").input_features
    features, frames = LogMel(80)(torch.from_numpy(wave).unsqueeze(0), torch.tensor([len(wave)]))
    count = math.ceil(len(wave) / 160)
    assert frames.tolist() == [count]
    torch.testing.assert_close(features, expected[..., :count], atol=1e-4, rtol=0)


@pytest.mark.parametrize("bins", [80, 128])
def test_log_mel_of_a_batch_equals_transformers_where_there_is_speech(bins):
    """Shorter than 30 s: transformers' own frames, without those of the silence that it appends."""
    wave = thirty_seconds()
    spans = ((0, 47999), (160000, 16000), (80000, 161), (9, 400), (48000, 8000))  # the last is digital silence
    rows = [wave[start : start + length] for start, length in spans]
    speech = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True)
    features, frames = LogMel(bins)(speech, torch.tensor([len(row) for row in rows]))
    extractor = WhisperFeatureExtractor(feature_size=bins)
    for row, heard, count in zip(rows, features, frames.tolist(), strict=True):
        expected = extractor(row, sampling_rate=16000, return_tensors="pt").input_features[0]
        assert count == math.ceil(len(row) / 160)
        torch.testing.assert_close(heard[:, :count], expected[:, :count], atol=1e-4, rtol=0)
        assert not heard[:, count:].any()


def assert_equals_transformers(whisper: WhisperModel, layers: list[int]) -> None:
    wave = thirty_seconds()
    features = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="pt").input_features
    with torch.no_grad():
        outputs = whisper.get_encoder()(features, output_hidden_states=True)
        encoder = SemanticEncoder(whisper.get_encoder(), layers).eval()
        states, frames = encoder(torch.from_numpy(wave).unsqueeze(0), torch.tensor([len(wave)]))
    assert frames.tolist() == [1500] and states.shape == (1, 1500, len(layers), encoder.width)
    for place, layer in enumerate(layers):
        torch.testing.assert_close(states[:, :, place], outputs.hidden_states[layer], atol=1e-3, rtol=1e-4)
    if -1 in layers:
        torch.testing.assert_close(states[:, :, layers.index(-1)], outputs.last_hidden_state, atol=1e-4, rtol=0)


def test_encoder_equals_transformers_on_thirty_seconds():
    torch.manual_seed(0)
    assert_equals_transformers(WhisperModel(WhisperConfig(**WHISPER)).eval(), [0, 1, 2, 3, -1, -2])


def test_whisper_base_equals_transformers_on_thirty_seconds(shared):
    folder = shared / "models" / "whisper-base"
    if not folder.is_dir():
        pytest.skip("needs Whisper base in ../shared/models")
    assert_equals_transformers(WhisperModel.from_pretrained(folder, dtype=torch.float32).eval(), [3, -1])


def test_whisper_base_hears_the_same_in_a_batch_as_alone(shared):
    folder = shared / "models" / "whisper-base"
    if not folder.is_dir():
        pytest.skip("needs Whisper base in ../shared/models")
    encoder = build_semantic_encoder(str(folder)).eval()
    files = sorted((shared / "data" / "emodb" / "wav").glob("*.wav"))[:3]
    rows = [torch.from_numpy(read_audio(file))[:length] for file, length in zip(files, (32000, 9001, 23456))]
    lengths = torch.tensor([len(row) for row in rows])
    with torch.no_grad():
        states, frames = encoder(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), lengths)
        for row, heard, count in zip(rows, states, frames.tolist(), strict=True):
            alone, _ = encoder(row.unsqueeze(0), torch.tensor([len(row)]))
            torch.testing.assert_close(heard[:count], alone[0], atol=1e-4, rtol=0)


def test_layers_that_do_not_exist_are_refused_and_higher_blocks_are_not_run():
    for layers in ([4], [-5], []):
        with pytest.raises(InputError, match="do not fit an encoder of 3 blocks"):
            build_semantic_encoder(WHISPER, layers=layers)
    encoder = build_semantic_encoder(WHISPER, layers=[1]).eval()
    encoder.encoder.layers[1] = encoder.encoder.layers[2] = None
    states, _ = encoder(torch.randn(1, 8000), torch.tensor([8000]))
    assert states.shape[2] == 1


def test_encoder_pads_away_nothing_and_cuts_at_thirty_seconds():
    encoder = build_semantic_encoder({**WHISPER, "max_source_positions": 50}, layers=[0, -1]).eval()
    speech, lengths, _ = batch = speech_batch(16000, 9999, 161, 160, 1, 480, 20000)
    with torch.no_grad():
        states, frames = encoder(speech, lengths)
        for index in range(len(lengths)):
            row, length, _ = one(batch, index)
            alone, count = encoder(row, length)
            assert count == frames[index] == min(50, math.ceil(math.ceil(int(length) / 160) / 2))
            torch.testing.assert_close(states[index, : int(count)], alone[0], atol=1e-4, rtol=1e-4)


def test_spec_augment_hides_speech_only_while_training():
    mel, counts = torch.ones(64, 80, 200), torch.tensor([200] * 32 + [60] * 32)
    augment = SpecAugment(frequency_masks=2, frequency_width=10, time_masks=2, time_width=50)
    assert torch.equal(augment.eval()(mel, counts), mel)
    torch.manual_seed(0)
    hidden = augment.train()(mel, counts) == 0
    bands, stretches = hidden.all(2), hidden.all(1)
    assert torch.equal(hidden, bands.unsqueeze(2) | stretches.unsqueeze(1))
    assert 0 < bands.sum(1).max() <= 20
    assert 0 < stretches[:32].sum(1).max() <= 80  # a fifth of 200 frames, twice
    assert 0 < stretches[32:].sum(1).max() <= 24
    assert not stretches[32:, 60:].any()


def test_time_substitution_copies_earlier_speech_only_while_training():
    mel = torch.arange(200.0).expand(64, 80, 200)  # each frame says where it comes from
    counts = torch.tensor([200] * 32 + [60] * 32)
    substitution = TimeSubstitution(number=3, width=30)
    assert torch.equal(substitution.eval()(mel, counts), mel)
    torch.manual_seed(0)
    substituted = substitution.train()(mel, counts)
    assert torch.equal(substituted, substituted[:, :1].expand_as(mel))
    source, time = substituted[:, 0], torch.arange(200)
    moved = source != time
    assert (source <= time).all() and (source >= 0).all()
    assert 0 < moved[:32].sum(1).max() <= 90 and moved.any(1).float().mean() > 0.9
    assert not moved[32:, 60:].any()
    steps = source.diff(dim=1)
    assert ((steps == 1) | moved[:, 1:] | moved[:, :-1]).all()


def test_log_mel_with_a_mirrored_end_is_that_of_the_true_length():
    rng = np.random.default_rng(0)
    waveforms = [torch.from_numpy(rng.normal(scale=0.1, size=n)).float() for n in (8000, 7999, 4801, 12345)]
    batch = pad_sequence(waveforms, batch_first=True)
    features, counts = LogMel(80, mirror_end=True)(batch, torch.tensor([len(waveform) for waveform in waveforms]))
    filters = LogMel(80).filters
    for row, count, waveform in zip(features, counts, waveforms):
        spectrum = torch.stft(waveform, 400, 160, window=torch.hann_window(400), return_complex=True)[:, :-1]
        expected = (filters @ spectrum.abs() ** 2).clamp(min=1e-10).log10()
        expected = (expected.clamp(min=expected.max() - 8) + 4) / 4
        assert count == len(waveform) // 160
        torch.testing.assert_close(row[:, :count], expected, atol=1e-5, rtol=1e-5)
        assert not row[:, count:].any()


@pytest.mark.parametrize("mirror_end", [False, True])
def test_a_click_at_the_very_end_is_as_loud_in_a_batch(mirror_end):
    click = torch.zeros(3200)
    click[:1000], click[-1] = 1e-4 * torch.randn(1000), 1.0
    log_mel = LogMel(80, mirror_end)
    alone, count = log_mel(click[None], torch.tensor([3200]))
    batch = pad_sequence([click, 1e-3 * torch.randn(9000)], batch_first=True)
    together, _ = log_mel(batch, torch.tensor([3200, 9000]))
    torch.testing.assert_close(together[:1, :, : int(count)], alone)


def test_what_lies_beyond_30_s_is_cut_off_and_said_once(caplog):
    encoder = build_semantic_encoder({**WHISPER, "max_source_positions": 1500}).eval()
    wave = torch.from_numpy(np.concatenate([thirty_seconds(), thirty_seconds()[:16000]])).unsqueeze(0)
    with torch.inference_mode():
        long, _ = encoder(wave, torch.tensor([wave.shape[1]]))
        encoder(wave, torch.tensor([wave.shape[1]]))
        short, _ = encoder(wave[:, : 30 * 16000], torch.tensor([30 * 16000]))
    torch.testing.assert_close(long, short)
    assert caplog.messages == ["Whisper encodes the first 30 s of an utterance; the rest is cut off"]
