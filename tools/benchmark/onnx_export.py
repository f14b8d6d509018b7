#!/usr/bin/env python3
"""Emotion2Vec by onnxruntime, in float32 and int8, against PyTorch: time on one thread, features, a probe.

Usage: tools/benchmark/onnx_export.py --model emotion2vec_s [--train_dir dump/train --test_dir dump/test]
       tools/benchmark/onnx_export.py --model base

With base, a model of emotion2vec base's size is made with random weights: speed does not depend on them. With data
directories, the cosines between the features of int8 and PyTorch are reported, and the UA on the test set of logistic
regression that is trained on PyTorch's features of the training set.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from sklearn.metrics import recall_score

from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.data_dir import DataDir
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotion2vec import Emotion2Vec, Emotion2VecConfig, Emotion2VecEncoder
from c2ser.packing import export_onnx, quantize
from c2ser.probe.classifier import fit_probe
from c2ser.probe.features import LabelledFeatures

SECONDS = (1, 3, 10, 30)
REPEATS = 7
Extract = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # (N,) -> utterance tokens (U, D), frames (T, D)


def by_onnxruntime(path: Path) -> Extract:
    """Loads a file that runs on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)

    def extract(waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs = {"waveforms": waveform[None], "lengths": np.array([len(waveform)])}
        utterance, frames = session.run(["utterance", "frames"], inputs)
        return utterance[0], frames[0]

    return extract


def by_pytorch(model: Emotion2Vec) -> Extract:
    """The same by PyTorch."""

    def extract(waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (features,) = model.extract([waveform])
        return features["utterance"], features["frames"]

    return extract


def time_of_one(extractors: dict[str, Extract]) -> None:
    """Prints the median time of an utterance by length; the extractors take turns."""
    rng = np.random.default_rng(0)
    for seconds in SECONDS:
        waveform = (0.1 * rng.normal(size=seconds * SAMPLE_RATE)).astype(np.float32)
        times: dict[str, list[float]] = {name: [] for name in extractors}
        for _ in range(REPEATS):
            for name, extract in extractors.items():
                start = time.process_time()  # of this process, so that others do not count
                extract(waveform)
                times[name].append(time.process_time() - start)
        medians = {name: statistics.median(values[1:]) for name, values in times.items()}
        shown = ", ".join(f"{name} {1000 * median:.1f} ms" for name, median in medians.items())
        print(f"{seconds} s: {shown}; float32 {medians['PyTorch'] / medians['float32']:.2f} x as fast as PyTorch")


def features_of(data_dir: Path, extract: Extract) -> tuple[LabelledFeatures, list[np.ndarray]]:
    """Returns the mean frame of each utterance, and its utterance tokens and frames as one matrix."""
    names, means, rows = [], [], []
    for name, waveform in UtteranceAudio(data_dir).waveforms():
        utterance, frames = extract(waveform)
        names.append(name)
        means.append(frames.mean(axis=0))
        rows.append(np.concatenate([utterance, frames]))
    emotions, speakers = (DataDir(data_dir).read(table) for table in ("utt2emo", "utt2spk"))
    labels = [np.array([table[name] for name in names]) for table in (emotions, speakers)]
    return LabelledFeatures(names, np.stack(means), *labels), rows


def loss_of_int8(extractors: dict[str, Extract], train_dir: Path, *, test_dir: Path) -> None:
    """Prints cosines between the features of each file and PyTorch's, and the UA of a probe on them."""
    train, _ = features_of(train_dir, extractors["PyTorch"])
    probe = fit_probe(train)
    exact: list[np.ndarray] = []
    for name, extract in extractors.items():
        test, rows = features_of(test_dir, extract)
        exact = exact or rows
        pairs = list(zip(np.concatenate(rows), np.concatenate(exact), strict=True))
        cosines = [float(a @ b / np.sqrt((a @ a) * (b @ b))) for a, b in pairs]
        ua = 100 * recall_score(test.emotions, probe.predict(test.vectors), average="macro")
        print(f"{name}: UA {ua:.1f}, cosine {np.mean(cosines):.6f} on average, {min(cosines):.6f} at least")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="what c2ser extract_emotion2vec takes, or base")
    parser.add_argument("--train_dir", type=Path, help="data directory that the probe learns from")
    parser.add_argument("--test_dir", type=Path, help="data directory that it is tested on")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    base = args.model == "base"
    model = Emotion2Vec(Emotion2VecEncoder(Emotion2VecConfig())) if base else Emotion2Vec.from_pretrained(args.model)
    with tempfile.TemporaryDirectory() as folder:
        exact, int8 = Path(folder) / "exact.onnx", Path(folder) / "int8.onnx"
        export_onnx(model, exact)
        quantize(exact, int8)
        print(f"float32 {os.path.getsize(exact) / 1e6:.1f} MB, int8 {os.path.getsize(int8) / 1e6:.1f} MB")
        extractors = {"PyTorch": by_pytorch(model), "float32": by_onnxruntime(exact), "int8": by_onnxruntime(int8)}
        time_of_one(extractors)
        if args.test_dir:
            loss_of_int8(extractors, args.train_dir, test_dir=args.test_dir)


if __name__ == "__main__":
    main()
