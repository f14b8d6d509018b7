"""Stage 6: attribute levels and the texts that the model learns to write."""

from pathlib import Path

from tqdm import tqdm

from c2ser.acoustics.attributes import Attributes, read_attributes
from c2ser.acoustics.levels import Thresholds
from c2ser.cot.templates import explicit_target, implicit_target
from c2ser.data.tables import read_table_if_there, write_table
from c2ser.data.transcripts import read_languages, read_texts
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError

THRESHOLDS_NAME = "attribute_thresholds.yaml"


def build_cot(data_dir: str | Path, output_dir: str | Path, thresholds: str | Path | None = None) -> int:
    """Writes ``attribute_levels`` of all utterances, and ``explicit`` and ``implicit`` of the labelled ones.

    Args:
        data_dir: has ``attributes`` and ``utt2emo`` and, where known, transcripts and languages
            (`c2ser.data.transcripts`).
        output_dir: may be ``data_dir``.
        thresholds: the file that the training set's call wrote; None for the training set itself, whose attributes give
            the thresholds, saved as ``output_dir/attribute_thresholds.yaml``.

    Returns:
        The number of labelled utterances.

    Raises:
        InputError: no utterance is labelled, a label is unknown, a table is missing or lacks an utterance.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    attributes = _stage_2_attributes(data_dir)
    labels = _labels(data_dir, attributes)
    if thresholds is None:
        fitted = Thresholds.fit(attributes.values())
        fitted.save(output_dir / THRESHOLDS_NAME)
    else:
        fitted = Thresholds.load(thresholds)
    levels = {utt: fitted.levels(values) for utt, values in attributes.items()}
    texts, languages = read_texts(data_dir), read_languages(data_dir)
    explicit, implicit = {}, {}
    for utt, emotion in tqdm(labels.items(), desc=str(output_dir), unit="utt", disable=None):
        language = languages.get(utt)
        explicit[utt] = explicit_target(utt, levels[utt], texts.get(utt), emotion, language)
        implicit[utt] = implicit_target(emotion, language)
    write_table(output_dir / "attribute_levels", {utt: " ".join(words) for utt, words in levels.items()})
    write_table(output_dir / "explicit", explicit)
    write_table(output_dir / "implicit", implicit)
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
    for utt, emotion in labels.items():
        if emotion not in EMOTIONS:
            raise InputError(f"{path}: '{utt}': unknown emotion '{emotion}'; known are {', '.join(EMOTIONS)}")
        if utt not in attributes:
            raise InputError(f"{data_dir / 'attributes'}: '{utt}' of utt2emo is missing; run stage 2 again")
    return labels
