"""CTC of the transcripts, against the sum over all alignments."""

import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from helpers.tiny_alm import build, speech_batch

from c2ser.alm.ctc import TranscriptCTC


def collapse(path: tuple[int, ...], blank: int) -> list[int]:
    return [label for i, label in enumerate(path) if label != blank and (i == 0 or path[i - 1] != label)]


def test_the_loss_sums_over_all_alignments():
    torch.manual_seed(0)
    ctc, blank = TranscriptCTC(5, 3), 3
    frames, transcripts = [torch.randn(4, 5), torch.randn(3, 5)], [torch.tensor([1, 1]), torch.tensor([2])]
    expected = 0.0
    for utterance, transcript in zip(frames, transcripts, strict=True):
        logits = ctc.output(utterance).log_softmax(1)
        paths = product(range(4), repeat=len(utterance))
        chosen = [path for path in paths if collapse(path, blank) == transcript.tolist()]
        scores = torch.stack([sum(logits[i, label] for i, label in enumerate(path)) for path in chosen])
        expected -= scores.logsumexp(0).item()
    assert ctc(frames, transcripts).item() == pytest.approx(expected, rel=1e-5)


def test_utterances_that_cannot_be_aligned_have_no_part_in_the_loss():
    torch.manual_seed(0)
    ctc = TranscriptCTC(5, 3)
    frames, empty = [torch.randn(4, 5), torch.randn(2, 5), torch.randn(3, 5)], torch.tensor([], dtype=torch.long)
    loss = ctc(frames, [torch.tensor([1, 0]), torch.tensor([1, 1]), empty])
    torch.testing.assert_close(loss, ctc(frames[:1], [torch.tensor([1, 0])]))
    none = ctc(frames[:1], [empty])
    none.backward()  # a process of a distributed training needs a gradient all the same
    assert none.item() == 0 and ctc.output.weight.grad.abs().max() == 0


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("perception", [("semantic", "acoustic"), ("semantic",)])
def test_frames_are_what_stands_behind_pooled_and_acoustic_tokens(alm_config, pooled, perception):
    config = replace(alm_config, connector_conf={**alm_config.connector_conf, "pooled": pooled}, perception=perception)
    model = build(config).eval()
    speech, lengths, acoustic = speech_batch(16000, 9000)
    with torch.no_grad():
        embeddings = model.perceive(speech, lengths, acoustic)
        frames = model.frames(embeddings, acoustic)
    counts = [math.ceil(math.ceil(samples / 320) / 4) for samples in lengths.tolist()]  # 50 frames per second, by four
    assert [len(utterance) for utterance in frames] == counts
    for utterance, tail in zip(embeddings, frames, strict=True):
        torch.testing.assert_close(utterance[-len(tail) :], tail)
