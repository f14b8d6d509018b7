"""Stage 6: attribute levels and the texts that the model learns to write."""

import logging
from pathlib import Path

from tqdm import tqdm

from c2ser.acoustics.attributes import Attributes, read_attributes
from c2ser.acoustics.levels import MIN_GROUP_VALUES, Thresholds
from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table_if_there, write_table
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.emotions import check_emotions
from c2ser.errors import InputError
from c2ser.rationales.templates import explicit_target, implicit_target

THRESHOLDS_NAME = "attribute_thresholds.yaml"

# What thresholds can be grouped by, and the table that tells an utterance's or its speaker's group.
GROUP_TABLES = {"sex": "spk2gender", "speaker": "utt2spk", "corpus": "utt2corpus"}


def build_cot(
    data_dir: str | Path, output_dir: str | Path, thresholds: str | Path | None = None, levels_by: str | None = None
) -> int:
    """Writes ``attribute_levels`` of all utterances, and ``explicit`` and ``implicit`` of the labelled ones.

    Args:
        data_dir: has ``attributes`` and ``utt2emo`` and, where known, transcripts and languages
            (`c2ser.data.transcripts`).
        output_dir: may be ``data_dir``.
        thresholds: the file that the training set's call wrote, which also says what they are grouped by; None for the
            training set itself, whose attributes give the thresholds, saved as
            ``output_dir/attribute_thresholds.yaml``.
        levels_by: for the training set, one of `GROUP_TABLES`: fit thresholds to each group by itself; None for the
            whole set. Utterances whose group is unknown, was not in the training set or had fewer than
            `MIN_GROUP_VALUES` (5) values of an attribute there take the pooled thresholds; the log counts them.

    Returns:
        The number of labelled utterances.

    Raises:
        InputError: no utterance is labelled, a label is unknown, a table is missing or lacks an utterance, or both
            ``thresholds`` and ``levels_by`` are given.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    attributes = _stage_2_attributes(data_dir)
    labels = _labels(data_dir, attributes)
    levels = _levels(data_dir, attributes, _thresholds(data_dir, output_dir, attributes, thresholds, levels_by))
    texts, languages = read_texts(data_dir), read_languages(data_dir)
    write_table(output_dir / "attribute_levels", {utt: " ".join(words) for utt, words in levels.items()})
    with atomic_write(output_dir / "explicit") as explicit, atomic_write(output_dir / "implicit") as implicit:
        for utt, emotion in tqdm(labels.items(), desc=str(output_dir), unit="utt", disable=None):
            language = languages.get(utt)
            print(utt, explicit_target(utt, levels[utt], texts.get(utt), emotion, language), file=explicit)
            print(utt, implicit_target(emotion, language), file=implicit)
    return len(labels)


def _stage_2_attributes(data_dir: Path) -> dict[str, Attributes]:
    path = data_dir / "attributes"
    if not path.exists():
        raise InputError(f"{path}: no such file; stage 2 (c2ser.bin.extract_attributes) makes it")
    return read_attributes(path)


def _labels(data_dir: Path, attributes: dict[str, Attributes]) -> dict[str, str]:
    """Reads ``utt2emo`` and checks it."""
    path = data_dir / "utt2emo"
    labels = read_table_if_there(path)
    if not labels:
        raise InputError(f"{path}: no labelled utterance; targets need emotions, so build them for labelled sets only")
    check_emotions(labels, path)
    if missing := next((utt for utt in labels if utt not in attributes), None):
        raise InputError(f"{data_dir / 'attributes'}: '{missing}' of utt2emo is missing; run stage 2 again")
    return labels


def _thresholds(
    data_dir: Path,
    output_dir: Path,
    attributes: dict[str, Attributes],
    path: str | Path | None,
    levels_by: str | None,
) -> Thresholds:
    """Loads the training set's thresholds, or fits and saves them."""
    if path is not None:
        if levels_by is not None:
            raise InputError(f"{path}: says itself what its thresholds are grouped by; leave --levels_by out")
        loaded = Thresholds.load(path)
        if loaded.by not in (None, *GROUP_TABLES):
            raise InputError(f"{path}: grouped by '{loaded.by}'; known are {', '.join(GROUP_TABLES)}")
        return loaded
    groups = _groups(data_dir, levels_by)
    if levels_by is not None and not groups:
        raise InputError(f"{data_dir / GROUP_TABLES[levels_by]}: missing or empty; levels by {levels_by} need it")
    fitted = Thresholds.fit(attributes.values(), levels_by, map(groups.get, attributes))
    fitted.save(output_dir / THRESHOLDS_NAME)
    return fitted


def _levels(data_dir: Path, attributes: dict[str, Attributes], thresholds: Thresholds) -> dict[str, tuple[str, ...]]:
    groups = _groups(data_dir, thresholds.by)
    if thresholds.by is not None:
        pooled = sum(thresholds.takes_pooled(values, groups.get(utt)) for utt, values in attributes.items())
        logging.info(
            "%s: %d of %d utterances take pooled thresholds: their %s is unknown, new or has fewer than %d values",
            *(data_dir, pooled, len(attributes), thresholds.by, MIN_GROUP_VALUES),
        )
    return {utt: thresholds.levels(values, groups.get(utt)) for utt, values in attributes.items()}


def _groups(data_dir: Path, by: str | None) -> dict[str, str]:
    """Returns the group of each utterance whose group is known."""
    if by is None:
        return {}
    table = read_table_if_there(data_dir / GROUP_TABLES[by])
    if by != "sex":
        return table
    utt2spk = read_table_if_there(data_dir / "utt2spk")
    return {utt: table[speaker] for utt, speaker in utt2spk.items() if speaker in table}
