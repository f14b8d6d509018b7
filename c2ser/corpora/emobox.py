"""Reader of EmoBox's metadata (Ma et al., Interspeech 2024): labels and folds of many corpora in one layout.

A corpus is a folder with ``<name>.jsonl``, ``label_map.json`` and in ``fold_<K>/`` the lists
``<name>_{train,valid,test}_fold_<K>.jsonl``; some lack one or the other. Audio is not part of it.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import soundfile

from c2ser.corpora import corpora
from c2ser.data.data_dir import Utterance
from c2ser.data.splits import stratified_hold_out
from c2ser.emotions import EMOTIONS, canonical_emotion
from c2ser.errors import InputError

SETS = {"train": "train", "valid": "dev", "test": "test"}


class Layout(NamedTuple):
    """What the paths of a corpus tell: a pattern with, where it tells it, a group ``gender``; the speaker as a template
    of the pattern's groups, None where only the voice's gender is told; the language, ISO 639-1."""

    pattern: str
    speaker: str | None
    language: str | None


# The first layout of a corpus whose pattern is found counts. M3ED's paths do not tell where an actor plays in several
# dialogues: there a speaker is one side of one dialogue.
LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "asvpesd": (Layout(r"actor_(\d+)/", r"\1", None),),
    "casia": (Layout(r"([^/]+)/[^/]+/\d+\.wav$", r"\1", "zh"),),
    "emovdb": (Layout(r"([^/_]+)_[^/]+/[^/]+$", r"\1", "en"),),
    "emovo": (Layout(r"((?P<gender>[fm])\d)/[^/]+$", r"\1", "it"),),
    "esd": (Layout(r"(00(?:0\d|10))_\d+\.wav$", r"\1", "zh"), Layout(r"(00[12]\d)_\d+\.wav$", r"\1", "en")),
    "iemocap": (Layout(r"(Ses\d\d)[FM]_[^/]*_(?P<gender>[FM])\d+\.wav$", r"\1\2", "en"),),
    "m3ed": (Layout(r"([AB])_([^/]+_\d+)_\d+\.wav$", r"\2_\1", "zh"),),
    "mesd": (Layout(r"_(?P<gender>[FM])_[AB]_[^/]+$", None, "es"), Layout(r"_C_[AB]_[^/]+$", None, "es")),
    "savee": (Layout(r"([A-Z]{2})_[^/]+$", r"\1", "en"),),
}


@dataclass(frozen=True)
class Row:
    """One line of the metadata: where it stands, and the fields that are used."""

    where: str
    key: str
    wav: PurePosixPath
    label: str
    seconds: float


def read_sets(metadata_dir: Path, audio_dir: Path, fold: int | None = None) -> dict[str, list[Utterance]]:
    """Reads a corpus whole, as the set ``all``, or one fold as ``train``, ``test`` and, where it has one, ``dev``.

    Utterances whose label is no emotion of the vocabulary are left out, and counted in the log.

    Args:
        metadata_dir: EmoBox's ``data/<name>``.
        audio_dir: where the corpus lies; leading folders of the metadata's paths that it does not have are dropped.
        fold: from 1.

    Raises:
        InputError: a list is missing or faulty, or audio is missing.
    """
    lists = _lists(metadata_dir, fold)
    label_map = _label_map(metadata_dir)
    return {name: list(_utterances(metadata_dir.name, path, label_map, audio_dir)) for name, path in lists.items()}


def label_set(metadata_dir: Path, sets: dict[str, list[Utterance]]) -> list[str]:
    """Returns the corpus's emotions in the vocabulary's order: those of its label map, else those of the utterances."""
    named = {_emotion(label, {}) for label in _label_map(metadata_dir).values()}
    found = named or {utt.emotion for utts in sets.values() for utt in utts}
    return [emotion for emotion in EMOTIONS if emotion in found]


def hold_out_dev(sets: dict[str, list[Utterance]], fraction: float) -> dict[str, list[Utterance]]:
    """Moves a fraction of each emotion's utterances from ``train`` to ``dev``, where there is no ``dev`` yet."""
    if fraction == 0 or "dev" in sets or "train" not in sets:
        return sets
    drawn = stratified_hold_out({utt.id: utt.emotion for utt in sets["train"]}, fraction)
    parts = {"dev": [], "train": []}
    for utt in sets["train"]:
        parts["dev" if utt.id in drawn else "train"].append(utt)
    return sets | parts


def _lists(metadata_dir: Path, fold: int | None) -> dict[str, Path]:
    name = metadata_dir.name
    if fold is None:
        whole = metadata_dir / f"{name}.jsonl"
        if not whole.is_file():
            raise InputError(f"{whole}: no such file; import one of the corpus's folds with --fold")
        return {"all": whole}
    folder = metadata_dir / f"fold_{fold}"
    lists = {target: folder / f"{name}_{part}_fold_{fold}.jsonl" for part, target in SETS.items()}
    lists = {target: path for target, path in lists.items() if path.is_file()}
    if not lists:
        folds = sorted(path.name for path in metadata_dir.glob("fold_*")) or ["none"]
        raise InputError(f"{folder}: no such fold; {metadata_dir} has {', '.join(folds)}")
    return lists


def _label_map(metadata_dir: Path) -> dict[str, str]:
    """Reads the map from labels to English words; labels differ from their use in the lists in upper and lower case."""
    path = metadata_dir / "label_map.json"
    if not path.is_file():
        return {}
    try:
        return {label.lower(): word for label, word in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError) as error:
        raise InputError(f"{path}: no JSON object of labels ({error})") from None


def _emotion(label: str, label_map: dict[str, str]) -> str | None:
    try:
        return canonical_emotion(label_map.get(label.lower(), label))
    except InputError:
        return None


def _utterances(name: str, path: Path, label_map: dict[str, str], audio_dir: Path) -> Iterator[Utterance]:
    """Yields a list's utterances; a corpus that has a module of its own reads its file names itself."""
    own = getattr(corpora().get(name), "utterance", None)
    rows = list(_rows(path))
    wavs = _find_audio(rows, audio_dir)
    left_out: Counter[str] = Counter()
    lengths_differ = 0
    for row, wav in zip(rows, wavs):
        lengths_differ += abs(_seconds(wav) - row.seconds) > 0.05
        emotion = _emotion(row.label, label_map)
        if emotion is None:
            left_out[label_map.get(row.label.lower(), row.label)] += 1
        else:
            yield replace(own(wav), emotion=emotion) if own else _utterance(name, row, wav, emotion)
    if left_out:
        counts = ", ".join(f"'{label}' {count}" for label, count in sorted(left_out.items()))
        logging.info(f"{path}: left out {left_out.total()} of {len(rows)} utterances without an emotion: {counts}")
    if lengths_differ:
        logging.warning(f"{path}: {lengths_differ} of {len(rows)} audio files are not as long as the metadata says")


def _rows(path: Path) -> Iterator[Row]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it with iconv") from None
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        try:
            entry = json.loads(line)
            yield Row(where, entry["key"], PurePosixPath(entry["wav"]), entry["emo"], float(entry["length"]))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{where}: no JSON object with key, wav, emo and length ({error!r})") from None


def _find_audio(rows: Sequence[Row], audio_dir: Path) -> list[Path]:
    """Drops from all paths as few leading folders as it takes for one of them to exist."""
    depths = (
        depth
        for depth in range(max((len(row.wav.parts) for row in rows), default=0))
        if any((audio_dir / Path(*row.wav.parts[depth:])).is_file() for row in rows)
    )
    depth = next(depths, 0)
    wavs = [audio_dir / Path(*row.wav.parts[depth:]) for row in rows]
    missing = [row for row, wav in zip(rows, wavs) if not wav.is_file()]
    if missing:
        first = missing[0]
        raise InputError(
            f"{first.where}: no audio {first.wav} below {audio_dir} ({len(missing)} of {len(rows)} files are missing);"
            " --audio_dir is the corpus's folder"
        )
    if len(set(wavs)) < len(wavs):
        raise InputError(f"{audio_dir}: several utterances have the same file; give the corpus's top folder")
    return wavs


def _seconds(wav: Path) -> float:
    try:
        return soundfile.info(wav).duration
    except soundfile.LibsndfileError:
        return 0.0


def _utterance(name: str, row: Row, wav: Path, emotion: str) -> Utterance:
    """Makes ids that start with the speaker, where the path tells it."""
    rest = re.sub(r"\s+", "_", row.key).removeprefix(f"{name}-")
    unknown = Utterance(id=f"{name}_{rest}", wav=wav, speaker=f"{name}_{rest}", emotion=emotion)
    for layout in LAYOUTS.get(name, ()):
        if found := re.search(layout.pattern, str(row.wav)):
            gender = found.groupdict().get("gender")
            facts = replace(unknown, language=layout.language, gender=gender and gender.lower())
            if layout.speaker is None:
                return facts
            speaker = f"{name}_{found.expand(layout.speaker)}"
            return replace(facts, id=f"{speaker}-{rest}", speaker=speaker)
    return unknown
