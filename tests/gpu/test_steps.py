"""Steps of training on a GPU: checkpointed activations, several processes, and the memory that was estimated."""

import os
from copy import deepcopy

import pytest
import torch
import torch.multiprocessing
from helpers.paths import ROOT
from helpers.tiny_alm import LENGTHS, LORA, answers, build, speech_batch, targets, tiny_config
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from transformers import Qwen2Config, WhisperConfig

from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig

PAPER = ROOT / "egs" / "TEMPLATE" / "conf" / "paper"
SIZES = {
    "llm": Qwen2Config(
        hidden_size=1024,
        intermediate_size=4096,
        num_hidden_layers=24,
        num_attention_heads=16,
        num_key_value_heads=4,
        vocab_size=32000,
    ),
    "whisper": WhisperConfig(
        num_mel_bins=80, d_model=768, encoder_layers=12, encoder_attention_heads=12, encoder_ffn_dim=3072
    ),
}


def moved(value, device: torch.device):
    """Tensors, and what lists and tuples have of them, on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Answers):
        return Answers(*(moved(part, device) for part in value))
    return type(value)(moved(part, device) for part in value) if isinstance(value, list | tuple) else value


def gradients(model: nn.Module, batch: tuple) -> dict[str, Tensor]:
    torch.manual_seed(1)  # of dropout
    model.zero_grad()
    model.train()(*batch)["loss"].backward()
    return {name: own.grad.cpu() for name, own in model.named_parameters() if own.grad is not None}


def tiny_batch(model: C2SERModel, device: torch.device) -> tuple:
    given = answers(model, "explicit", *targets()[0::2][: len(LENGTHS)])
    return moved((*speech_batch(*LENGTHS), given), device)


@pytest.mark.parametrize("lora", [{}, LORA], ids=["whole", "LoRA"])
def test_checkpointing_gives_the_same_gradients(tiny_llm, device, lora):
    def own(checkpointing: bool) -> dict[str, Tensor]:
        whisper = {"layers": [0, 2, -1], "dropout": 0.1, "gradient_checkpointing": checkpointing}
        changes = {"whisper_conf": whisper, "lora_conf": lora, "gradient_checkpointing": checkpointing}
        model = build(tiny_config(tiny_llm, **changes)).to(device)
        return gradients(model, tiny_batch(model, device))

    kept, recomputed = own(False), own(True)
    assert kept.keys() == recomputed.keys() and len(kept) > 20
    for name, gradient in kept.items():
        torch.testing.assert_close(recomputed[name], gradient, atol=1e-5, rtol=1e-4, msg=name)


def share(rank: int, world_size: int, port: int, llm, results) -> None:
    """What DDP makes of the whole batch in each process."""
    device = torch.device("cuda", rank)
    torch.cuda.set_device(device)
    address = f"tcp://127.0.0.1:{port}"
    torch.distributed.init_process_group("nccl", init_method=address, rank=rank, world_size=world_size)
    model = build(tiny_config(llm)).to(device)
    parallel = DistributedDataParallel(model, device_ids=[rank])
    for name, gradient in gradients(parallel, tiny_batch(model, device)).items():
        results[rank, name.removeprefix("module.")] = gradient.numpy()
    gathered = [None] * world_size
    torch.distributed.all_gather_object(gathered, rank)  # as the trainer gathers random numbers
    results[rank, "ranks"] = gathered
    del parallel
    torch.distributed.destroy_process_group()


def test_processes_on_gpus_have_the_gradients_of_one(tiny_llm, device):
    """As many processes as there are GPUs, by NCCL."""
    model = build(tiny_config(tiny_llm)).to(device)
    expected = gradients(model, tiny_batch(model, device))
    count, port = torch.cuda.device_count(), 20000 + os.getpid() % 20000
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        torch.multiprocessing.spawn(share, (count, port, tiny_llm, results), nprocs=count)
        for rank in range(count):
            assert results[rank, "ranks"] == list(range(count))
            for name, gradient in expected.items():
                own = torch.from_numpy(results[rank, name])
                torch.testing.assert_close(own, gradient, atol=1e-5, rtol=1e-4, msg=name)


def peak_of_step(model: nn.Module, batch: tuple, optimizer: torch.optim.Optimizer, *, amp: bool, before: int) -> int:
    """Bytes at most in the second batch of an update that is not the first."""
    device = next(model.parameters()).device
    for number in range(3):
        torch.cuda.reset_peak_memory_stats()
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            loss = model.train()(*batch)["loss"]
        loss.backward()
        if number == 0:
            optimizer.step()
    return torch.cuda.max_memory_allocated() - before


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    for name, config in SIZES.items():
        config.save_pretrained(folder / name)
    return {name: str(folder / name) for name in SIZES}


@pytest.mark.parametrize("checkpointing", [False, True], ids=["as in the paper", "checkpointed language model"])
def test_memory_of_a_lora_step_is_what_was_estimated(estimate_memory, folders, device, checkpointing):
    settings, real = (estimate_memory.read_configuration(PAPER / "alm.yaml", folders) for _ in range(2))
    for each in (settings, real):
        each.gradient_checkpointing = checkpointing
    meta, batch, _ = estimate_memory.plan(settings, gpus=8, seconds=6.5, answer_tokens=60)
    estimated, _, _ = estimate_memory.step_memory(meta, batch, settings)
    before = torch.cuda.memory_allocated()
    real.whisper, real.acoustic_width = SIZES["whisper"].to_dict(), settings.acoustic_width
    with device:
        model = C2SERModel(ALMConfig.from_mapping(vars(real)), tokenizer=estimate_memory.tokenize_words).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, **real.optim_conf)
    peak = peak_of_step(model, moved(batch(), device), optimizer, amp=True, before=before)
    assert peak == pytest.approx(sum(estimated.values()), rel=0.15)


def test_memory_of_pretraining_is_what_was_estimated(estimate_memory, device):
    settings = estimate_memory.read_configuration(PAPER / "emotion2vec_s.yaml", {})
    meta, batch, _ = estimate_memory.plan(settings, gpus=8, seconds=6.5, answer_tokens=60)
    estimated, _, _ = estimate_memory.step_memory(meta, batch, settings)
    before = torch.cuda.memory_allocated()
    config, sizes = PretrainingConfig(**settings.pretraining_conf), {**settings.encoder_conf, "layerdrop": 0.0}
    model = Emotion2VecPretraining(encoder_config(sizes), config).to(device)
    optimizer = torch.optim.AdamW([own for own in model.parameters() if own.requires_grad], **settings.optim_conf)
    peak = peak_of_step(model, moved(deepcopy(batch()), device), optimizer, amp=True, before=before)
    assert peak == pytest.approx(sum(estimated.values()), rel=0.15)
