"""Attribute levels and the texts that the model learns to write."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from c2ser.acoustics.attributes import parse_attributes
from c2ser.acoustics.levels import MIN_GROUP_VALUES, Thresholds
from c2ser.data.columns import Row
from c2ser.data.data_dir import DataDir
from c2ser.data.names import (
    ATTRIBUTE_LEVELS,
    ATTRIBUTES,
    EXPLICIT,
    IMPLICIT,
    SPK2GENDER,
    UTT2CORPUS,
    UTT2EMO,
    UTT2SPK,
)
from c2ser.data.tables import table_writer
from c2ser.data.transcripts import LANGUAGES, TRANSCRIPTS, preferred
from c2ser.emotions import parse_emotion
from c2ser.errors import InputError
from c2ser.rationales.templates import explicit_target, implicit_target

logger = logging.getLogger(__name__)

THRESHOLDS_NAME = "attribute_thresholds.yaml"

# What thresholds can be grouped by, and the table that tells an utterance's or its speaker's group.
GROUP_TABLES = {"sex": SPK2GENDER, "speaker": UTT2SPK, "corpus": UTT2CORPUS}


def build_cot(
    data_dir: str | Path, output_dir: str | Path, *, thresholds: str | Path | None = None, levels_by: str | None = None
) -> int:
    """Writes ``attribute_levels`` of all utterances, and ``explicit`` and ``implicit`` of the labelled ones.

    The set is read twice, for the thresholds and for the targets; memory grows by 24 bytes per utterance.

    Args:
        data_dir: has ``attributes`` and, where known, ``utt2emo``, transcripts and languages
            (`c2ser.data.transcripts`). With ``thresholds`` no utterance needs a label: levels are measured, not named.
        output_dir: may be ``data_dir``.
        thresholds: the file that was written for the training set, which also says what thresholds are grouped by; None
            for the training set itself, whose attributes give the thresholds, saved as
            ``output_dir/attribute_thresholds.yaml``.
        levels_by: for the training set, one of `GROUP_TABLES`: fit thresholds to each group; None for the whole set.
            Utterances whose group is unknown, was not in the training set or had fewer than `MIN_GROUP_VALUES` (5)
            values of an attribute there use the pooled thresholds; the log counts them.

    Returns:
        The number of labelled utterances.

    Raises:
        InputError: no utterance of the training set is labelled, a label is unknown, a table is missing or lacks an
            utterance, or both ``thresholds`` and ``levels_by`` are given.

    Example:
        >>> build_cot("dump/train", "dump/train", levels_by="speaker")  # doctest: +SKIP
        >>> build_cot("dump/test", "dump/test", thresholds="dump/train/attribute_thresholds.yaml")  # doctest: +SKIP
    """
    data, output_dir = DataDir(data_dir), Path(output_dir)
    if not data.has(ATTRIBUTES):
        raise InputError(f"{data.table(ATTRIBUTES)}: no such file; extract_attributes makes it")
    if thresholds is None and all(emotion is None for _, emotion in data.iterate(optional=[UTT2EMO])):
        raise InputError(f"{data.table(UTT2EMO)}: no labelled utterance; the training set's targets need emotions")
    return _write_targets(data, output_dir, _thresholds(data, output_dir, thresholds, levels_by))


def _write_targets(data: DataDir, output_dir: Path, thresholds: Thresholds) -> int:
    num_labelled = num_pooled = 0
    groups = Groups(data, thresholds.by)
    rows = data.iterate(
        ATTRIBUTES,
        optional=[groups.table, UTT2EMO, *TRANSCRIPTS, *LANGUAGES],
        parsers={ATTRIBUTES: parse_attributes, UTT2EMO: parse_emotion},
    )
    names = (ATTRIBUTE_LEVELS, EXPLICIT, IMPLICIT)
    with ExitStack() as stack:
        levels, explicit, implicit = (stack.enter_context(table_writer(output_dir / name)) for name in names)
        for utt, attributes, value, emotion, text, text_asr, lang, lang_asr in _progress(rows, data, output_dir):
            group = groups.of(value)
            num_pooled += thresholds.takes_pooled(attributes, group)
            words = thresholds.levels(attributes, group)
            levels.write(utt, " ".join(words))
            if emotion is not None:
                num_labelled += 1
                language = preferred(lang, lang_asr)
                explicit.write(
                    utt, explicit_target(words, text=preferred(text, text_asr), emotion=emotion, language=language)
                )
                implicit.write(utt, implicit_target(emotion, language))
    if thresholds.by is not None:
        logger.info(
            "%s: %d of %d utterances take pooled thresholds: their %s is unknown, new or has fewer than %d values",
            *(data, num_pooled, len(data), thresholds.by, MIN_GROUP_VALUES),
        )
    return num_labelled


def _progress(rows: Iterator[Row], data: DataDir, output_dir: Path) -> Iterator[Row]:
    return tqdm(rows, total=len(data), desc=str(output_dir), unit="utt", mininterval=2, disable=None)


def _thresholds(data: DataDir, output_dir: Path, path: str | Path | None, levels_by: str | None) -> Thresholds:
    """Loads the training set's thresholds, or fits and saves them."""
    if path is not None:
        if levels_by is not None:
            raise InputError(f"{path}: says itself what its thresholds are grouped by; leave levels_by out")
        loaded = Thresholds.load(path)
        if loaded.by not in (None, *GROUP_TABLES):
            raise InputError(f"{path}: grouped by '{loaded.by}'; known are {', '.join(GROUP_TABLES)}")
        return loaded
    values = (values for _, values in data.iterate(ATTRIBUTES, parsers={ATTRIBUTES: parse_attributes}))
    groups = Groups(data, levels_by)
    fitted = Thresholds.fit(values, levels_by, groups=groups.of_all())
    fitted.save(output_dir / THRESHOLDS_NAME)
    return fitted


class Groups:
    """Groups of utterances that may have thresholds of their own.

    Args:
        data: has the table that tells the groups; where it has not, all are unknown.
        by: what they are grouped by, one of `GROUP_TABLES`; None for no groups.

    Attributes:
        table: whose values `of` takes.

    Example:
        >>> groups = Groups(DataDir("dump/test"), "speaker")  # doctest: +SKIP
        >>> groups.of("anna")  # doctest: +SKIP
        'anna'
    """

    def __init__(self, data: DataDir, by: str | None):
        self.table = UTT2CORPUS if by == "corpus" else UTT2SPK
        self._data, self._by = data, by
        self._genders = data.read_optional(SPK2GENDER) if by == "sex" else {}

    def of(self, value: str | None) -> str | None:
        """Returns the group of an utterance, None where it is unknown."""
        if self._by is None:
            return None
        return self._genders.get(value) if self._by == "sex" else value

    def of_all(self) -> Iterator[str | None]:
        """Yields the group of each utterance.

        Raises:
            InputError: all are unknown.
        """
        known = False
        for _, value in self._data.iterate(optional=[self.table]):
            group = self.of(value)
            known = known or group is not None
            yield group
        if self._by is not None and not known:
            path = self._data.table(GROUP_TABLES[self._by])
            raise InputError(f"{path}: missing or empty; levels by {self._by} need it")
