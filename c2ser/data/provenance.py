"""What features were computed from: a note beside their scp file, which goes where the features go.

Features of two encoders cannot be told apart by their numbers. ``emotion2vec_s.json`` beside ``emotion2vec_s.scp``
names the encoder by the fingerprint of its weights. It is a list: where sets of different encoders were combined, it
has several entries, with which nothing can be trained.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from c2ser.data.files import atomic_write
from c2ser.data.names import SCP_SUFFIX, WAV_SCP
from c2ser.errors import InputError


@dataclass(frozen=True)
class Provenance:
    """What features were computed from.

    Attributes:
        encoder: fingerprint of the encoder's sizes and weights, see `c2ser.checkpoints.fingerprint`.
        level: ``utterance`` or ``frame``.
        dtype: of the computation.
        model: how the encoder was named; does not count in comparisons.
        version: of c2ser; does not count in comparisons.
    """

    encoder: str
    level: str
    dtype: str
    model: str = field(default="", compare=False)
    version: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.model or 'an encoder'} ({self.encoder[:8]}, {self.dtype})"


def feature_tables(names: Iterable[str]) -> list[str]:
    """Returns the names that are of features: scp files, but not that of the audio.

    Example:
        >>> feature_tables(["wav.scp", "text", "emotion2vec_s.scp"])
        ['emotion2vec_s.scp']
    """
    return [name for name in names if name.endswith(SCP_SUFFIX) and name != WAV_SCP]


def check_encoder(found: Provenance, expected: Provenance, *, features: str | Path, user: str | Path) -> None:
    """Checks that features are of the encoder that a model was trained with; how they were rounded does not count.

    Args:
        found: what the features were computed from.
        expected: what those that the model was trained on were computed from.
        features: names the features, for the error.
        user: names the model.

    Raises:
        InputError: they are of another encoder.

    Example:
        >>> check_encoder(read_provenance(scp), read_provenance("exp/alm"), features=scp, user="exp/alm")
        ...  # doctest: +SKIP
    """
    if (found.encoder, found.level) != (expected.encoder, expected.level):
        raise InputError(
            f"{features}: of {found}, but {user} was trained with {expected}; give features of that encoder, or train "
            "the model anew"
        )


def provenance_path(scp: str | Path) -> Path:
    """Returns the path of the note of a scp file.

    Example:
        >>> provenance_path("dump/test/emotion2vec_s.scp")
        PosixPath('dump/test/emotion2vec_s.json')
    """
    return Path(scp).with_suffix(".json")


def write_provenance(scp: str | Path, provenance: Provenance) -> None:
    """Writes the note of features; before the scp itself, so that features never have a wrong one.

    Example:
        >>> write_provenance("dump/test/emotion2vec_s.scp", Provenance("c6b1f3f0", "utterance", "float32"))
    """
    _write(scp, [provenance])


def read_provenance(scp: str | Path) -> Provenance:
    """Reads what all features of a scp file were computed from.

    Raises:
        InputError: there is no note, or the features are of different encoders.

    Example:
        >>> read_provenance("dump/test/emotion2vec_s.scp").dtype  # doctest: +SKIP
        'float32'
    """
    path, notes = provenance_path(scp), _read(scp)
    if not notes or None in notes:
        fault = "does not know the encoder of some features" if notes else "no such file; it names the encoder"
        raise InputError(f"{path}: {fault}; make the features again with c2ser.bin.extract_emotion2vec")
    if len(notes) > 1:
        raise InputError(
            f"{path}: the features are of different encoders, {' and '.join(map(str, notes))}; make them again with one"
        )
    return notes[0]


def carry_provenance(sources: Iterable[str | Path], target: str | Path) -> None:
    """Notes for features that were put together from several scp files what all of these were computed from.

    Example:
        >>> carry_provenance(["a/emotion2vec_s.scp", "b/emotion2vec_s.scp"], "ab/emotion2vec_s.scp")
    """
    found = [_read(source) or [None] for source in sources]
    notes = list(dict.fromkeys(note for notes in found for note in notes))
    if notes and notes != [None]:
        _write(target, notes)
    else:
        provenance_path(target).unlink(missing_ok=True)


def check_agreement(scps: Iterable[str | Path]) -> None:
    """Checks that parts of a set were computed from the same.

    Raises:
        InputError: they were not; names two of them.

    Example:
        >>> check_agreement(["split2/1/emotion2vec_s.scp", "split2/2/emotion2vec_s.scp"])
    """
    first: tuple[str | Path, list] | None = None
    for scp in scps:
        notes = _read(scp)
        if first is None:
            first = (scp, notes)
        elif notes != first[1]:
            raise InputError(f"{provenance_path(scp)}: not of the encoder of {first[0]}; extract the features again")


def _read(scp: str | Path) -> list[Provenance | None]:
    path = provenance_path(scp)
    if not path.exists():
        return []
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
        return [note and Provenance(**note) for note in notes]
    except (ValueError, TypeError):
        raise InputError(f"{path}: not a note of what features were computed from; extract them again") from None


def _write(scp: str | Path, notes: Sequence[Provenance | None]) -> None:
    with atomic_write(provenance_path(scp)) as file:
        json.dump([note and asdict(note) for note in notes], file, indent=1)
        file.write("\n")
