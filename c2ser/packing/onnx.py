"""Emotion2Vec as an ONNX file, for programs without PyTorch.

The graph takes a padded batch of waveforms of any length and computes what `Emotion2Vec` does.
"""

import logging
import math
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.files import atomic_write
from c2ser.emotion2vec.encoder import Emotion2VecEncoder, normalize_waveforms
from c2ser.emotion2vec.model import Emotion2Vec
from c2ser.errors import C2SERError, InputError
from c2ser.nn import length_mask, masked_mean

logger = logging.getLogger(__name__)

INPUTS = ("waveforms", "lengths")
OUTPUTS = ("utterance", "frames", "frame_counts")
PROBABILITIES = "probabilities"  # a further output of models with a classifier
TOLERANCE = 1e-4  # largest difference from PyTorch, in float32


class GraphEncoder(Emotion2VecEncoder):
    """The encoder without what a graph cannot have: steps that depend on the values of a batch or work in place."""

    def features(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `Emotion2VecEncoder.features`, with plain convolutions."""
        x = normalize_waveforms(waveforms, lengths).unsqueeze(1)
        for conv, norm in zip(self.local.convs, self.local.norms, strict=True):
            x = F.gelu(norm(conv(x).transpose(1, 2))).transpose(1, 2)
        x = x.transpose(1, 2)
        return self.local_proj(self.local_norm(x)), length_mask(self.config.frames(lengths), x.shape[1])

    def attention_bias(self, valid: Tensor, index: Tensor) -> Tensor:
        """As `Emotion2VecEncoder.attention_bias`, with a mask for every batch."""
        distance = (index.unsqueeze(2) - index.unsqueeze(1)).abs()
        slopes = self.alibi_slopes * F.relu(self.alibi_scale)
        count = self.config.utterance_tokens
        bias = F.pad(-slopes.view(1, -1, 1, 1) * distance.unsqueeze(1), (count, 0, count, 0))
        padding = F.pad(~valid, (count, 0), value=False)
        return bias.masked_fill(padding[:, None, None, :], -math.inf)


class GraphModel(nn.Module):
    """What the graph computes: utterance tokens, frames, the number of frames, probabilities.

    Args:
        model: the model to export.
    """

    def __init__(self, model: Emotion2Vec):
        super().__init__()
        self.encoder = GraphEncoder(model.encoder.config)
        self.encoder.load_state_dict(model.encoder.state_dict())
        self.head = model.head
        self.eval().requires_grad_(False)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        """Encodes waveforms (B, N), zero-padded behind their ``lengths`` (B,).

        Returns:
            Utterance tokens (B, U, D), frames (B, T, D), numbers of frames (B,); with a classifier also the
            probabilities (B, L) of its labels.
        """
        encoded = self.encoder(waveforms, lengths)
        counts = self.encoder.config.frames(lengths)
        outputs = encoded.utterance, encoded.frames, counts
        if self.head is None:
            return outputs
        means = masked_mean(encoded.frames, length_mask(counts, encoded.frames.shape[1]))
        return *outputs, self.head(means).softmax(dim=1)


def export_onnx(model: Emotion2Vec, path: str | Path, *, int8: bool = False) -> None:
    """Writes a model as one ONNX file, once it has computed there what it computes here.

    Inputs are ``waveforms`` (B, N), float32 at 16 kHz, zero-padded, and ``lengths`` (B,), int64, in samples; outputs
    ``utterance`` (B, 10, D), ``frames`` (B, T, D), of which each row has as many as ``frame_counts`` (B,) says, and
    with a classifier ``probabilities`` (B, L). Batch and length are free. The file's metadata names the labels, the
    sample rate and the shortest waveform.

    Args:
        model: the model, in float32 on the CPU.
        path: the file to write; ONNX limits it to 2 GB.
        int8: store the weights of matrix products as 8-bit integers, and compute these products in them. The file is a
            third as large; what that costs is in ``docs/models/onnx.md``.

    Raises:
        InputError: onnx, onnxscript or onnxruntime is not installed.
        C2SERError: the file computes something else.

    Example:
        >>> export_onnx(Emotion2Vec.from_pretrained("emotion2vec_s"), "emotion2vec_s.onnx")  # doctest: +SKIP
    """
    try:
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401  # which torch.onnx needs
    except ImportError as error:
        raise InputError(f"{error.name} is not installed, which export needs; install c2ser[onnx]") from error
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        exact, small = Path(folder) / "exact.onnx", Path(folder) / "int8.onnx"
        with _quiet():
            _write_graph(model, exact)
        difference = _difference(model, exact)
        if not difference <= TOLERANCE:
            raise C2SERError(
                f"{path}: the ONNX model differs from PyTorch's by {difference:.1e}, so it was not written"
            )
        logger.info("largest difference from PyTorch in float32: %.1e", difference)
        if int8:
            onnxruntime.quantization.quantize_dynamic(exact, small, op_types_to_quantize=["MatMul"], per_channel=True)
        with atomic_write(path, "wb") as file:
            file.write((small if int8 else exact).read_bytes())


def quantize(source: str | Path, path: str | Path) -> None:
    """Writes a file of `export_onnx` with the weights of matrix products as 8-bit integers.

    Args:
        source: the file in float32.
        path: the file to write.

    Example:
        >>> quantize("emotion2vec_s.onnx", "emotion2vec_s.int8.onnx")  # doctest: +SKIP
    """
    from onnxruntime.quantization import quantize_dynamic

    with _quiet():
        quantize_dynamic(source, path, op_types_to_quantize=["MatMul"], per_channel=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences what the libraries log of each node."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _write_graph(model: Emotion2Vec, path: Path) -> None:
    """Exports a model in float32, with its weights in the same file."""
    import onnx

    graph = GraphModel(model)
    config = model.encoder.config
    outputs = [*OUTPUTS, *([PROBABILITIES] if model.labels else [])]
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples", min=config.minimum_samples)
    shortest = config.minimum_samples + 20 * config.samples_per_frame
    example = torch.zeros(2, shortest), torch.tensor([shortest, config.minimum_samples])
    with sdpa_kernel(SDPBackend.MATH):  # the others' strides depend on the length
        program = torch.onnx.export(
            graph,
            example,
            dynamo=True,
            verbose=False,
            input_names=INPUTS,
            output_names=outputs,
            dynamic_shapes={"waveforms": {0: batch, 1: samples}, "lengths": {0: batch}},
        )
    proto = program.model_proto
    proto.graph.output[1].type.tensor_type.shape.dim[1].dim_param = "num_frames"
    facts = {"sample_rate": SAMPLE_RATE, "minimum_samples": config.minimum_samples, "labels": " ".join(model.labels)}
    onnx.helper.set_model_props(proto, {name: str(value) for name, value in facts.items()})
    onnx.save(proto, path)


def _difference(model: Emotion2Vec, path: Path) -> float:
    """Returns the largest difference between the outputs of PyTorch and of a file, on noise of three lengths."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # its threads wait for each other by spinning, which is slow on shared cores
    session = onnxruntime.InferenceSession(path, options)
    config = model.encoder.config
    lengths = torch.tensor([3 * SAMPLE_RATE, SAMPLE_RATE, config.minimum_samples])
    waveforms = torch.randn(3, int(lengths.max()), generator=torch.Generator().manual_seed(0))
    waveforms *= length_mask(lengths, waveforms.shape[1])
    tokens, frames = model(waveforms, lengths)
    found = session.run(OUTPUTS[:2], dict(zip(INPUTS, (waveforms.numpy(), lengths.numpy()), strict=True)))
    valid = length_mask(config.frames(lengths), frames.shape[1]).numpy()
    pairs = (found[0], tokens.numpy()), (found[1][:, : frames.shape[1]][valid], frames.numpy()[valid])
    return max(float(np.abs(there - here).max()) for there, here in pairs)
