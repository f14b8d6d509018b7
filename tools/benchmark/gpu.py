#!/usr/bin/env python3
"""What C²SER makes of a GPU: training steps of the paper's sizes, features and answers, as one page of Markdown.

Usage: tools/benchmark/gpu.py --output gpu.md

Weights are random and of the paper's sizes, batches are noise; nothing is downloaded. Each part says the GPU's own rate
of matrix products in bfloat16, measured just before it. FLOPs are counted by torch.utils.flop_counter (matrix products,
convolutions, attention) on the very updates that are timed; what gradient checkpointing computes twice is not part of
the utilization. Memory is what PyTorch allocated at most. A part that fails is said on the page; the others go on.
"""

import gc
import logging
import os
import runpy
import shutil
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import torch
import transformers
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen2Config, WhisperConfig

from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.cli import command
from c2ser.data.audio import SAMPLE_RATE
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecEncoder
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.rationales.templates import explicit_target, implicit_target
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognizer import Speech

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "egs" / "TEMPLATE" / "conf" / "paper"
GIB = 2**30
UTTERANCE_TOKENS = 10
# Dense bfloat16 TFLOP/s of data sheets, by what a GPU's name has.
DATA_SHEETS = {"H100 80GB HBM3": 989.4, "H200": 989.4, "A100": 312.0}


@dataclass(frozen=True)
class Sizes:
    """What is measured: sizes of the models, of the batches, and how often."""

    whisper: dict
    llms: dict[str, dict]  # the first one is trained
    gpus: int = 8  # that share a batch of the paper's configurations; one of them is measured
    seconds: float = 6.5  # of an utterance
    answer_tokens: int = 60
    matrix: int = 8192
    updates: int = 4
    batches: tuple[int, ...] = (1, 32)
    feature_seconds: tuple[int, ...] = (60, 600)
    alm: dict = field(default_factory=dict)  # instead of the YAML's
    emotion2vec: dict = field(default_factory=dict)


def qwen2(*values: int | bool) -> dict:
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    return dict(zip((*names, "vocab_size", "tie_word_embeddings"), values, strict=True))


def whisper(*values: int) -> dict:
    names = ("d_model", "encoder_layers", "encoder_attention_heads", "encoder_ffn_dim")
    return {"num_mel_bins": 80, **dict(zip(names, values, strict=True))}


SIZES = {
    "paper": Sizes(
        whisper=whisper(1024, 24, 16, 4096),
        llms={
            "Qwen2-7B": qwen2(3584, 18944, 28, 28, 4, 152064, False),
            "Qwen2-0.5B": qwen2(896, 4864, 24, 14, 2, 151936, True),
        },
    ),
    "tiny": Sizes(
        whisper=whisper(64, 2, 2, 256),
        llms={"a tiny Qwen2": qwen2(64, 128, 2, 2, 1, 1000, True)},
        seconds=1.0,
        answer_tokens=8,
        matrix=128,
        updates=1,
        batches=(1, 2),
        feature_seconds=(2,),
        alm={"batch_bins": 8 * 32000, "connector_conf": {"layers": 1, "heads": 2, "feed_forward": 64}},
        emotion2vec={
            "batch_bins": 8 * 32000,
            "encoder_conf": {"dim": 48, "heads": 2, "prenet_depth": 1, "depth": 2, "position_groups": 4},
            "pretraining_conf": {"clones": 2, "average_top_k_layers": 2, "decoder_dim": 24, "decoder_groups": 4},
        },
    ),
}


class Bench:
    """Where and what is measured.

    Attributes:
        device, sizes: as the options ask for.
        memory: the names of tools/estimate_memory.py.
    """

    def __init__(self, device: str, sizes: Sizes, folder: Path):
        self.device, self.sizes, self._folder = torch.device(device), sizes, folder
        self.memory = SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "estimate_memory.py")))

    def llm(self, name: str) -> str:
        """The folder of a language model without weights, with a tokenizer."""
        folder = self._folder / name
        texts = [implicit_target(emotion, "en") for emotion in PAPER_EMOTIONS]
        levels = ("high", "low", "medium")
        texts += [explicit_target(levels, text="It is seven.", emotion="sad", language="en")]
        build_llm({}, {"vocab_size": 400}, texts=texts, output_dir=folder)
        Qwen2Config(**self.sizes.llms[name]).save_pretrained(folder)
        return str(folder)

    def settings(self, name: str, llm: str = "") -> Namespace:
        """A configuration of the paper with the models of this benchmark."""
        WhisperConfig(**self.sizes.whisper).save_pretrained(self._folder / "whisper")
        changes = {"llm": llm, "whisper": str(self._folder / "whisper")} if llm else {}
        settings = self.memory.read_configuration(PAPER / name, changes)
        for key, value in (self.sizes.alm if llm else self.sizes.emotion2vec).items():
            setattr(settings, key, value)
        return settings

    def estimate(self, settings: Namespace) -> tuple[float, tuple]:
        """GiB that estimate_memory.py says without its reserve, and a batch, of noise, on the device."""
        sizes = self.sizes
        model, batch, _ = self.memory.plan(
            settings, gpus=sizes.gpus, seconds=sizes.seconds, answer_tokens=sizes.answer_tokens
        )
        memory, _, _ = self.memory.step_memory(model, batch, settings)
        return sum(memory.values()) / GIB, noise(batch(), self.device)

    def alm(self, settings: Namespace, tokenizer=None) -> C2SERModel:
        """The audio language model with random weights, made on the device."""
        settings.whisper = self.sizes.whisper
        settings.acoustic_width = settings.acoustic_width or self.memory.ACOUSTIC_WIDTH
        with self.device:
            model = C2SERModel(ALMConfig.from_mapping(vars(settings)), tokenizer=tokenizer)
        return model.to(self.device)

    def measure(self, action: Callable[[], object], times: int) -> tuple[float, str]:
        """Mean seconds of an action, after one call that is not timed, and what PyTorch allocated at most."""
        is_gpu = self.device.type == "cuda"
        synchronize = torch.cuda.synchronize if is_gpu else lambda: None
        action()
        synchronize()
        if is_gpu:
            torch.cuda.reset_peak_memory_stats()
        start = time.perf_counter()
        for _ in range(times):
            action()
        synchronize()
        seconds = (time.perf_counter() - start) / times
        return seconds, f"{torch.cuda.max_memory_allocated() / GIB:.1f} GiB" if is_gpu else "-"

    def matrix_product(self) -> float:
        """TFLOP/s of the product of square matrices in bfloat16."""
        size = self.sizes.matrix
        a, b = (torch.randn(size, size, device=self.device, dtype=torch.bfloat16) for _ in range(2))
        return 2 * size**3 / self.measure(lambda: a @ b, 20)[0] / 1e12


def noise(value, device: torch.device):
    """A batch of zeros as one of noise, on a device; whole numbers stay what they are."""
    if isinstance(value, Tensor):
        moved = value.to(device)
        return moved.normal_(std=0.1) if moved.is_floating_point() else moved
    if isinstance(value, Answers):
        return Answers(*(noise(part, device) for part in value))
    return type(value)(noise(part, device) for part in value) if isinstance(value, list | tuple) else value


def lora_step(bench: Bench) -> list[str]:
    """Training of the audio language model, conf/paper/alm.yaml"""
    name = next(iter(bench.sizes.llms))
    llm = bench.llm(name)
    estimated, batch = bench.estimate(bench.settings("alm.yaml", llm))
    settings = bench.settings("alm.yaml", llm)
    model = bench.alm(settings, tokenizer=bench.memory.tokenize_words)
    counter = FlopCounterMode(display=False, custom_mapping=bench.memory.FORMULAS)
    with counter, torch.no_grad(), torch.autocast(bench.device.type, torch.bfloat16, enabled=settings.use_amp):
        model.eval().whisper(*batch[:2])
    checkpointed = settings.whisper_conf["gradient_checkpointing"]
    recomputed = settings.accum_grad * counter.get_total_flops() * checkpointed
    title = f"{name} in {settings.llm_dtype} with LoRA, Whisper {bench.sizes.whisper['d_model']} wide trains whole"
    return [title, "", *training(bench, model, batch, settings, estimated, recomputed=recomputed)]


def emotion2vec_step(bench: Bench) -> list[str]:
    """Pre-training of Emotion2Vec-S, conf/paper/emotion2vec_s.yaml"""
    settings = bench.settings("emotion2vec_s.yaml")
    estimated, batch = bench.estimate(settings)
    pretraining = PretrainingConfig(**settings.pretraining_conf)
    with bench.device:
        model = Emotion2VecPretraining(encoder_config(settings.encoder_conf), pretraining)
    return training(bench, model.to(bench.device), batch, settings, estimated, after=model.update_teacher)


def training(
    bench: Bench,
    model: nn.Module,
    batch: tuple,
    settings: Namespace,
    estimated: float,
    *,
    recomputed: int = 0,
    after: Callable[[], None] = lambda: None,
) -> list[str]:
    """Times updates of ``accum_grad`` batches."""
    update, times = updates(bench, model, batch, settings, after), bench.sizes.updates
    update(0)
    counter = FlopCounterMode(display=False, custom_mapping=bench.memory.FORMULAS)
    with counter:
        for number in range(times):
            update(number)
    numbers = iter([0, *range(times)])
    seconds, used = bench.measure(lambda: update(next(numbers)), times)
    flops = counter.get_total_flops() / times
    length = bench.sizes.seconds
    lines = table(
        ("an update", "s", "audio × real time", "TFLOP", "of which twice", "utilization", "of the data sheet"),
        (
            f"{settings.accum_grad} batches of {len(batch[0])} × {length:g} s",
            f"{seconds:.3f}",
            f"{settings.accum_grad * len(batch[0]) * length / seconds:.0f}",
            f"{flops / 1e12:.2f}",
            f"{recomputed / 1e12:.2f}",
            *utilization(bench, (flops - recomputed) / seconds / 1e12),
        ),
    )
    return [*lines, "", f"Memory at most {used}; `estimate_memory.py` says {estimated:.1f} GiB without its reserve."]


def updates(
    bench: Bench, model: nn.Module, batch: tuple, settings: Namespace, after: Callable[[], None]
) -> Callable[[int], None]:
    """Returns an update with AdamW; its number decides what it draws, so that it can be counted and timed."""
    trained = [parameter for parameter in model.train().parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, **settings.optim_conf)

    def update(number: int) -> None:
        torch.manual_seed(number)
        for _ in range(settings.accum_grad):
            with torch.autocast(bench.device.type, torch.bfloat16, enabled=settings.use_amp):
                loss = model(*batch)["loss"]
            (loss / settings.accum_grad).backward()
        nn.utils.clip_grad_norm_(trained, settings.grad_clip)
        optimizer.step()
        optimizer.zero_grad()
        after()

    return update


def utilization(bench: Bench, rate: float) -> tuple[str, str]:
    """A rate in TFLOP/s as shares of the matrix product's and of the data sheet's."""
    name = torch.cuda.get_device_name() if bench.device.type == "cuda" else ""
    sheet = next((rate for part, rate in DATA_SHEETS.items() if part in name), None)
    own = f"{rate:.1f} TFLOP/s, {rate / bench.matrix_product():.0%} of a matrix product's"
    return own, f"{rate / sheet:.0%}" if sheet else "-"


def features(bench: Bench) -> list[str]:
    """Features of Emotion2Vec-S, from waveforms in memory to arrays in memory"""
    settings, rows = bench.settings("emotion2vec_s.yaml"), []
    model = Emotion2Vec(Emotion2VecEncoder(encoder_config(settings.encoder_conf))).to(bench.device)
    samples = round(bench.sizes.seconds * SAMPLE_RATE)
    for dtype in (torch.float32, torch.bfloat16):
        model.to(dtype)
        for length in bench.sizes.feature_seconds:
            count = max(1, int(length / bench.sizes.seconds))
            waves = list(np.random.default_rng(0).normal(scale=0.1, size=(count, samples)).astype(np.float32))
            seconds, used = bench.measure(lambda waves=waves: model.extract(waves), 10)
            rate = count / seconds
            speed = rate * bench.sizes.seconds
            rows.append((str(dtype)[6:], str(count), f"{rate:.0f}", f"{speed:.0f}", used))
    return table(("type", "utterances a batch", "utterances/s", "× real time", "memory at most"), *rows)


def answers(bench: Bench) -> list[str]:
    """Answers, from waveforms and features in memory to text, greedy"""
    rows = []
    for name in bench.sizes.llms:
        settings = bench.settings("alm.yaml", bench.llm(name))
        model = bench.alm(settings).eval()
        weights = bench.memory.tensor_bytes(*model.parameters()) / GIB
        rows += [(name, f"{weights:.1f} GiB", *row) for row in answer_rows(bench, model)]
        del model
        release(bench)
    note = f"Implicit: the likeliest of the label set's answers. Explicit: {bench.sizes.answer_tokens} tokens each."
    heads = ("language model", "weights in all", "answers", "batch", "answers/s", "s a batch", "memory at most")
    return [note, "", *table(heads, *rows)]


def answer_rows(bench: Bench, model: C2SERModel) -> Iterator[tuple[str, ...]]:
    rng = np.random.default_rng(0)
    options = {"explicit": {"max_new_tokens": bench.sizes.answer_tokens}, "implicit": {"constrained": True}}
    for mode, keywords in options.items():
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, **keywords)
        for size in bench.sizes.batches:
            waves = rng.normal(scale=0.1, size=(size, round(bench.sizes.seconds * SAMPLE_RATE))).astype(np.float32)
            tokens = rng.normal(size=(size, UTTERANCE_TOKENS, model.config.acoustic_width)).astype(np.float32)
            batch = [Speech(wave, own, language="en") for wave, own in zip(waves, tokens)]
            seconds, used = bench.measure(partial(recognizer.recognize, batch, mode), 3)
            yield mode, str(size), f"{size / seconds:.1f}", f"{seconds:.3f}", used


PARTS = {part.__name__: part for part in (lora_step, emotion2vec_step, features, answers)}


def table(heads: Sequence[str], *rows: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def machine(bench: Bench) -> list[str]:
    """Lines about the machine and the software."""
    lines = [f"{os.cpu_count()} CPU cores, PyTorch {torch.__version__}, transformers {transformers.__version__}."]
    if bench.device.type != "cuda":
        return ["No GPU: sizes and figures only show that the benchmark runs.", *lines]
    properties = torch.cuda.get_device_properties(bench.device)
    query = [shutil.which("nvidia-smi") or "true", "--query-gpu=driver_version", "--format=csv,noheader"]
    driver = subprocess.run(query, capture_output=True, text=True).stdout.split("\n")[0]
    name = f"{properties.name}, {properties.total_memory / GIB:.0f} GiB, {properties.multi_processor_count} processors"
    return [f"{name}; driver {driver or 'unknown'}, CUDA {torch.version.cuda}.", *lines]


def measured(bench: Bench, name: str) -> tuple[list[str], bool]:
    """The lines of a part, or what went wrong, and whether all went well."""
    part, ok = PARTS[name], True
    logger.info("%s", part.__doc__)
    lines = ["", f"## {part.__doc__}", ""]
    try:
        lines += [f"A matrix product in bfloat16 just before: {bench.matrix_product():.1f} TFLOP/s.", ""]
        lines += part(bench)
    except Exception as error:  # whatever fails, the other parts are worth having
        logger.exception("%s", name)
        lines, ok = [*lines, f"Failed: `{type(error).__name__}: {str(error).partition(chr(10))[0]}`"], False
    release(bench)
    return lines, ok


def release(bench: Bench) -> None:
    gc.collect()
    if bench.device.type == "cuda":
        torch.cuda.empty_cache()


def run(args: Namespace) -> None:
    names = args.parts.split(",") if args.parts else list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise InputError(f"--parts {args.parts}: no part {sorted(unknown)}; there are {', '.join(PARTS)}")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise InputError("PyTorch finds no GPU here; --device cpu --size tiny shows that the benchmark runs")
    failed = []
    with TemporaryDirectory() as folder:
        bench = Bench(args.device, SIZES[args.size], Path(folder))
        page = ["# C²SER on a GPU", "", f"`{args.command_line}`", "", *machine(bench)]
        for name in names:
            lines, ok = measured(bench, name)
            page += lines
            failed += [] if ok else [name]
            args.output.write_text("\n".join(page) + "\n", encoding="utf-8")  # what is there survives a time limit
            print("\n".join(lines), flush=True)
    if failed:
        raise InputError(f"{', '.join(failed)} failed; {args.output} has the rest")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, default=Path("gpu.md"), help="the page")
    parser.add_argument("--parts", help=f"by commas, of {', '.join(PARTS)}; by default all")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="where to compute")
    parser.add_argument("--size", choices=tuple(SIZES), default="paper", help="tiny shows that the benchmark runs")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
