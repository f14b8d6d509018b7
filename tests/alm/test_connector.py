"""The connection module."""

import math
from dataclasses import replace

import torch
from helpers.tiny_alm import (
    build,
    speech_batch,
)

from c2ser.alm.connector import Downsampling, LayerMix


def test_downsampling_is_causal_and_counts_right():
    torch.manual_seed(0)
    downsampling = Downsampling(4)
    x = torch.randn(1, 41, 4)
    whole, count = downsampling(x, torch.tensor([41]))
    assert whole.shape[1] == count == 11
    for length in range(1, 41):
        part, count = downsampling(x[:, :length], torch.tensor([length]))
        assert part.shape[1] == count == math.ceil(math.ceil(length / 2) / 2)
        torch.testing.assert_close(part, whole[:, : part.shape[1]])


def test_layer_mix_standardises_and_its_weights_sum_to_one():
    mix = LayerMix(2, 3)
    states = torch.randn(4, 50, 2, 3) * torch.tensor([5.0, 0.1, 1.0]) + 7
    flat = states.flatten(0, 1)
    mix.set_statistics(flat.mean(0), flat.std(0))
    mixed = mix(states).flatten(0, 1)
    assert mixed.mean(0).abs().max() < 1e-3
    standardized = (flat - flat.mean(0)) / flat.std(0)
    torch.testing.assert_close(mixed, standardized.mean(1), atol=1e-3, rtol=1e-3)


def test_acoustic_dropout_drops_whole_utterances_only_while_training(alm_config):
    settings = {**alm_config.connector_conf, "acoustic_dropout": 0.5}
    connector = build(replace(alm_config, connector_conf=settings)).connector
    acoustic = speech_batch(6000)[2]
    states = torch.zeros(64, 20, len(connector.mix.weights), connector.mix.mean.shape[1])
    frames = torch.full((64,), 20)
    acoustic = acoustic.expand(64, -1, -1)
    silent, _ = connector.eval()(states, frames, torch.zeros_like(acoustic))
    heard, _ = connector(states, frames, acoustic)
    trained, _ = connector.train()(states, frames, acoustic)
    dropped = torch.isclose(trained, silent, atol=1e-5).flatten(1).all(1)
    kept = torch.isclose(trained, heard, atol=1e-5).flatten(1).all(1)
    assert (dropped ^ kept).all() and 16 < dropped.sum() < 48
