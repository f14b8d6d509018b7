"""FSDP2 of the audio language model, on a CPU: two processes learn what one does, LoRA apart from frozen weights."""

import pytest
import torch
from helpers.tiny_alm import LENGTHS, LORA, answers, build, speech_batch, targets, tiny_config
from helpers.trainings import by_one_and_two_processes, process_group
from torch.distributed.tensor import DTensor

from c2ser.alm.sharding import shard, sharded_units

PAPER_LIKE = {
    "lora_conf": LORA,
    "llm_dtype": "bfloat16",
    "gradient_checkpointing": True,
    "whisper_conf": {"layers": [0, 2, -1], "gradient_checkpointing": True},
}


def whole(values: torch.Tensor) -> torch.Tensor:
    return (values.full_tensor() if isinstance(values, DTensor) else values).detach().float().clone()


def learn(rank: int, world_size: int, port: int, config, results) -> None:
    """Leaves the gradients of a batch, the weights after a step, and which share of them this process has."""
    torch.set_num_threads(1)
    with process_group(rank, world_size, port):
        model = build(config).train()
        if world_size > 1:
            shard(model)
        given = answers(model, "explicit", *targets()[0::2][: len(LENGTHS)])
        trained = {name: own for name, own in model.named_parameters() if own.requires_grad}
        optimizer = torch.optim.AdamW(trained.values(), lr=1e-2)
        model(*speech_batch(*LENGTHS), given)["loss"].backward()
        gradients = {name: whole(own.grad).numpy() for name, own in trained.items()}
        norm = torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        weights = {name: whole(own).numpy() for name, own in model.named_parameters()}
        held = sum(own.to_local().numel() if world_size > 1 else own.numel() for own in model.parameters())
        results[world_size, rank] = (gradients, weights, float(whole(norm)), held)
        del model, optimizer, trained, norm


@pytest.mark.parametrize("changes", [PAPER_LIKE, {}], ids=["LoRA in bfloat16, checkpointed", "whole"])
def test_two_processes_learn_what_one_does(llms, changes):
    results = by_one_and_two_processes(learn, tiny_config(llms["qwen2"], **changes))
    gradients, weights, norm, held = results[1, 0]
    assert len(gradients) > 20
    for rank in range(2):
        own_gradients, own_weights, own_norm, own_held = results[2, rank]
        assert own_gradients.keys() == gradients.keys()
        for own, alone in ((own_gradients, gradients), (own_weights, weights)):
            for name, values in alone.items():
                pair = map(torch.from_numpy, (own[name], values))
                torch.testing.assert_close(*pair, atol=1e-5, rtol=1e-4, msg=name)
        assert own_norm == pytest.approx(norm, rel=1e-5)
        assert 0.45 * held < own_held < 0.55 * held


def test_adapters_are_gathered_apart(llms):
    """In each unit all weights train, or none does; together they have each weight of the blocks once."""
    model = build(tiny_config(llms["qwen2"], lora_conf=LORA, trained=["connector", "llm"]))
    seen: set[int] = set()
    kinds = []
    for unit in sharded_units(model):
        own = {id(weight): weight for module in unit for weight in module.parameters() if id(weight) not in seen}
        kinds.append({weight.requires_grad for weight in own.values()})
        seen |= own.keys()
    assert all(len(kind) == 1 for kind in kinds) and {True} in kinds and {False} in kinds
    blocks = [weight for name, weight in model.named_parameters() if ".layers." in name and "connector" not in name]
    assert {id(weight) for weight in blocks} <= seen
