#!/usr/bin/env python3
"""GPU memory of a training by DDP, ZeRO-1 and FSDP2 on 1, 2, 4 and 8 GPUs, as a table of Markdown. Needs no GPU.

Usage: tools/estimate_sharding.py egs/TEMPLATE/conf/paper/alm.yaml --gpus 8

Each GPU has the batch that one of --gpus has, whatever their number. A step is computed as by estimate_memory.py; what
is divided among GPUs, and the buffers of what they tell one another, are calculated:

- DDP: nothing is divided; gradients are copied into buckets.
- ZeRO-1 of DeepSpeed: the optimizer's states and a copy of the weights that train are divided; a buffer of 1.9 GiB.
- FSDP2 (c2ser.alm.sharding): weights, gradients and the optimizer's states are divided; of the weights, those that are
  gathered together are whole while they are used, and the next ones with them.

On one GPU alm_train uses neither of the two.
"""

import runpy
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from torch import nn

from c2ser.alm.model import C2SERModel
from c2ser.alm.sharding import sharded_units
from c2ser.cli import command
from c2ser.errors import InputError

ONE_GPU = Namespace(**runpy.run_path(str(Path(__file__).with_name("estimate_memory.py"))))
GPUS = (1, 2, 4, 8)
BUFFER_BYTES = 4 * 500_000_000  # DeepSpeed's reduce_bucket_size, in float32
GIB = 2**30


def unit_bytes(model: C2SERModel) -> list[int]:
    """Returns the bytes of the weights of each unit of `sharded_units`, and last of what is in none of them."""
    seen: set[int] = set()

    def new(modules: Iterable[nn.Module]) -> int:
        weights = {id(own): own.nbytes for module in modules for own in module.parameters() if id(own) not in seen}
        seen.update(weights)
        return sum(weights.values())

    return [*(new(unit) for unit in sharded_units(model)), new([model])]


def by_ddp(memory: dict[str, int]) -> float:
    """Bytes on each of several GPUs, of what `step_memory` of estimate_memory.py returned and the reserve."""
    return sum(memory.values()) + memory["gradients"]


def by_zero1(memory: dict[str, int], gpus: int) -> float:
    """The same. What trains is float32, so that its copy takes as much as the gradients."""
    divided = memory["optimizer"] + memory["gradients"]
    return sum(memory.values()) - memory["optimizer"] + divided / gpus + BUFFER_BYTES


def by_fsdp2(memory: dict[str, int], gpus: int, *, units: list[int]) -> float:
    """The same, of units as `unit_bytes` returns them."""
    *inner, rest = units
    divided = memory["weights"] + memory["gradients"] + memory["optimizer"]
    return divided / gpus + rest + 2 * max(inner) + memory["activations"] + memory["reserve"]


def run(args: Namespace) -> None:
    settings = ONE_GPU.read_settings(args)
    if not hasattr(settings, "llm"):
        raise InputError(f"{args.config}: is not one of alm_train; estimate_memory.py estimates the others by DDP")
    model, batch, _ = ONE_GPU.plan(settings, gpus=args.gpus, seconds=args.seconds, answer_tokens=args.answer_tokens)
    units = unit_bytes(model)
    memory, _, _ = ONE_GPU.step_memory(model, batch, settings)
    memory["reserve"] = round(args.reserve * GIB)
    print("| GiB on each GPU | DDP | ZeRO-1 | FSDP2 |\n|---|---:|---:|---:|")
    for gpus in GPUS:
        sizes = [sum(memory.values())] * 3
        if gpus > 1:
            sizes = [by_ddp(memory), by_zero1(memory, gpus), by_fsdp2(memory, gpus, units=units)]
        print(f"| {gpus} GPU{'s' * (gpus > 1)} | " + " | ".join(f"{size / GIB:.1f}" for size in sizes) + " |")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="YAML of alm_train")
    ONE_GPU.add_step_arguments(parser, gpus=8)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
