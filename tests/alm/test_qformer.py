"""An audio language model whose connector is a Q-Former."""

from dataclasses import replace

import pytest
import torch
from helpers.tiny_alm import answers, build, one, said, speech_batch

from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import ConnectorConfig
from c2ser.alm.qformer import QFormer
from c2ser.settings import SettingsError

QUERIES = 5


@pytest.fixture
def config(alm_config) -> ALMConfig:
    return replace(alm_config, connector_conf={**alm_config.connector_conf, "queries": QUERIES})


@pytest.mark.parametrize("perception", [["semantic"], ["acoustic"], ["semantic", "acoustic"]])
def test_utterances_of_any_length_have_as_many_tokens_and_padding_changes_nothing(config, perception):
    model, batch = build(replace(config, perception=perception)), speech_batch(16000, 3000, 24000, 400)
    with torch.inference_mode():
        together = model.perceive(*batch)
        assert [len(utterance) for utterance in together] == [QUERIES] * 4
        for index, utterance in enumerate(together):
            torch.testing.assert_close(model.perceive(*one(batch, index))[0], utterance, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(together[0], together[2], atol=1e-3) or perception == ["acoustic"]
    assert said(model, batch, "implicit", 4) == [said(model, one(batch, index), "implicit", 4)[0] for index in range(4)]


def test_pooled_tokens_stand_before_what_the_queries_read(config):
    pooled = replace(config, connector_conf={**config.connector_conf, "pooled": True})
    with torch.inference_mode():
        (utterance,) = build(pooled).perceive(*speech_batch(9000))
    assert len(utterance) == 4 + QUERIES


def test_queries_read_all_that_is_no_padding():
    qformer = QFormer(8, 3, layers=2, heads=2, feed_forward=16, dropout=0.0, attention_dropout=0.0).eval()
    speech = torch.randn(2, 7, 8, requires_grad=True)
    padding = torch.arange(7) >= torch.tensor([[7], [4]])
    qformer(speech, padding)[:, :, 0].sum().backward()
    read = speech.grad.abs().sum(2) > 0
    assert torch.equal(read, ~padding) and qformer.queries.grad.abs().sum() > 0
    with torch.no_grad():  # all know of all speech, and not all the same of it
        first, second, _ = qformer(speech, padding)[0]
    assert not torch.allclose(first, second, atol=1e-3)


def test_it_learns_to_tell_two_utterances_apart_and_is_the_same_after_loading(config):
    model = build(replace(config, perception=["semantic"], emotion_weight=5.0))
    speech, lengths, acoustic = speech_batch(6000, 9000)
    speech[1] = 0.3 * torch.sin(torch.arange(9000) / 5)
    batch = speech, lengths, acoustic
    wanted = ["The speaker's emotion is happy.", "The speaker's emotion is sad."]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    for _ in range(120):
        optimizer.zero_grad()
        model(*batch, answers(model, "implicit", *wanted))["loss"].backward()
        optimizer.step()
    assert said(model, batch, "implicit", 16) == wanted
    state = model.trainable_state_dict()
    assert "connector.transformer.queries" in state
    other = build(model.config, seed=1)
    other.load_trainable_state_dict(state, "the first one")
    assert said(other, batch, "implicit", 16) == wanted


def test_a_negative_number_of_queries_is_refused():
    with pytest.raises(SettingsError, match="queries: -1 is below 0"):
        ConnectorConfig(queries=-1)
