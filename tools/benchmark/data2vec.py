#!/usr/bin/env python3
"""Pre-training of Emotion2Vec-S beside fairseq's data2vec 2.0: CPU seconds an update and memory, at the same size.

Usage: tools/benchmark/data2vec.py --fairseq FAIRSEQ --audio_dir EMODB/wav
       tools/benchmark/data2vec.py --fairseq FAIRSEQ --audio_dir EMODB/wav --config conf/small/emotion2vec_s.yaml

FAIRSEQ is a checkout of fairseq's repository; its release on PyPI is older than data2vec 2.0. Both sides run in the
Python that starts this, which therefore has to have what both need; docs/benchmarks.md says how to set it up.

An update is reading a batch, drawing its masks, forward, backward, Adam and the teacher's step. On fairseq's side that
is its FileAudioDataset, which draws masks too, its model data2vec_multi, its criterion `model` and its Adam. No trainer
takes part, neither fairseq's nor ESPnet's. Both sides have the same convolutions, blocks, utterance tokens, decoder,
dropout, clones and exact share of masked frames, the losses of frames and of utterances, float32 and one thread, and
drop no blocks. c2ser also computes its category loss and looks for padding. Clips are converted to 16 kHz before and
cropped to the shortest of a batch.

The sides take turns, each time in a new process; the first update is not counted. CPU time is of user and system.
Reported are medians over the updates, and the median over turns of fairseq's time divided by c2ser's; memory is that of
the process, at most and before the first update.
"""

import argparse
import dataclasses
import importlib
import logging
import multiprocessing
import re
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NamedTuple

import soundfile
import torch
import yaml
from torch import nn

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, PretrainingConfig
from c2ser.settings import build_from_mapping

ADAM = {"betas": (0.9, 0.98), "eps": 1e-6, "weight_decay": 0.01}
LEARNING_RATE = 1e-5
NEEDED = "docs/benchmarks.md says what it needs"

Update = Callable[[Sequence[int]], None]  # takes the numbers of a batch's files


class Job(NamedTuple):
    """What both sides are given."""

    fairseq: Path
    files: list[Path]
    batches: list[list[int]]
    encoder: Emotion2VecConfig
    pretraining: PretrainingConfig


Builder = Callable[[Job], tuple[nn.Module, Update]]


class Measured(NamedTuple):
    """CPU seconds of each update, bytes of memory at most and before the first update, and trained parameters."""

    seconds: list[float]
    peak: int
    start: int
    parameters: int


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    if not (args.fairseq / "examples" / "data2vec" / "models" / "data2vec2.py").is_file():
        sys.exit(f"{args.fairseq}: no checkout of fairseq with data2vec 2.0; {NEEDED}")
    print(f"{args.batch_seconds:g} s of audio a batch, {args.clones} clones, one thread, PyTorch {torch.__version__}")
    with TemporaryDirectory() as folder:
        job = make_job(args, Path(folder))
        turns = [{name: measure(build, job) for name, build in SIDES.items()} for _ in range(args.rounds)]
    print(f"\n{'':24}{'CPU s an update':>17}{'x fairseq':>11}{'peak memory':>13}{'before':>10}{'parameters':>13}")
    for name in SIDES:
        each = [turn[name] for turn in turns]
        spent = statistics.median(seconds for one in each for seconds in one.seconds)
        ratio = statistics.median(median(turn[FAIRSEQ]) / median(turn[name]) for turn in turns)
        peak, start = (statistics.median(sizes) / 2**30 for sizes in zip(*(one[1:3] for one in each), strict=True))
        print(f"{name:24}{spent:17.3f}{ratio:11.2f}{peak:9.2f} GiB{start:6.2f} GiB{each[0].parameters / 1e6:11.2f} M")


def median(measured: Measured) -> float:
    return statistics.median(measured.seconds)


def make_job(args: argparse.Namespace, folder: Path) -> Job:
    """Sizes and batches; blocks dropped and frames masked would differ in number, so that neither is as configured."""
    config = yaml.safe_load(args.config.read_text(encoding="utf-8")) if args.config else {}
    encoder = encoder_config(config.get("encoder_conf") or {})
    settings = config.get("pretraining_conf") or {}
    pretraining = build_from_mapping(PretrainingConfig, settings, name=f"{args.config}: pretraining_conf")
    files, batches = write_batches(args, folder)
    return Job(
        args.fairseq,
        files,
        batches,
        dataclasses.replace(encoder, layerdrop=0.0),
        dataclasses.replace(pretraining, clones=args.clones, mask_exact=True),
    )


def write_batches(args: argparse.Namespace, folder: Path) -> tuple[list[Path], list[list[int]]]:
    """Writes the clips of all batches at 16 kHz, which fairseq does not resample; returns the files of each batch."""
    sources = sorted(args.audio_dir.glob("**/*.wav"))
    if not sources:
        sys.exit(f"{args.audio_dir}: no WAV files")
    endless, files, batches = cycle(sources), [], []
    for _ in range(args.updates + 1):
        batch, samples = [], 0
        while samples < args.batch_seconds * SAMPLE_RATE:
            clip = read_audio(next(endless))
            file = folder / f"{len(files)}.wav"
            soundfile.write(file, clip, SAMPLE_RATE)
            batch.append(len(files))
            files.append(file)
            samples += len(clip)
        batches.append(batch)
    return files, batches


def measure(build: Builder, job: Job) -> Measured:
    """Runs the updates of one side in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=run_updates, args=(build, job, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:  # the process has said why
        sys.exit(1)
    finally:
        process.join()


def run_updates(build: Builder, job: Job, results: Connection) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, update = build(job)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    start, seconds = memory("VmRSS"), []
    for batch in job.batches:
        begin = time.process_time()
        update(batch)
        seconds.append(time.process_time() - begin)
    results.send(Measured(seconds[1:], memory("VmHWM"), start, trained))


def memory(name: str) -> int:
    """Bytes of this process in memory: VmRSS now, VmHWM at most."""
    return int(re.search(rf"{name}:\s*(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


def build_here(job: Job) -> tuple[nn.Module, Update]:
    model = Emotion2VecPretraining(job.encoder, job.pretraining).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, **ADAM)

    def update(batch: Sequence[int]) -> None:
        clips = [torch.from_numpy(read_audio(job.files[number])) for number in batch]
        shortest = min(map(len, clips))
        speech = torch.stack([clip[:shortest] for clip in clips])
        lengths, emotions = torch.full((len(clips),), shortest), torch.arange(len(clips)) % 7
        model(speech, lengths, emotions)["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
        model.update_teacher()

    return model, update


def build_fairseq(job: Job) -> tuple[nn.Module, Update]:
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")  # of what is old in fairseq for Python and PyTorch
    data2vec = fairseq_module(job.fairseq, "examples.data2vec.models.data2vec2")
    adam = fairseq_module(job.fairseq, "fairseq.optim.adam")
    criterion = fairseq_module(job.fairseq, "fairseq.criterions.model_criterion").ModelCriterion(None, {}, [])
    dataset = fairseq_dataset(job)
    config = fairseq_config(data2vec, job)
    model = data2vec.Data2VecMultiModel(config, [config.supported_modality]).train()
    optimizer = adam.Adam((p for p in model.parameters() if p.requires_grad), lr=LEARNING_RATE, **ADAM)

    def update(batch: Sequence[int]) -> None:
        loss, frames, _ = criterion(model, dataset.collater([dataset[number] for number in batch]))
        (loss / frames).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.set_num_updates(model.num_updates + 1)  # the teacher's step

    return model, update


def fairseq_dataset(job: Job) -> object:
    """FileAudioDataset with its list of files, masks included, as fairseq's task audio_pretraining makes it."""
    folder = job.files[0].parent
    manifest = folder / "train.tsv"
    lines = [str(folder), *(f"{file.name}\t{soundfile.info(file).frames}" for file in job.files)]
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return fairseq_module(job.fairseq, "fairseq.data").FileAudioDataset(
        manifest,
        SAMPLE_RATE,
        normalize=True,
        compute_mask=True,
        feature_encoder_spec=str(list(job.encoder.conv_layers)),
        mask_prob=job.pretraining.mask_probability,
        mask_prob_adjust=0.05,
        mask_length=job.pretraining.mask_span,
        clone_batch=job.pretraining.clones,
    )


def fairseq_config(data2vec: ModuleType, job: Job) -> object:
    """The sizes in fairseq's words; what c2ser has no setting for is as in base_audio_only_task.yaml."""
    encoder, pretraining, dropout = job.encoder, job.pretraining, job.encoder.dropout
    decoder = data2vec.D2vDecoderConfig(
        input_dropout=pretraining.decoder_dropout,
        decoder_dim=pretraining.decoder_dim,
        decoder_groups=pretraining.decoder_groups,
        decoder_kernel=pretraining.decoder_kernel,
        decoder_layers=pretraining.decoder_layers,
    )
    audio = data2vec.D2vAudioConfig(
        feature_encoder_spec=str(list(encoder.conv_layers)),
        conv_pos_depth=encoder.position_layers,
        conv_pos_width=encoder.position_width,
        conv_pos_groups=encoder.position_groups,
        prenet_depth=encoder.prenet_depth,
        prenet_dropout=dropout,
        num_extra_tokens=encoder.utterance_tokens,
        mask_prob=pretraining.mask_probability,
        mask_length=pretraining.mask_span,
        mask_noise_std=pretraining.mask_noise,
        use_alibi_encoder=True,
        learned_alibi_scale=True,
        learned_alibi_scale_per_head=True,
        num_alibi_heads=encoder.heads,
        model_depth=encoder.depth,
        decoder=decoder,
    )
    return data2vec.Data2VecMultiConfig(
        depth=encoder.depth,
        num_heads=encoder.heads,
        norm_eps=1e-5,
        encoder_dropout=dropout,
        post_mlp_drop=dropout,
        attention_dropout=dropout,
        embed_dim=encoder.dim,
        mlp_ratio=encoder.mlp_ratio,
        average_top_k_layers=pretraining.average_top_k_layers,
        clone_batch=pretraining.clones,
        instance_norm_target_layer=True,
        ema_decay=pretraining.ema_decay,
        ema_end_decay=pretraining.ema_end_decay,
        ema_anneal_end_step=pretraining.ema_anneal_updates,
        ema_encoder_only=False,
        modalities=data2vec.D2vModalitiesConfig(audio=audio),
        supported_modality=data2vec.Modality.AUDIO,
        cls_loss=1.0,
    )


def fairseq_module(checkout: Path, name: str) -> ModuleType:
    """Imports a module of the checkout, or ends the process."""
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    try:
        return importlib.import_module(name)
    except Exception as error:
        (line, *_) = str(error).splitlines() or [type(error).__name__]
        sys.exit(f"{checkout}: fairseq does not load in this Python ({line}); {NEEDED}")


FAIRSEQ = "fairseq, data2vec 2.0"
SIDES = {FAIRSEQ: build_fairseq, "c2ser, Emotion2Vec-S": build_here}


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fairseq", required=True, type=Path, help="checkout of fairseq's repository")
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--config", type=Path, help="sizes: YAML of emotion2vec_train; by default those of base")
    parser.add_argument("--batch_seconds", type=float, default=20, help="audio in a batch")
    parser.add_argument("--clones", type=int, default=2, help="masked clones of an utterance")
    parser.add_argument("--updates", type=int, default=2, help="that are timed in a turn, after one that is not")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
