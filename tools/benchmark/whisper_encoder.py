#!/usr/bin/env python3
"""Whisper's encoder: c2ser on the true length in batches against transformers on 30 s, with the same weights.

Usage: tools/benchmark/whisper_encoder.py --audio_dir EMODB/wav --whisper openai/whisper-base
       tools/benchmark/whisper_encoder.py --audio_dir EMODB/wav --whisper openai/whisper-base --variants

From waveforms in memory to the encoder's output, features counted. Parts of the corpus go to one system after another,
so that a noisy machine disturbs both alike. Reported are medians over the parts, of CPU time. With --variants not
transformers, but c2ser in bfloat16, in bfloat16 compiled by torch.compile, and with weights and activations of 8 bits,
each with the mean cosine of its output to that in float32.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm
from transformers import WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.data.batches import length_batches
from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder

Waveforms = Mapping[str, np.ndarray]


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    files = sorted(args.audio_dir.glob("**/*.wav"))[: args.files]
    waveforms = {str(file): read_audio(file) for file in files}
    seconds = {name: len(waveform) / SAMPLE_RATE for name, waveform in waveforms.items()}
    encoder = build_semantic_encoder(args.whisper).eval()
    extractor = WhisperFeatureExtractor(feature_size=encoder.encoder.num_mel_bins)
    variants = build_variants(args.whisper) if args.variants else {}
    systems = {
        name: partial(encode_true_length, model, batch_seconds=args.batch_seconds)
        for name, model in {"c2ser": encoder, **variants}.items()
    }
    if not variants:
        padded = partial(encode_padded, extractor, encoder.encoder, batch_files=args.batch_files)
        systems = {"transformers": padded, **systems}
    print(f"{args.whisper}, float32, {args.threads} threads, PyTorch {torch.__version__}")
    print(f"{len(files)} files of {statistics.mean(seconds.values()):.2f} s on average")
    print(f"largest difference on 30 s: {difference(extractor, encoder, waveforms):.1e}")

    names = list(waveforms)
    parts = [names[part :: args.parts] for part in range(args.parts)]
    with torch.inference_mode():
        times = measure(systems, [{name: waveforms[name] for name in part} for part in parts])
    for name, variant in variants.items():
        print(f"{name}: cosine to float32 {cosine(variant, encoder, list(waveforms.values())[:20]):.4f}")
    first = next(iter(times))
    print(f"\n{'':20}{'x real time':>12}{'ms a file':>12}{f'x {first}':>16}")
    for system, spent in times.items():
        speed = statistics.median(sum(map(seconds.get, part)) / t for part, t in zip(parts, spent, strict=True))
        latency = statistics.median(t / len(part) * 1000 for part, t in zip(parts, spent, strict=True))
        ratio = statistics.median(a / b for a, b in zip(times[first], spent, strict=True))
        print(f"{system:20}{speed:12.1f}{latency:12.1f}{ratio:16.2f}")


def measure(systems: Mapping[str, Callable[[Waveforms], None]], parts: list[Waveforms]) -> dict[str, list[float]]:
    """Returns seconds of CPU time a part of each system."""
    times: dict[str, list[float]] = {system: [] for system in systems}
    for number, part in enumerate(tqdm([parts[0], *parts], desc="parts")):  # the first time to warm up, not counted
        for system, encode in systems.items():
            start = time.process_time()
            encode(part)
            if number:
                times[system].append(time.process_time() - start)
    return times


def encode_padded(
    extractor: WhisperFeatureExtractor, encoder: WhisperEncoder, waveforms: Waveforms, batch_files: int
) -> None:
    rows = list(waveforms.values())
    for start in range(0, len(rows), batch_files):
        batch = rows[start : start + batch_files]
        encoder(extractor(batch, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features)


def encode_true_length(encoder: SemanticEncoder, waveforms: Waveforms, batch_seconds: int) -> None:
    lengths = {name: len(waveform) for name, waveform in waveforms.items()}
    for batch in length_batches(lengths, batch_seconds * SAMPLE_RATE):
        speech = pad_sequence([torch.from_numpy(waveforms[name]) for name in batch], batch_first=True)
        encoder(speech, torch.tensor([lengths[name] for name in batch]))


def build_variants(whisper: str) -> dict[str, SemanticEncoder]:
    """Encoders that compute less exactly, or compiled."""
    compiled, int8 = (build_semantic_encoder(whisper, dtype=dtype).eval() for dtype in ("bfloat16", "float32"))
    for block in compiled.encoder.layers:
        block.compile(dynamic=True)
    return {
        "bfloat16": build_semantic_encoder(whisper, dtype="bfloat16").eval(),
        "bfloat16, compiled": compiled,
        "int8": torch.ao.quantization.quantize_dynamic(int8, {torch.nn.Linear}),
    }


@torch.inference_mode()
def cosine(variant: SemanticEncoder, encoder: SemanticEncoder, waveforms: list[np.ndarray]) -> float:
    """Mean cosine of the outputs of two encoders, over the frames of utterances one by one."""
    cosines = []
    for waveform in waveforms:
        speech, length = torch.from_numpy(waveform).unsqueeze(0), torch.tensor([len(waveform)])
        ours, theirs = (model(speech, length)[0].float() for model in (variant, encoder))
        cosines.append(torch.nn.functional.cosine_similarity(ours, theirs, dim=-1).mean().item())
    return statistics.mean(cosines)


@torch.inference_mode()
def difference(extractor: WhisperFeatureExtractor, encoder: SemanticEncoder, waveforms: Waveforms) -> float:
    """Largest difference between both on the first 30 s of the corpus."""
    samples = extractor.n_samples
    speech = np.resize(np.concatenate(list(waveforms.values())[:50]), samples)
    features = extractor(speech, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
    states, _ = encoder(torch.from_numpy(speech).unsqueeze(0), torch.tensor([samples]))
    return (states[:, :, 0] - encoder.encoder(features).last_hidden_state).abs().max().item()


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--whisper", required=True, help="hub id or folder of a Whisper model")
    parser.add_argument("--files", type=int, help="only the first so many")
    parser.add_argument("--parts", type=int, default=5, help="of the corpus; medians are over them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch_files", type=int, default=1, help="files in a batch of transformers")
    parser.add_argument("--batch_seconds", type=int, default=20, help="audio in a batch of c2ser")
    parser.add_argument("--variants", action="store_true", help="bfloat16, torch.compile and int8 as well")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
