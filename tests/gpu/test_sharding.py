"""FSDP2 and DeepSpeed's ZeRO-1 on the GPUs there are: what they learn is what one GPU learns."""

import json
import os
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.multiprocessing
import yaml
from helpers import alm_training
from helpers.tiny_alm import LENGTHS, LORA, answers, build, save_tiny_llm, speech_batch, targets, tiny_config
from helpers.trainings import launch_python, process_group
from torch.distributed.tensor import DTensor

from c2ser.alm.losses import Answers
from c2ser.alm.sharding import shard

needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")


def gradients(rank: int, world_size: int, port: int, llm: str, results) -> None:
    """Leaves the gradients of a batch, the same in each process."""
    device = torch.device("cuda", rank)
    torch.cuda.set_device(device)
    with process_group(rank, world_size, port, backend="nccl"):
        model = build(tiny_config(llm, lora_conf=LORA, gradient_checkpointing=True)).to(device).train()
        given = answers(model, "explicit", *targets()[0::2][: len(LENGTHS)])
        lists = ([tensor.to(device) for tensor in rows] for rows in (given.tokens, given.parts))
        if port:
            shard(model)
        batch = [tensor.to(device) for tensor in speech_batch(*LENGTHS)]
        model(*batch, Answers(given.mode, *lists, given.choices.to(device)))["loss"].backward()
        for name, own in model.named_parameters():
            if own.grad is not None:
                whole = own.grad.full_tensor() if isinstance(own.grad, DTensor) else own.grad
                results[bool(port), rank, name] = whole.cpu().numpy()
        del model, own


def test_fsdp2_has_the_gradients_of_one_gpu(llms):
    count, port = torch.cuda.device_count(), 20000 + os.getpid() % 20000
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        torch.multiprocessing.spawn(gradients, (1, 0, llms["qwen2"], results), nprocs=1)
        torch.multiprocessing.spawn(gradients, (count, port, llms["qwen2"], results), nprocs=count)
        found = dict(results)
    names = [name for sharded, rank, name in found if not sharded]
    assert len(names) > 20
    for name in names:
        for rank in range(count):
            own, alone = (torch.from_numpy(found[key]) for key in ((True, rank, name), (False, 0, name)))
            torch.testing.assert_close(own, alone, atol=1e-5, rtol=1e-4, msg=name)


def zero1(path: Path, accum_grad: int) -> None:
    """DeepSpeed's settings, with the optimizer of `helpers.alm_training`."""
    settings = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": accum_grad,
        "optimizer": {"type": "AdamW", "params": {**alm_training.TRAINING["optim_conf"], "torch_adam": True}},
        "zero_optimization": {"stage": 1},
    }
    path.write_text(json.dumps(settings))


@needs_two
def test_zero1_learns_what_one_gpu_does(tmp_path):
    """Through alm_train, which starts a process per GPU; the first two batches, before the first update."""
    pytest.importorskip("deepspeed", reason="needs deepspeed (pip install deepspeed)")
    alm_training.write_alm_data(tmp_path)
    whisper = {**alm_training.RANDOM_WHISPER, "whisper_conf": {}, "max_epoch": 1}
    config = {**alm_training.TRAINING, **whisper, "llm": str(save_tiny_llm(tmp_path / "llm"))}
    config |= {"connector_conf": {"layers": 1, "feed_forward": 64, "dropout": 0.0}, "explicit_probability": [1.0, 1.0]}
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(config))
    zero1(tmp_path / "deepspeed.json", config["accum_grad"])
    command = partial(alm_training.command_line, tmp_path)
    sharded = ["--use_deepspeed", "true", "--deepspeed_config", str(tmp_path / "deepspeed.json")]
    losses = []
    for name, options in (("one", ["--ngpu", "1"]), ("zero1", ["--ngpu", "2", *sharded])):
        exp = tmp_path / name
        process = launch_python(command(exp, *options), exp)
        assert process.wait() == 0, (exp / "log").read_text()[-2000:]
        losses.append(alm_training.logged_losses(exp / "log")[:2])
    assert losses[1] == pytest.approx(losses[0], abs=2e-3)
