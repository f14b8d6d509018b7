"""Features of a user's audio files, a NumPy file each."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.data.batches import length_batches
from c2ser.data.files import atomic_write
from c2ser.data.limits import MAX_SECONDS, check_seconds
from c2ser.data.names import EMOTION2VEC_SCP
from c2ser.data.provenance import provenance_path, read_provenance, write_provenance
from c2ser.emotion2vec.extraction import PARTS_OF_OUTPUT, feature_provenance
from c2ser.emotion2vec.model import Emotion2Vec
from c2ser.errors import InputError


def feature_files(files: Sequence[str], output_dir: str | Path) -> dict[str, Path]:
    """Returns where the features of files go: below a folder as the files are below the one that holds them all.

    Args:
        files: paths.
        output_dir: the folder.

    Raises:
        InputError: two files have one name but for the suffix.

    Example:
        >>> feature_files(["in/a/1.wav", "in/2.flac"], "out")["in/a/1.wav"].as_posix()
        'out/a/1.npy'
    """
    absolute = {file: os.path.abspath(file) for file in files}
    root = os.path.commonpath([os.path.dirname(path) for path in absolute.values()])
    targets = {
        file: Path(output_dir, os.path.relpath(path, root)).with_suffix(".npy") for file, path in absolute.items()
    }
    owners: dict[Path, str] = {}
    for file, target in targets.items():
        if owners.setdefault(target, file) != file:
            raise InputError(f"{file} and {owners[target]}: both would have features {target}; rename one")
    return targets


class FileExtraction:
    """Extracts features of files into a folder, group by group, and keeps those that are there.

    Beside the features, ``emotion2vec_s.json`` says which encoder they are of. Those of files that were changed after
    their features are extracted again.

    Args:
        model: the encoder.
        targets: file -> where its features go, see `feature_files`.
        output_dir: the folder.
        level: ``utterance`` for the tokens (10, D), ``frame`` for the frames (T, D).
        batch_samples: samples of a batch, padding included.
        max_seconds: longer files cannot be used.

    Raises:
        InputError: the folder holds features of another encoder.

    Example:
        >>> model = Emotion2Vec.from_pretrained("emotion2vec_s")  # doctest: +SKIP
        >>> targets = feature_files(["a.wav"], "features")  # doctest: +SKIP
        >>> extract = FileExtraction(model, targets, output_dir="features", batch_samples=960000)  # doctest: +SKIP
        >>> list(extract(["a.wav"]))  # doctest: +SKIP
        [PosixPath('features/a.npy')]
    """

    def __init__(
        self,
        model: Emotion2Vec,
        targets: Mapping[str, Path],
        *,
        output_dir: str | Path,
        level: str = "utterance",
        batch_samples: int,
        max_seconds: float = MAX_SECONDS,
    ):
        self.model = model
        self.targets = targets
        self.part = PARTS_OF_OUTPUT[level]
        self.batch_samples = batch_samples
        self.max_seconds = max_seconds
        note, provenance = Path(output_dir, EMOTION2VEC_SCP), feature_provenance(model, level)
        if provenance_path(note).exists() and read_provenance(note) != provenance:
            raise InputError(
                f"{output_dir}: holds features of {read_provenance(note)}, not of {provenance}; name a new folder"
            )
        write_provenance(note, provenance)

    def __call__(self, files: Sequence[str]) -> Iterator[Path | InputError]:
        """Extracts the features of a group of files.

        Args:
            files: of those that have targets.

        Yields:
            For each, in order, the path of its features, or the error that says why it cannot be used.
        """
        outcomes: dict[str, Path | InputError] = {file: self.targets[file] for file in files}
        waveforms: dict[str, np.ndarray] = {}
        for file in outcomes:
            try:
                if not self._is_there(file):
                    waveforms[file] = self._read(file)
            except InputError as error:
                outcomes[file] = error
        lengths = {file: len(waveform) for file, waveform in waveforms.items()}
        for batch in length_batches(lengths, self.batch_samples):
            features = self.model.extract([waveforms[file] for file in batch], max_seconds=None)
            for file, outputs in zip(batch, features, strict=True):
                with atomic_write(self.targets[file], "wb") as target:
                    np.save(target, outputs[self.part])
        yield from map(outcomes.get, files)

    def _is_there(self, file: str) -> bool:
        try:
            return os.stat(self.targets[file]).st_mtime_ns >= os.stat(file).st_mtime_ns
        except OSError:
            return False

    def _read(self, file: str) -> np.ndarray:
        waveform = read_audio(file)
        try:
            check_seconds(len(waveform) / SAMPLE_RATE, self.max_seconds)
        except InputError as error:
            raise InputError(f"{file}: {error}") from None
        return waveform
