"""Models give on a GPU what they give on a CPU: float32 within 1e-4, bfloat16 in almost the same direction."""

from argparse import Namespace
from copy import deepcopy

import pytest
import torch
from helpers.tiny_alm import (
    LENGTHS,
    LORA,
    WHISPER,
    alone,
    answers,
    model_with,
    perceived,
    said,
    speech_batch,
    targets,
)
from helpers.tiny_emotion2vec import CONFIG, waveforms
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.cli.options import device as command_device
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.encoders.whisper import build_semantic_encoder

MODES = ("explicit", "implicit")


def assert_close(on_gpu: Tensor, on_cpu: Tensor) -> None:
    torch.testing.assert_close(on_gpu.float().cpu(), on_cpu.float(), atol=1e-4, rtol=1e-4)


def assert_same_direction(on_gpu: Tensor, on_cpu: Tensor, least: float = 0.99) -> None:
    similarity = cosine_similarity(on_gpu.float().cpu().flatten(), on_cpu.float().flatten(), 0)
    assert similarity > least


def moved(batch: tuple, device: torch.device) -> tuple:
    return tuple(tensor.to(device) for tensor in batch)


def moved_answers(given: Answers, device: torch.device) -> Answers:
    lists = ([tensor.to(device) for tensor in rows] for rows in (given.tokens, given.parts))
    return Answers(given.mode, *lists, given.choices.to(device))


@pytest.mark.parametrize("amp", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("mirror_end", [False, True])
def test_whisper(device, mirror_end, amp):
    torch.manual_seed(0)
    encoder = build_semantic_encoder({**WHISPER, "init_std": 0.2}, layers=[0, 2, -1], mirror_end=mirror_end).eval()
    speech, lengths, _ = speech_batch(*LENGTHS)
    with torch.inference_mode():
        expected, counts = encoder(speech, lengths)
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            states, moved_counts = encoder.to(device)(speech.to(device), lengths.to(device))
    assert moved_counts.tolist() == counts.tolist()
    for row, count in enumerate(counts.tolist()):
        (assert_same_direction if amp else assert_close)(states[row, :count], expected[row, :count])


@pytest.mark.parametrize("sizes", [CONFIG, Emotion2VecConfig()], ids=["tiny", "base"])
def test_emotion2vec(device, sizes):
    torch.manual_seed(0)
    model = Emotion2Vec(Emotion2VecEncoder(sizes))
    waves = waveforms(16000, 3000, 24000, 200, 9000)
    on_cpu = model.extract(waves)
    for on_gpu, similar in ((model.to(device).extract(waves), assert_close), (None, assert_same_direction)):
        on_gpu = on_gpu or model.to(torch.bfloat16).extract(waves)
        for expected, features in zip(on_cpu, on_gpu, strict=True):
            for part, values in expected.items():
                similar(torch.from_numpy(features[part]), torch.from_numpy(values))


@pytest.fixture(scope="module", params=[{}, LORA], ids=["whole", "LoRA"])
def model(request, llms) -> C2SERModel:
    return model_with(llms["qwen2"], lora_conf=request.param)


@pytest.fixture(scope="module")
def on_gpu(model, device) -> C2SERModel:
    return deepcopy(model).to(device)


@pytest.mark.parametrize("mode", MODES)
def test_loss_and_logits(model, on_gpu, device, mode):
    batch = speech_batch(*LENGTHS)
    texts = targets()[MODES.index(mode) :: 2][: len(LENGTHS)]
    given = answers(model, mode, *texts)
    with torch.inference_mode():
        expected = model(*batch, given)
        outputs = on_gpu(*moved(batch, device), moved_answers(given, device))
        count = given.longest() + 1
        logits = model.logits(model.perceive(*batch), mode, answers=given.tokens, count=count)
        tokens = moved_answers(given, device).tokens
        moved_logits = on_gpu.logits(on_gpu.perceive(*moved(batch, device)), mode, answers=tokens, count=count)
    for name, value in expected.items():
        torch.testing.assert_close(outputs[name].cpu(), value, atol=1e-4, rtol=1e-4, equal_nan=True, msg=name)
    for row, tokens in enumerate(given.tokens):
        assert_close(moved_logits[row, -len(tokens) - 1 :], logits[row, -len(tokens) - 1 :])


@pytest.mark.parametrize("mode", MODES)
def test_greedy_answers_and_scores(model, on_gpu, device, mode):
    batch = speech_batch(*LENGTHS)
    texts = said(on_gpu, moved(batch, device), mode, 40)
    assert texts == said(model, batch, mode, 40) and len(set(texts)) > 1
    endings = [model.tokenizer(text, add_special_tokens=False).input_ids + [0] for text in targets()[1::2][:7]]
    options = {"candidates": [endings] * len(LENGTHS), "end_tokens": [0]}
    expected, chosen = model.score_candidates(perceived(model, batch), mode, **options)
    scores, moved_chosen = on_gpu.score_candidates(perceived(on_gpu, moved(batch, device)), mode, **options)
    assert_close(scores, expected)
    assert torch.equal(moved_chosen.cpu(), chosen)


def test_gradients(model, on_gpu, device):
    batch, given = speech_batch(*LENGTHS), answers(model, "explicit", *targets()[0::2][: len(LENGTHS)])
    model(*batch, given)["loss"].backward()
    on_gpu(*moved(batch, device), moved_answers(given, device))["loss"].backward()
    names = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
    assert len(names) > 20
    own = dict(on_gpu.named_parameters())
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            scale = parameter.grad.abs().max().clamp(min=1.0)
            assert_close(own[name].grad / scale.to(device), parameter.grad / scale)
    for part in (model, on_gpu):
        part.zero_grad()


def test_language_model_in_bfloat16(llms, device):
    """Logits of the same weights, rounded once, against float32 on the CPU."""
    model = model_with(llms["qwen2"], lora_conf=LORA, llm_rounding="bfloat16")
    batch = speech_batch(*LENGTHS)
    with torch.inference_mode():
        expected = model.logits(model.perceive(*batch), "implicit", count=1)
        model.to(device).llm.to(torch.bfloat16)
        logits = model.logits(model.perceive(*moved(batch, device)), "implicit", count=1)
    assert_same_direction(logits, expected)


def test_commands_compute_convolutions_in_float32(device):
    """PyTorch rounds their inputs to TF32, of 10 bits, by default."""
    torch.manual_seed(0)
    convolution, x = nn.Conv1d(512, 512, 19), torch.randn(4, 512, 200)
    torch.backends.cudnn.allow_tf32 = True
    assert command_device(Namespace(ngpu=1)) == device.type
    with torch.inference_mode():
        expected = convolution(x)
        assert_close(convolution.to(device)(x.to(device)), expected)


def test_attention_does_not_take_cudnn(device):
    """The profiler has the operators that ran; cuDNN's would be the first choice of an H100 here."""
    q = torch.randn(2, 4, 37, 64, device=device, dtype=torch.bfloat16)
    with torch.profiler.profile() as profile:
        nn.functional.scaled_dot_product_attention(q, q, q)
    names = [event.key for event in profile.key_averages() if "dot_product" in event.key]
    assert names and not any("cudnn" in name for name in names)


def test_padding_changes_nothing(model, on_gpu, device):
    batch = moved(speech_batch(*LENGTHS), device)
    for together, single in zip(perceived(on_gpu, batch), alone(on_gpu, batch), strict=True):
        assert_close(together, single[0].cpu())
