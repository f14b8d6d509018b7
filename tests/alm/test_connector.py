"""The connection module."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from helpers.tiny_alm import build, one, speech_batch
from torch import nn

from c2ser.alm.classifiers import CLASSES
from c2ser.alm.connector import Connector, ConnectorConfig, Downsampling, LayerMix, sinusoids
from c2ser.compatibility import cpu_has_bfloat16
from c2ser.errors import InputError


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
    flat = states.flatten(0, 1).clone()
    mix.set_statistics(flat.mean(0), flat.std(0))
    mixed = mix(mix.standardize(states)).flatten(0, 1)
    assert mixed.mean(0).abs().max() < 1e-3
    standardized = (flat - flat.mean(0)) / flat.std(0)
    torch.testing.assert_close(mixed, standardized.mean(1), atol=1e-3, rtol=1e-3)
    assert torch.equal(states.flatten(0, 1), flat)  # a training keeps them


def test_pooled_tokens_stand_in_front_and_padding_changes_nothing(alm_config):
    model = build(replace(alm_config, connector_conf={**alm_config.connector_conf, "pooled": True}))
    plain, batch = build(alm_config), speech_batch(9000, 5000)
    with torch.no_grad():
        pooled, frames = model.perceive(*batch), plain.perceive(*batch)
        for index, (with_pooled, without) in enumerate(zip(pooled, frames, strict=True)):
            assert len(with_pooled) == len(without) + 4
            torch.testing.assert_close(model.perceive(*one(batch, index))[0], with_pooled, atol=1e-4, rtol=1e-4)


def test_frames_in_bfloat16_stay_in_it_at_inference_and_pooled_tokens_are_computed_in_float32():
    torch.manual_seed(0)
    config = ConnectorConfig(layers=1, feed_forward=32, pooled=True, dropout=0.0)
    connector = Connector(layers=2, width=16, acoustic_width=4, llm_width=8, config=config).eval()
    states, lengths, acoustic = torch.randn(2, 60, 2, 16).bfloat16(), torch.tensor([60, 44]), torch.randn(2, 10, 4)
    others = (lengths, acoustic, torch.tensor([0.1, 0.2]), torch.arange(60) < lengths.unsqueeze(1))
    with torch.no_grad():
        coarse, exact = connector(states, *others)[0], connector(states.float(), *others)[0]
        assert coarse.dtype == exact.dtype == torch.float32
        assert torch.equal(coarse[:, : len(CLASSES)], exact[:, : len(CLASSES)])
        torch.testing.assert_close(coarse, exact, atol=0.05, rtol=0.02)
        assert torch.equal(coarse, exact) != cpu_has_bfloat16()
        connector.train()
        assert torch.equal(connector(states, *others)[0], connector(states.float(), *others)[0])


def test_acoustic_dropout_drops_whole_utterances_only_while_training(alm_config):
    settings = {**alm_config.connector_conf, "acoustic_dropout": 0.5}
    connector = build(replace(alm_config, connector_conf=settings)).connector
    acoustic = speech_batch(6000)[2]
    states = torch.zeros(64, 20, len(connector.mix.weights), connector.mix.mean.shape[1])
    frames = torch.full((64,), 20)
    acoustic = acoustic.expand(64, -1, -1)
    silent, *_ = connector.eval()(states, frames, torch.zeros_like(acoustic))
    heard, *_ = connector(states, frames, acoustic)
    trained, *_ = connector.train()(states, frames, acoustic)
    dropped = torch.isclose(trained, silent, atol=1e-5).flatten(1).all(1)
    kept = torch.isclose(trained, heard, atol=1e-5).flatten(1).all(1)
    assert (dropped ^ kept).all() and 16 < dropped.sum() < 48


def connector_with(**options) -> Connector:
    torch.manual_seed(0)
    config = ConnectorConfig(layers=2, heads=2, feed_forward=24, **options)
    return Connector(layers=1, width=16, acoustic_width=8, llm_width=12, config=config).train()


def connected(connector: Connector, seed: int = 1) -> torch.Tensor:
    torch.manual_seed(0)
    states, acoustic = torch.randn(2, 40, 1, 16), torch.randn(2, 10, 8)
    torch.manual_seed(seed)
    return connector(states, torch.tensor([40, 40]), acoustic)[0]


def embedded(connector: Connector) -> torch.Tensor:
    """What `connected` gives the Transformer before dropout at the positions; draws the dropout of the input."""
    torch.manual_seed(0)
    states, acoustic = torch.randn(2, 40, 1, 16), torch.randn(2, 10, 8)
    frames, _ = connector.downsampling(states[:, :, 0], torch.tensor([40, 40]))
    torch.manual_seed(1)
    x = connector.input(torch.cat([F.pad(acoustic, (0, 8)), frames], dim=1))
    return x * 4 + sinusoids(20, 16, device=x.device)


def test_dropouts_are_where_they_were_without_the_new_options():
    connector = connector_with(dropout=0.3)
    expected = connector.output(connector.transformer(embedded(connector)))
    torch.testing.assert_close(connected(connector), expected)
    assert torch.equal(connected(connector), connected(connector_with(dropout=0.3, attention_dropout=0.3)))


def wenet_block(block: nn.TransformerEncoderLayer, x: torch.Tensor, rate: float) -> torch.Tensor:
    """A block of WeNet's encoder, with the weights of one of PyTorch's; no dropout of the attention weights."""
    attention = block.self_attn
    projected = F.linear(block.norm1(x), attention.in_proj_weight, attention.in_proj_bias)
    q, k, v = (part.unflatten(2, (attention.num_heads, -1)).transpose(1, 2) for part in projected.chunk(3, dim=2))
    weights = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3)
    mixed = attention.out_proj((weights @ v).transpose(1, 2).flatten(2))
    # Dropout draws in the order of memory, in which PyTorch's attention has frame after frame of all utterances.
    x = x + F.dropout(mixed.transpose(0, 1).contiguous().transpose(0, 1), rate)
    hidden = F.dropout(F.relu(block.linear1(block.norm2(x))), rate)
    return x + F.dropout(block.linear2(hidden), rate)


def test_dropouts_are_where_the_release_has_them():
    connector = connector_with(dropout=0.3, attention_dropout=0.0, positional_dropout=0.2)
    x = F.dropout(embedded(connector), 0.2)
    for block in connector.transformer.layers:
        x = wenet_block(block, x, 0.3)
    expected = connector.output(connector.transformer.norm(x))
    torch.testing.assert_close(connected(connector), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("option", ["dropout", "attention_dropout", "positional_dropout"])
def test_each_dropout_acts_in_training_alone(option):
    none = {"dropout": 0.0, "attention_dropout": 0.0, "positional_dropout": 0.0}
    still, dropping = connector_with(**none), connector_with(**{**none, option: 0.3})
    assert torch.equal(connected(still), connected(still, seed=2))
    torch.testing.assert_close(connected(dropping.eval()), connected(still.eval()))
    assert not torch.allclose(connected(dropping.train()), connected(still.train()), atol=0.01)


@pytest.mark.parametrize("option", ["dropout", "attention_dropout", "positional_dropout"])
def test_shares_are_from_0_to_1(option):
    with pytest.raises(InputError, match=f"{option}: 1.5 is not from 0 to 1"):
        ConnectorConfig(**{option: 1.5})
