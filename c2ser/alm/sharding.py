"""FSDP2 for language models that are too large for one GPU: each process holds a share of all weights.

A block is gathered where it is computed and given back after it. LoRA's few weights, which train, are gathered apart
from the frozen ones beside them: the frozen weights then have no part in what processes tell one another about
gradients, and neither makes the other wait for its type.
"""

from collections.abc import Iterator

from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from transformers.modeling_layers import GradientCheckpointingLayer

from c2ser.alm.model import C2SERModel


def sharded_units(model: C2SERModel) -> Iterator[list[nn.Module]]:
    """Yields the modules that are gathered together, inner ones before those that they are in.

    They are: the adapters of a block, the rest of the block, and what reads and writes words unless they share their
    weights. All else is gathered at the beginning.

    Args:
        model: before it is sharded; also on the device ``meta``.

    Example:
        >>> sum(1 for unit in sharded_units(model))  # doctest: +SKIP
        82
    """
    for block in model.modules():
        if isinstance(block, GradientCheckpointingLayer):
            adapters = [module for name, module in block.named_modules() if _is_adapter(name, module)]
            yield from [adapters] if adapters else []
            yield [block]
    words, output = model.llm.get_input_embeddings(), model.llm.get_output_embeddings()
    if words.weight is not output.weight:
        yield [words]
        yield [output]


def _is_adapter(name: str, module: nn.Module) -> bool:
    return "lora_" in name and next(module.parameters(recurse=False), None) is not None


def shard(model: C2SERModel, mesh: DeviceMesh | None = None) -> None:
    """Distributes the weights of a model over processes, in place; each calls it with the same weights.

    Gradients are those of the mean over the processes, as with DDP. An optimizer is made of the parameters afterwards,
    and its state is distributed like them. ``alm_train`` has no option for it: ESPnet's trainer writes checkpoints in
    one process, which has a share of the weights only.

    Args:
        model: on the device that it is trained on.
        mesh: one-dimensional, of the processes; None for all.

    Example:
        >>> torch.distributed.init_process_group("nccl")  # doctest: +SKIP
        >>> shard(model.to("cuda"))  # doctest: +SKIP
        >>> optimizer = torch.optim.AdamW(parameter for parameter in model.parameters() if parameter.requires_grad)
        ...  # doctest: +SKIP
    """
    for unit in sharded_units(model):
        fully_shard(unit if len(unit) > 1 else unit[0], mesh=mesh)
    fully_shard(model, mesh=mesh)
