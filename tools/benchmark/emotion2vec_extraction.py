#!/usr/bin/env python3
"""emotion2vec features: c2ser in batches against FunASR file by file, with the same weights.

Usage: tools/benchmark/emotion2vec_extraction.py --audio_dir EMODB/wav

Weights are random: speed does not depend on them. Each system runs in a process of its own; parts of the corpus go to
one system after another, so that a noisy machine disturbs all alike. Reported are medians over the parts. The ceiling
is the rate at which PyTorch multiplies matrices of the encoder's sizes. Takes FunASR (pip install funasr).
"""

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import yaml
from torch.utils.flop_counter import FlopCounterMode

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.data.batches import length_batches
from c2ser.emotion2vec import Emotion2Vec

SYSTEMS = ("FunASR", "c2ser float32", "c2ser bfloat16")
CONV_LAYERS = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512, 2, 2)] * 2"
BASE = {
    "depth": 8,
    "num_heads": 12,
    "embed_dim": 768,
    "mlp_ratio": 4.0,
    "norm_eps": 1e-5,
    "norm_affine": True,
    "layer_norm_first": False,
    "end_of_block_targets": False,
    "average_top_k_layers": 8,
    "loss_beta": 0.0,
    "loss_scale": None,
    "clone_batch": 8,
    "layerdrop": 0.0,
    "dropout_input": 0.0,
    "encoder_dropout": 0.0,
    "post_mlp_drop": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "normalize": True,
}
AUDIO = {
    "type": "AUDIO",
    "feature_encoder_spec": CONV_LAYERS,
    "extractor_mode": "layer_norm",
    "conv_pos_width": 95,
    "conv_pos_groups": 16,
    "conv_pos_depth": 5,
    "conv_pos_pre_ln": False,
    "prenet_depth": 4,
    "prenet_layerdrop": 0.0,
    "prenet_dropout": 0.0,
    "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0,
    "num_extra_tokens": 10,
    "init_extra_token_zero": False,
    "local_grad_mult": 1.0,
    "use_alibi_encoder": True,
    "alibi_scale": 1.0,
    "learned_alibi": False,
    "learned_alibi_scale": True,
    "learned_alibi_scale_per_head": True,
    "learned_alibi_scale_per_layer": False,
    "num_alibi_heads": 12,
    "model_depth": 8,
    "decoder": None,
}


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    files = sorted(args.audio_dir.glob("**/*.wav"))[: args.files]
    seconds = [len(read_audio(file)) / SAMPLE_RATE for file in files]
    flops = flops_a_second()
    print(f"{cpu_name()}, {args.threads} threads, PyTorch {torch.__version__}")
    print(f"{len(files)} files, {sum(seconds):.0f} s of audio; {flops / 1e9:.1f} GFLOP a second of audio")

    times, features, peak = measure(files, args)
    parts = [sum(seconds[part :: args.parts]) for part in range(args.parts)]
    ceilings = {dtype: ceiling(dtype) for dtype in (torch.float32, torch.bfloat16)}
    print(f"\n{'':16}{'x real time':>12}{'x FunASR':>10}{'of ceiling':>12}{'peak memory':>14}")
    for system in SYSTEMS:
        speed = statistics.median(part / spent for part, spent in zip(parts, times[system], strict=True))
        ratio = statistics.median(a / b for a, b in zip(times["FunASR"], times[system], strict=True))
        rate = ceilings[torch.bfloat16 if "bfloat16" in system else torch.float32]
        print(f"{system:16}{speed:12.1f}{ratio:10.2f}{speed * flops / rate:12.0%}{peak[system] / 1e9:11.2f} GB")
    for dtype, rate in ceilings.items():
        print(f"ceiling in {dtype}: {rate / 1e9:.0f} GFLOP/s")
    exact, half = features["c2ser float32"], features["c2ser bfloat16"]
    print(f"largest difference between float32 and FunASR: {np.abs(exact - features['FunASR']).max():.1e}")
    cosines = [F.cosine_similarity(torch.tensor(a), torch.tensor(b), 0) for a, b in zip(exact, half, strict=True)]
    print(f"smallest cosine between bfloat16 and float32, of an utterance's tokens: {min(cosines):.5f}")


def measure(files: list[Path], args: argparse.Namespace) -> tuple[dict, dict, dict]:
    """Returns seconds a part, utterance tokens (files, 10 * D) and peak memory in bytes of each system."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder))
        pipes, workers = {}, []
        for system in SYSTEMS:
            pipes[system], end = context.Pipe()
            workers.append(context.Process(target=work, args=(system, folder, args.threads, args.batch_seconds, end)))
            workers[-1].start()
        times: dict[str, list[float]] = {system: [] for system in SYSTEMS}
        features: dict[str, dict[Path, np.ndarray]] = {system: {} for system in SYSTEMS}
        for part in range(-1, args.parts):  # the first time to warm up, not counted
            for system, pipe in pipes.items():
                pipe.send(files[max(0, part) :: args.parts])
                spent, tokens = pipe.recv()
                features[system].update(tokens)
                if part >= 0:
                    times[system].append(spent)
        peak = {}
        for system, pipe in pipes.items():
            pipe.send(None)
            peak[system] = pipe.recv()
        for worker in workers:
            worker.join()
    return times, {system: np.stack([rows[file] for file in files]) for system, rows in features.items()}, peak


def work(system: str, folder: str, threads: int, batch_seconds: int, pipe: Connection) -> None:
    """Answers a list of files with (seconds, their utterance tokens), and None with the peak memory."""
    torch.set_num_threads(threads)
    if system == "FunASR":
        extract = funasr_extractor(folder)
    else:
        model = Emotion2Vec.from_pretrained(folder, dtype=getattr(torch, system.split()[1]))
        extract = lambda files: extract_in_batches(model, files, batch_seconds)  # noqa: E731
    while (files := pipe.recv()) is not None:
        start = time.perf_counter()
        tokens = extract(files)
        pipe.send((time.perf_counter() - start, tokens))
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def extract_in_batches(model: Emotion2Vec, files: list[Path], batch_seconds: int) -> dict[Path, np.ndarray]:
    waveforms = {file: read_audio(file) for file in files}
    lengths = {file: len(waveform) for file, waveform in waveforms.items()}
    tokens = {}
    for batch in length_batches(lengths, batch_seconds * SAMPLE_RATE):
        outputs = model.extract([waveforms[file] for file in batch])
        tokens |= {file: output["utterance"].flatten() for file, output in zip(batch, outputs, strict=True)}
    return tokens


def funasr_extractor(folder: str):
    model = funasr_model()
    model.load_state_dict(torch.load(Path(folder) / "model.pt", weights_only=True))

    def extract(files: list[Path]) -> dict[Path, np.ndarray]:
        tokens = {}
        with torch.inference_mode():
            for file in files:
                waveform = torch.from_numpy(read_audio(file))
                waveform = F.layer_norm(waveform, waveform.shape).unsqueeze(0)
                tokens[file] = (
                    model.extract_features(waveform, remove_extra_tokens=False)["x"][0, :10].flatten().numpy()
                )
        return tokens

    return extract


def funasr_model() -> torch.nn.Module:
    from funasr.models.emotion2vec.model import Emotion2vec as FunASREmotion2vec

    return FunASREmotion2vec(model_conf={**BASE, "modalities": {"audio": AUDIO}}).eval()


def save_model(folder: Path) -> None:
    """Writes random weights of emotion2vec base as a folder of FunASR's."""
    torch.manual_seed(0)
    torch.save(funasr_model().state_dict(), folder / "model.pt")
    config = {"model": "Emotion2vec", "model_conf": {**BASE, "modalities": {"audio": AUDIO}}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def flops_a_second() -> float:
    """Floating point operations of FunASR's model for a second of audio, in an utterance of four."""
    model, seconds = funasr_model(), 4
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.extract_features(torch.randn(1, seconds * SAMPLE_RATE))
    return counter.get_total_flops() / seconds


def ceiling(dtype: torch.dtype) -> float:
    """Floating point operations a second of a product of matrices of the feed-forward's size."""
    a, b = torch.randn(3000, 768, dtype=dtype), torch.randn(3072, 768, dtype=dtype)
    times = []
    for _ in range(30):
        start = time.perf_counter()
        F.linear(a, b)
        times.append(time.perf_counter() - start)
    return 2 * 3000 * 768 * 3072 / statistics.median(times)


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    features = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in facts.get("flags", "")]
    return f"{facts.get('model name', 'CPU')} ({', '.join(features)})"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--files", type=int, help="only the first so many")
    parser.add_argument("--parts", type=int, default=5, help="of the corpus; medians are over them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch_seconds", type=int, default=60, help="audio in a batch of c2ser")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
