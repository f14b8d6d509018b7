#!/usr/bin/env python3
"""GPU memory and time of a training by its YAML, before anyone queues for it. Needs no GPU, no weights and no data.

Usage: tools/estimate_memory.py egs/TEMPLATE/conf/paper/alm.yaml --gpus 8 --gpu_memory 80

The model is built from the configurations of its parts without storage for its weights (of a hub id, config.json is
fetched), and one batch goes forward and backward through its own code, of which only sizes are computed. Memory is what
lives at a time, FLOPs those of matrix products, convolutions and attention, what gradient checkpointing computes twice
included. Not counted: validation, waiting for data, and what GPUs tell one another. Memory depends on the batches more
than on their samples: where utterances are short, more of them with their prompts and answers make a batch; try those.
"""

import sys
import weakref
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from c2ser.cli import command, non_negative_float, positive_float, positive_int
from c2ser.data.audio import SAMPLE_RATE
from c2ser.errors import InputError
from c2ser.settings import SettingsError, build_from_mapping, read_config

aten = torch.ops.aten


def attention_flops(query: Tensor, key: Tensor, value: Tensor, *_: object, **__: object) -> int:
    """FLOPs of attention (B, H, S, D); keys may have fewer heads, which the formula of PyTorch 2.11 refuses."""
    return 2 * query.shape[:3].numel() * key.shape[2] * (query.shape[3] + value.shape[3])


def attention_backward_flops(
    _gradient: Tensor, query: Tensor, key: Tensor, value: Tensor, *_: object, **__: object
) -> int:
    """FLOPs of its gradients: three products of the width of queries, one of them repeated, two of that of values."""
    return 2 * query.shape[:3].numel() * key.shape[2] * (3 * query.shape[3] + 2 * value.shape[3])


attention_flops._get_raw = attention_backward_flops._get_raw = True  # FlopCounterMode passes tensors, not shapes
# The CPU's kernel keeps for backward what the fused kernels of GPUs keep.
KERNELS = ("flash_attention", "efficient_attention", "cudnn_attention", "flash_attention_for_cpu")
FORMULAS = {
    getattr(aten, f"_scaled_dot_product_{kernel}{end}"): formula
    for kernel in KERNELS
    for end, formula in (("", attention_flops), ("_backward", attention_backward_flops))
}
GIB = 2**30
UTTERANCE_TOKENS, ACOUSTIC_WIDTH = 10, 768  # of Emotion2Vec-S


class Meter(TorchDispatchMode):
    """Runs operators on tensors without storage, and counts the bytes that live and the FLOPs.

    Tensors with storage, such as lengths and masks, are computed for real as long as they meet no others, so that code
    may ask for their values.

    Attributes:
        live, peak: bytes of what was made since the meter runs: now, and at most.
        flops: multiplications and additions.
    """

    def __init__(self, fake: FakeTensorMode):
        super().__init__()
        self.fake = fake
        self.live = self.peak = self.flops = 0
        self._known: dict[int, int] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if any(isinstance(leaf, FakeTensor) for leaf in tree_leaves((args, kwargs))):
            if func.overloadpacket in (aten.index, aten.index_put, aten.index_put_):
                args = (args[0], _as_indices(args[1]), *args[2:])
            with self.fake:
                out = func(*args, **kwargs)
        else:
            out = func(*args, **kwargs)
        formula = FORMULAS.get(func.overloadpacket) or flop_registry.get(func.overloadpacket)
        self.flops += formula(*args, **kwargs, out_val=out) if formula else 0
        self.add(*tree_leaves(out))
        return out

    def add(self, *values: object, count: bool = True) -> None:
        """Watches the storages of tensors; without ``count`` they are known not to be new."""
        for value in values:
            if not isinstance(value, Tensor) or value.untyped_storage()._cdata in self._known:
                continue
            storage = value.untyped_storage()
            self._known[storage._cdata] = storage.nbytes() if count else 0
            self.live += self._known[storage._cdata]
            weakref.finalize(storage, self._forget, storage._cdata)
        self.peak = max(self.peak, self.live)

    def _forget(self, key: int) -> None:
        self.live -= self._known.pop(key)


def _as_indices(masks: list[Tensor | None]) -> list[Tensor | None]:
    """Masks with values as the indices that they stand for, whose number is then known."""
    indices = []
    for mask in masks:
        is_mask = mask is not None and mask.dtype == torch.bool and not isinstance(mask, FakeTensor)
        indices += mask.nonzero(as_tuple=True) if is_mask else [mask]
    return indices


def fused_dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout as on a GPU, which keeps a byte for each element where the CPU keeps a number."""
    return torch.native_dropout(x, p, True)[0] if training and p > 0 else x


def fused_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **_: bool
) -> Tensor:
    """Attention as on a GPU, which keeps no scores, whatever the mask; a CPU keeps them if the mask has a gradient.

    Masks are kept as numbers, in rows of a multiple of 8; each call makes its own copy of one that is not so.
    """
    if torch.is_autocast_enabled("cpu"):
        query, key, value = (x.to(torch.bfloat16) for x in (query, key, value))
    if attn_mask is None:
        return aten._scaled_dot_product_flash_attention(query, key, value, dropout_p, is_causal, scale=scale)[0]
    if attn_mask.dtype == torch.bool:
        attn_mask = torch.zeros_like(attn_mask, dtype=query.dtype).masked_fill(~attn_mask, -torch.inf)
    length = attn_mask.shape[-1]
    mask = F.pad(attn_mask.to(query.dtype), (0, -length % 8))[..., :length].expand(*query.shape[:3], length)
    options = {"dropout_p": dropout_p, "is_causal": is_causal, "scale": scale}
    return aten._scaled_dot_product_efficient_attention(query, key, value, mask, True, **options)[0]


def in_float32(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function as autocast computes it on a GPU: in float32, also where autocast on a CPU does not."""

    def call(x: Tensor, *args: object, **options: object) -> Tensor:
        return function(x.float() if torch.is_autocast_enabled("cpu") else x, *args, **options)

    return call


# What GPUs do otherwise than CPUs, as far as memory shows it.
ON_GPU = {name: in_float32(getattr(F, name)) for name in ("layer_norm", "softmax", "log_softmax", "cross_entropy")}
ON_GPU |= {"dropout": fused_dropout, "scaled_dot_product_attention": fused_attention}


def measure_step(model: nn.Module, batch: Callable[[], tuple], amp: bool) -> tuple[Meter, dict[str, int]]:
    """Runs a training step of a model that was built on the device ``meta``, from forward to the gradients.

    The gradients are there already, as they are from the second batch of an update on.

    Args:
        batch: makes the model's arguments.
        amp: mixed precision with bfloat16.

    Returns:
        The meter, and the bytes that each part of the model, and the rest around them, keeps for backward.
    """
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    meter, kept, entered = Meter(fake), {}, {}

    def without_storage(x: Tensor) -> Tensor:
        with fake if x.is_floating_point() else nullcontext():  # of counters, code asks for the values
            return torch.zeros_like(x, device="cpu")

    model._apply(without_storage)
    for parameter in filter(lambda parameter: parameter.requires_grad, model.parameters()):
        parameter.grad = without_storage(parameter)
    gradients = [parameter.grad for parameter in model.parameters()]
    meter.add(*model.parameters(), *model.buffers(), *gradients, count=False)
    for name, part in model.named_children():
        part.register_forward_pre_hook(lambda *_, name=name: entered.update({name: meter.live}))
        part.register_forward_hook(lambda *_, name=name: kept.update({name: meter.live - entered[name]}))
    arguments = batch()
    with (
        patch.multiple(F, **ON_GPU),
        meter,
        torch.autocast("cpu", torch.bfloat16) if amp else nullcontext(),
    ):
        loss = model.train()(*arguments)["loss"]
        kept["rest"] = meter.live - sum(kept.values())
        loss.backward()
    return meter, kept


def read_configuration(path: Path, overrides: dict[str, str]) -> Namespace:
    """Reads the YAML of a training as ESPnet's trainer does, with its defaults.

    Raises:
        InputError: it is not a YAML mapping, or has keys or values that a training does not accept.
    """
    given = read_config(path)
    with redirect_stdout(sys.stderr):  # ESPnet says what it does not find
        from c2ser.tasks.alm import ALMTask
        from c2ser.tasks.emotion2vec import Emotion2VecTask

    Task = Emotion2VecTask if "encoder_conf" in given else ALMTask
    given |= overrides if Task is ALMTask else {}
    parser = Task.get_parser()
    faults = parser.faults(given)
    if faults:
        raise SettingsError([f"{path}: {fault}" for fault in faults])
    settings = vars(parser.parse_args([])) | given
    if settings["batch_type"] != "numel":
        raise InputError(f"{path}: batch_type is {settings['batch_type']}; only numel, with batch_bins, can be told")
    return Namespace(**settings)


def build_alm(settings: Namespace) -> nn.Module:
    """Builds the audio language model on the device ``meta``."""
    from transformers import AutoConfig

    from c2ser.alm.config import ALMConfig
    from c2ser.alm.model import C2SERModel

    def configuration(key: str):
        if not getattr(settings, key):
            raise InputError(f"the configuration names no {key}; give --{key}")
        try:
            return AutoConfig.from_pretrained(getattr(settings, key))
        except (OSError, ValueError) as error:
            raise InputError(f"{key} '{getattr(settings, key)}': {str(error).splitlines()[0]}") from None

    if not isinstance(settings.whisper, dict):
        settings.whisper = configuration("whisper").to_dict()
    settings.acoustic_width = settings.acoustic_width or ACOUSTIC_WIDTH
    with TemporaryDirectory() as folder, torch.device("meta"):
        configuration("llm").save_pretrained(folder)  # the language model's configuration is all there is, too
        settings.llm = folder
        return C2SERModel(ALMConfig.from_mapping(vars(settings)), tokenizer=tokenize_words)


def tokenize_words(text: str) -> Namespace:
    """Stands for the tokenizer, which is not there: a token for each word."""
    return Namespace(input_ids=[0] * len(text.split()))


def alm_batch(utterances: int, samples: int, tokens: int, acoustic_width: int) -> tuple:
    """A batch of explicit answers of so many tokens."""
    from c2ser.alm.losses import Answers

    speech, lengths = torch.zeros(utterances, samples), torch.full((utterances,), samples)
    answers = [torch.zeros(tokens, dtype=torch.long)] * utterances
    acoustic = torch.zeros(utterances, UTTERANCE_TOKENS, acoustic_width)
    return speech, lengths, acoustic, Answers("explicit", answers, answers)


def alm_positions(model: nn.Module, samples: int, tokens: int) -> int:
    """Positions of the language model that an explicit answer takes, as ``batch_positions`` counts them."""
    from c2ser.tasks.limits import SAMPLES_PER_POSITION

    return len(model.prompts["explicit"]) + tokens - (-samples // SAMPLES_PER_POSITION)


def build_emotion2vec(settings: Namespace) -> nn.Module:
    """Builds Emotion2Vec-S with its teacher and decoder on the device ``meta``; no block is dropped at random."""
    from c2ser.emotion2vec.model import encoder_config
    from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig

    pretraining = build_from_mapping(PretrainingConfig, settings.pretraining_conf, name="pretraining_conf")
    with torch.device("meta"):
        return Emotion2VecPretraining(encoder_config({**settings.encoder_conf, "layerdrop": 0.0}), pretraining)


def emotion2vec_batch(utterances: int, samples: int) -> tuple:
    """A batch in which emotions come in pairs."""
    lengths = torch.full((utterances,), samples)
    return torch.zeros(utterances, samples), lengths, torch.arange(utterances) // 2


def optimizer_bytes(model: nn.Module, settings: Namespace, meter: Meter) -> int:
    """Lets the optimizer make a step, and returns the bytes of the states that it made."""
    from espnet2.tasks.abs_task import optim_classes

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        optimizer = optim_classes[settings.optim](trained, **settings.optim_conf)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"optim '{settings.optim}', optim_conf {settings.optim_conf}: {error}") from None
    with meter:
        optimizer.step()
    return sum(leaf.nbytes for leaf in tree_leaves(list(optimizer.state.values())) if isinstance(leaf, Tensor))


def plan(settings: Namespace, *, gpus: int, seconds: float, answer_tokens: int) -> tuple[nn.Module, Callable, int]:
    """Builds the model of a training on the device ``meta``, and what makes the batch of one of its GPUs.

    Args:
        settings: what `read_configuration` returned; changed where the configurations of base models are read.
        gpus: that share a batch.
        seconds: of each utterance.
        answer_tokens: of each explicit answer.

    Returns:
        The model, the function that makes a batch on the CPU, and the number of utterances in it.
    """
    samples = round(seconds * SAMPLE_RATE)
    utterances = settings.batch_bins // gpus // samples
    if not hasattr(settings, "llm"):
        utterances = max(1, utterances)
        return build_emotion2vec(settings), partial(emotion2vec_batch, utterances, samples), utterances
    model = build_alm(settings)
    if settings.batch_positions is not None:
        positions = alm_positions(model, samples, answer_tokens)
        utterances = min(utterances, settings.batch_positions // gpus // positions)
    utterances = max(1, utterances)
    return model, partial(alm_batch, utterances, samples, answer_tokens, settings.acoustic_width), utterances


def step_memory(model: nn.Module, batch: Callable, settings: Namespace) -> tuple[dict[str, int], Meter, dict[str, int]]:
    """Returns the bytes of weights, gradients, activations and optimizer, and what `measure_step` returns."""
    meter, kept = measure_step(model, batch, settings.use_amp)
    memory = {
        "weights": tensor_bytes(*model.parameters(), *model.buffers()),
        "gradients": tensor_bytes(*(parameter for parameter in model.parameters() if parameter.requires_grad)),
        "activations": meter.peak,
        "optimizer": optimizer_bytes(model, settings, meter),
    }
    return memory, meter, kept


def read_settings(args: Namespace) -> Namespace:
    """Reads the configuration that the options of `add_step_arguments` name; see `read_configuration`."""
    overrides = {key: value for key, value in (("llm", args.llm), ("whisper", args.whisper)) if value}
    return read_configuration(args.config, overrides)


def run(args: Namespace) -> None:
    settings = read_settings(args)
    model, batch, utterances = plan(settings, gpus=args.gpus, seconds=args.seconds, answer_tokens=args.answer_tokens)
    memory, meter, kept = step_memory(model, batch, settings)
    memory["reserve"] = round(args.reserve * GIB)

    print(f"{utterances} utterances of {args.seconds:g} s a batch on each of {args.gpus} GPUs")
    print(f"\n{'part':16}{'M parameters':>14}{'that train':>14}{'GiB weights':>14}{'GiB for backward':>18}")
    for name, part in [*model.named_children(), ("rest", nn.Module())]:
        sizes = [(parameter.numel(), parameter.requires_grad) for parameter in part.parameters()]
        count, trained = sum(size for size, _ in sizes) / 1e6, sum(size for size, trains in sizes if trains) / 1e6
        held, backward = tensor_bytes(*part.parameters()) / GIB, kept.get(name, 0) / GIB
        print(f"{name:16}{count:14.1f}{trained:14.1f}{held:14.2f}{backward:18.2f}")
    print(f"\n{'on a GPU':16}{'GiB':>14}")
    for name, size in memory.items():
        print(f"{name:16}{size / GIB:14.2f}")
    total = sum(memory.values()) / GIB
    verdict = "it fits" if total <= args.gpu_memory else "IT DOES NOT FIT; lower batch_bins"
    print(f"{'at most':16}{total:14.2f} of {args.gpu_memory:g}: {verdict}")

    update = meter.flops * settings.accum_grad
    seconds = update / (args.tflops * 1e12 * args.utilization)
    print(
        f"\nan update of {settings.accum_grad} batches: {update / 1e12:.1f} TFLOP on each GPU, {seconds:.2f} s at",
        end=" ",
    )
    print(f"{args.utilization:.0%} of {args.tflops:g} TFLOP/s")
    if settings.num_iters_per_epoch:
        hours = seconds * settings.num_iters_per_epoch / settings.accum_grad / 3600
        print(
            f"an epoch of {settings.num_iters_per_epoch} batches: {hours:.2f} h; {settings.max_epoch} epochs:", end=" "
        )
        print(f"{hours * settings.max_epoch:.1f} h")


def tensor_bytes(*tensors: Tensor) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def add_step_arguments(parser: ArgumentParser, *, gpus: int) -> None:
    """Adds the options that say which step of which training is estimated; ``gpus`` is the default."""
    parser.add_argument("--llm", help="hub id or folder with config.json, instead of the YAML's")
    parser.add_argument("--whisper", help="the same for the Whisper model")
    parser.add_argument("--gpus", type=positive_int, default=gpus, help="GPUs that share the YAML's batch_bins")
    parser.add_argument(
        "--seconds", type=positive_float, default=6.5, help="per utterance; the mean of the paper's data"
    )
    parser.add_argument("--answer_tokens", type=positive_int, default=60, help="tokens per explicit answer")
    parser.add_argument(
        "--reserve", type=non_negative_float, default=2, help="GiB for CUDA, libraries and fragmentation"
    )


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="YAML of alm_train or emotion2vec_train")
    add_step_arguments(parser, gpus=1)
    parser.add_argument("--gpu_memory", type=positive_float, default=80, help="GiB of memory of each GPU")
    parser.add_argument(
        "--tflops", type=positive_float, default=312, help="TFLOP/s of a GPU; 312 for an A100, bfloat16"
    )
    parser.add_argument("--utilization", type=positive_float, default=0.4, help="fraction of --tflops that is reached")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
