"""Whisper's states that are kept, against those that are computed."""

import torch
from helpers.tiny_alm import WHISPER, speech_batch

from c2ser.encoders.cache import StatesCache
from c2ser.encoders.whisper import build_semantic_encoder

UTTS = ("a", "b", "c", "d")


def parts() -> tuple:
    torch.manual_seed(0)
    speech, lengths, _ = speech_batch(16000, 5000, 9000, 12000)
    return build_semantic_encoder(WHISPER, layers=[0, -1]).eval(), speech, lengths


def test_states_are_those_of_the_encoder_in_any_batch():
    encoder, speech, lengths = parts()
    cache = StatesCache(encoder, 1 << 30)
    for chosen in ([1, 2], [2, 0, 1], [3, 2], [0, 1, 2, 3]):
        longest = int(lengths[chosen].max())
        with torch.no_grad():
            expected, counts = encoder(speech[chosen, :longest], lengths[chosen])
        states, kept = cache([UTTS[index] for index in chosen], speech[chosen, :longest], lengths[chosen])
        assert kept.tolist() == counts.tolist() and states.dtype == expected.dtype
        for row, reference, count in zip(states, expected, counts, strict=True):
            torch.testing.assert_close(row[:count], reference[:count], atol=1e-5, rtol=1e-5)
            assert row[count:].abs().sum() == 0
    assert len(cache) == 4


def test_what_is_kept_is_not_computed_again():
    encoder, speech, lengths = parts()
    cache = StatesCache(encoder, 1 << 30)
    computed = []
    encoder.register_forward_hook(lambda module, inputs, output: computed.append(len(inputs[0])))
    for _ in range(3):
        cache(UTTS[:3], speech[:3], lengths[:3])
    cache(UTTS, speech, lengths)
    assert computed == [3, 1]


def test_no_more_is_kept_than_there_is_room_for(caplog):
    encoder, speech, lengths = parts()
    states, counts = encoder(speech, lengths)
    size = states[0, 0].numel() * states.element_size()
    cache = StatesCache(encoder, size * int(counts[:2].sum()) + 1)
    for _ in range(2):
        again, _ = cache(UTTS, speech, lengths)
        torch.testing.assert_close(again, states * (torch.arange(states.shape[1]) < counts[:, None])[:, :, None, None])
    assert len(cache) == 2 and caplog.text.count("no room for the states of more than 2 utterances") == 1
