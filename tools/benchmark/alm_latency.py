#!/usr/bin/env python3
"""Answers of C²SER: implicit against explicit, utterance by utterance and in batches.

Usage: tools/benchmark/alm_latency.py --model EXP/alm_small_explicit EXP/alm_small_implicit --data_dir DUMP/test

From the waveform and Emotion2Vec-S's tokens in memory to the emotion, both encoders of the audio language model, greedy
search and the reading of the answer counted. Each utterance, or batch, goes to one system after another, so that a
noisy machine disturbs all alike. Reported are medians: of an utterance's time, and of how many times the explicit
answer's time of the same utterance it goes into; in batches of the mean over the batch.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.data.batches import length_batches
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognizer import Recognition, Speech

Batch = list[str]
System = Callable[[Batch], list[Recognition]]


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    speech = load(args.data_dir, args.utterances)
    explicit, implicit = (C2SERRecognizer.load(path) for path in args.model)
    constrained = C2SERRecognizer(implicit.model, implicit.emotions, answers=implicit.answers, constrained=True)
    systems: dict[str, System] = {
        "explicit": partial(answer, explicit, "explicit", speech),
        "implicit": partial(answer, implicit, "implicit", speech),
        "implicit, constrained": partial(answer, constrained, "implicit", speech),
    }
    lengths = {utt: len(item.audio) for utt, item in speech.items()}
    seconds = statistics.mean(lengths.values()) / SAMPLE_RATE
    print(f"{args.data_dir}: {len(lengths)} utterances of {seconds:.2f} s on average")
    print(f"{args.threads} threads, PyTorch {torch.__version__}, language model {explicit.model.config.llm}")

    single, said = measure(systems, [[utt] for utt in lengths])
    batched, _ = measure(systems, list(length_batches(lengths, args.batch_seconds * SAMPLE_RATE)))
    print(f"\n{'':22}{'tokens':>7}{'one by one':>24}{f'batches of {args.batch_seconds} s':>24}")
    print(f"{'':22}{'':7}{'ms':>13}{'x faster':>11}{'ms':>13}{'x faster':>11}")
    for system in systems:
        encoded = (explicit.model.tokenizer(text, add_special_tokens=False).input_ids for text in said[system])
        tokens = statistics.mean(len(ids) + 1 for ids in encoded)
        columns = "".join(
            f"{statistics.median(times[system]) * 1000:13.1f}{ratio(times['explicit'], times[system]):11.1f}"
            for times in (single, batched)
        )
        print(f"{system:22}{tokens:7.1f}{columns}")


def load(data_dir: Path, utterances: int | None) -> dict[str, Speech]:
    """Reads ``utterances`` evenly spaced ones of a data directory with features, or all."""
    paths, features = read_table(data_dir / "wav.scp"), read_table(data_dir / "emotion2vec_s.scp")
    languages = read_table(data_dir / "utt2lang") if (data_dir / "utt2lang").exists() else {}
    chosen = list(paths)[:: max(1, len(paths) // (utterances or len(paths)))][:utterances]
    return {
        utt: Speech(read_audio(paths[utt]), read_feature(features[utt]), language=languages.get(utt), utterance=utt)
        for utt in chosen
    }


def answer(recognizer: C2SERRecognizer, mode: str, speech: Mapping[str, Speech], batch: Batch) -> list[Recognition]:
    return recognizer.recognize([speech[utt] for utt in batch], mode)


def measure(systems: Mapping[str, System], batches: list[Batch]) -> tuple[dict[str, list[float]], dict[str, list[str]]]:
    """Returns the seconds an utterance that each system took for each batch, and its answers."""
    times: dict[str, list[float]] = {system: [] for system in systems}
    texts: dict[str, list[str]] = {system: [] for system in systems}
    for number, batch in enumerate(tqdm([batches[0], *batches])):  # the first time to warm up, not counted
        for system, give in systems.items():
            start = time.perf_counter()
            answers = give(batch)
            if number:
                times[system].append((time.perf_counter() - start) / len(batch))
                texts[system] += [said.text for said in answers]
    return times, texts


def ratio(slow: list[float], fast: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", required=True, nargs=2, metavar=("EXPLICIT", "IMPLICIT"), help="experiments of alm_train"
    )
    parser.add_argument("--data_dir", required=True, type=Path, help="data directory with emotion2vec_s.scp")
    parser.add_argument("--utterances", type=int, help="only so many, evenly spaced")
    parser.add_argument("--batch_seconds", type=int, default=120, help="audio in a batch, padding counted")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
