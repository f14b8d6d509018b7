"""Emotion2Vec-S for inference: loading a trained encoder, extracting features, classifying."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from c2ser.checkpoints.experiments import experiment_config, experiment_weights
from c2ser.checkpoints.fingerprint import weights_fingerprint
from c2ser.checkpoints.weights import load_weights
from c2ser.data.batches import length_batches
from c2ser.data.files import atomic_write
from c2ser.data.limits import MAX_SECONDS, check_seconds
from c2ser.data.resample import SAMPLE_RATE, resample
from c2ser.data.sources import Audio, Source, sources
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.emotion2vec.foreign import Pretrained, read_fairseq, read_funasr
from c2ser.errors import InputError
from c2ser.settings import build_from_mapping, torch_dtype

BATCH_SAMPLES = 60 * SAMPLE_RATE  # of a batch by default, padding included
HEAD = "head."  # before the names of the classifier's weights


def encoder_config(sizes: dict) -> Emotion2VecConfig:
    """Builds the configuration from a YAML mapping.

    Args:
        sizes: fields of `Emotion2VecConfig`.

    Raises:
        InputError: a key is unknown or a value is of the wrong type.

    Example:
        >>> encoder_config({"dim": 96}).dim
        96
    """
    return build_from_mapping(Emotion2VecConfig, sizes, name="encoder_conf")


class Emotion2Vec(nn.Module):
    """A frozen encoder that turns waveforms into utterance tokens and frames.

    Args:
        encoder: the encoder.
        labels: the emotions of its classifier; empty without a classifier.

    Attributes:
        encoder: the encoder.
        labels: the emotions of its classifier; empty without a classifier.
        head: the classifier, or None.
        name: what it was loaded from; empty if it was not.

    Example:
        >>> model = Emotion2Vec.from_pretrained("emotion2vec_plus_large")  # doctest: +SKIP
        >>> (features,) = model.extract([waveform])  # doctest: +SKIP
        >>> features["utterance"].shape  # doctest: +SKIP
        (10, 1024)
    """

    def __init__(self, encoder: Emotion2VecEncoder, labels: Sequence[str] = ()):
        super().__init__()
        self.encoder = encoder
        self.labels = tuple(labels)
        self.head = nn.Linear(encoder.config.dim, len(labels)) if labels else None
        self.name = ""
        self._fingerprint: str | None = None
        self.eval().requires_grad_(False)

    @property
    def dim(self) -> int:
        """Width D of the features."""
        return self.encoder.config.dim

    @classmethod
    def from_pretrained(
        cls, path: str | Path, dtype: torch.dtype | str = torch.float32, *, device: str | torch.device = "cpu"
    ) -> "Emotion2Vec":
        """Loads an encoder, and its classifier if it has one.

        Args:
            path: a folder written by `save_pretrained`, an experiment of ``emotion2vec_train`` (the student is loaded),
                a folder of FunASR (``config.yaml`` and one ``.pt``: emotion2vec, emotion2vec+), or a fairseq checkpoint
                (as C²SER releases Emotion2Vec-S). Code in checkpoints is never executed.
            dtype: of weights and computation, such as ``bfloat16``.
            device: where to compute, such as ``cuda``.

        Raises:
            InputError: the model does not exist, has another architecture, or its weights do not fit its sizes.

        Example:
            >>> Emotion2Vec.from_pretrained("exp/emotion2vec_s", "bfloat16", device="cuda")  # doctest: +SKIP
        """
        path = Path(path)
        config, state, labels = _read(path)
        model = cls(Emotion2VecEncoder(config), labels)
        head = {name: weight for name, weight in state.items() if labels and name.startswith(HEAD)}
        load_weights(model.encoder, {name: weight for name, weight in state.items() if name not in head}, source=path)
        if labels:
            load_weights(model.head, {name.removeprefix(HEAD): weight for name, weight in head.items()}, source=path)
        model.name = str(path)
        return model.astype(torch_dtype(dtype, "dtype") if isinstance(dtype, str) else dtype).to(device)

    def astype(self, dtype: torch.dtype) -> "Emotion2Vec":
        """Changes the type of weights and computation; the fingerprint stays that of the weights before.

        Args:
            dtype: such as ``torch.bfloat16``.

        Example:
            >>> Emotion2Vec.from_pretrained("exp/emotion2vec_s").astype(torch.bfloat16)  # doctest: +SKIP
        """
        if dtype != torch.float32:
            self._fingerprint = self.fingerprint()  # before the weights are rounded
        return self.to(dtype)

    def fingerprint(self) -> str:
        """Names the encoder by its sizes and its weights as float32, whatever file, type and device they come from."""
        return self._fingerprint or weights_fingerprint(self.encoder.state_dict(), self.encoder.config)

    def save_pretrained(self, path: str | Path) -> None:
        """Writes ``config.yaml`` and ``model.safetensors``.

        Args:
            path: the folder; it can be loaded once it is complete.
        """
        path = Path(path)
        (path / "model.safetensors").unlink(missing_ok=True)
        sizes = asdict(self.encoder.config)
        sizes["conv_layers"] = [list(layer) for layer in sizes["conv_layers"]]
        config = {**sizes, "labels": list(self.labels)} if self.labels else sizes
        with atomic_write(path / "config.yaml") as file:
            yaml.safe_dump(config, file, sort_keys=False, allow_unicode=True)
        state = self.encoder.state_dict()
        if self.head is not None:
            state |= self.head.state_dict(prefix=HEAD)
        with atomic_write(path / "model.safetensors", "wb") as file:
            file.write(save(state))  # save_file would make a file that only its owner may read

    @torch.inference_mode()
    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes a batch.

        Args:
            waveforms: (B, N) at 16 kHz, zero-padded.
            lengths: valid samples (B,).

        Returns:
            Utterance tokens (B, 10, D) and frames (B, T, D).
        """
        encoded = self.encoder(waveforms, lengths)
        return encoded.utterance, encoded.frames

    def extract(
        self,
        audio: Audio | Iterable[Audio],
        max_seconds: float | None = MAX_SECONDS,
        *,
        rate: float | None = None,
        batch_samples: int | None = BATCH_SAMPLES,
    ) -> list[dict[str, np.ndarray]]:
        """Extracts the features of utterances.

        Args:
            audio: files, folders, or floating point arrays (N,) with values from -1 to 1; or a list of these.
                Utterances shorter than one frame are zero-padded.
            max_seconds: longer utterances are refused, as memory grows with the square of the length; None for no
                limit.
            rate: sampling rate of arrays, Hz; None for 16 kHz.
            batch_samples: samples of a batch at 16 kHz, padding included; None for one batch.

        Returns:
            One ``{"utterance": (10, D), "frames": (T, D)}`` per utterance, float32.

        Raises:
            InputError: a file cannot be used, an array is not a waveform, see `check_waveform`, or one is too long.

        Example:
            >>> (features,) = model.extract(["a.wav"])  # doctest: +SKIP
            >>> features["utterance"].shape, features["frames"].shape  # doctest: +SKIP
            ((10, 768), (149, 768))
        """
        waveforms = [_waveform(source, rate, max_seconds=max_seconds) for source in sources(audio)]
        lengths = {place: len(waveform) for place, waveform in enumerate(waveforms)}
        batches = length_batches(lengths, batch_samples) if batch_samples is not None else [list(lengths)]
        results: dict[int, dict[str, np.ndarray]] = {}
        for batch in batches:
            results |= zip(batch, self._extract_batch([waveforms[place] for place in batch]), strict=True)
        return [results[place] for place in lengths]

    def _extract_batch(self, waveforms: Sequence[np.ndarray]) -> list[dict[str, np.ndarray]]:
        device = self.encoder.utterance_tokens.device
        shortest = self.encoder.config.minimum_samples
        lengths = torch.tensor([max(len(waveform), shortest) for waveform in waveforms], device=device)
        padded = pad_sequence([torch.as_tensor(waveform) for waveform in waveforms], batch_first=True)
        padded = torch.nn.functional.pad(padded, (0, max(0, shortest - padded.shape[1])))
        tokens, frames = (part.float().cpu().numpy() for part in self(padded.to(device), lengths))
        counts = self.encoder.config.frames(lengths).tolist()
        return [
            {"utterance": token, "frames": frame[:count]}
            for token, frame, count in zip(tokens, frames, counts, strict=True)
        ]

    def classify(
        self, audio: Audio | Iterable[Audio], *, rate: float | None = None, batch_samples: int | None = BATCH_SAMPLES
    ) -> list[dict[str, float]]:
        """Classifies utterances by the mean of their frames, as FunASR does.

        Args:
            audio: as for `extract`.
            rate: likewise.
            batch_samples: likewise.

        Returns:
            The probabilities of ``labels`` per utterance; they sum to one.

        Raises:
            InputError: the model has no classifier, or as `extract`.

        Example:
            >>> model = Emotion2Vec.from_pretrained("emotion2vec_plus_large")  # doctest: +SKIP
            >>> model.classify("recordings")[0]["sad"]  # doctest: +SKIP
            0.91
        """
        if self.head is None:
            raise InputError("this emotion2vec has no classifier; use an emotion2vec+ (seed, base, large)")
        features = self.extract(audio, rate=rate, batch_samples=batch_samples)
        means = np.stack([each["frames"].mean(axis=0) for each in features])
        with torch.inference_mode():
            scores = self.head(torch.from_numpy(means).to(self.head.weight))
        return [dict(zip(self.labels, row)) for row in scores.float().softmax(dim=1).tolist()]


def _waveform(source: Source, rate: float | None, *, max_seconds: float | None) -> np.ndarray:
    """Reads an utterance at 16 kHz."""
    recording = source.read(rate)
    try:
        check_seconds(recording.seconds, max_seconds)
    except InputError as error:
        raise InputError(f"{source.name}: {error}") from None
    return resample(recording.samples, recording.sample_rate)


def _read(path: Path) -> Pretrained:
    """Detects the format of a model and returns its sizes, weights and labels."""
    if path.is_file():
        return read_fairseq(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; of a model on a hub, download it first and give its folder")
    if (path / "model.safetensors").is_file():
        config = experiment_config(path)
        labels = config.pop("labels", [])
        try:
            state = load_file(path / "model.safetensors")
        except SafetensorError as error:
            raise InputError(f"{path / 'model.safetensors'}: broken ({error}); copy it again") from error
        return encoder_config(config), state, labels
    if not (path / "config.yaml").is_file() and any(path.glob("*.pt")):
        return read_fairseq(path)
    config = experiment_config(path)
    if "encoder_conf" not in config:
        return read_funasr(path, config)
    return encoder_config(config["encoder_conf"]), experiment_weights(path, prefix="model.student."), []
