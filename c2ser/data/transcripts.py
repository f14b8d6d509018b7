"""What was said and in which language: the corpus's own tables, and a recogniser's where they have no line."""

from pathlib import Path
from typing import TypeVar

from c2ser.data.names import TEXT, TEXT_ASR, UTT2LANG, UTT2LANG_ASR
from c2ser.data.tables import read_table_if_there

TRANSCRIPTS = (TEXT, TEXT_ASR)
LANGUAGES = (UTT2LANG, UTT2LANG_ASR)

Value = TypeVar("Value")


def read_texts(data_dir: str | Path) -> dict[str, str]:
    """Reads the transcripts of a data directory: ``text``, and ``text_asr`` for utterances without a line there.

    Args:
        data_dir: the data directory.

    Returns:
        Utterance -> transcript, of the utterances that have one; empty where there is neither table.

    Raises:
        InputError: a table is faulty.
    """
    return _read_preferred(Path(data_dir), *TRANSCRIPTS)


def read_languages(data_dir: str | Path) -> dict[str, str]:
    """Reads the languages (ISO 639-1) of a data directory: ``utt2lang``, and ``utt2lang_asr`` where that has no line.

    Args:
        data_dir: the data directory.

    Returns:
        Utterance -> language, of the utterances whose language is known; empty where there is neither table.

    Raises:
        InputError: a table is faulty.
    """
    return _read_preferred(Path(data_dir), *LANGUAGES)


def preferred(reference: Value | None, recognised: Value | None) -> Value | None:
    """Returns the corpus's own value, or the recogniser's where that is None.

    Example:
        >>> for utt, *texts in DataDir("data/train").iterate(optional=TRANSCRIPTS):  # doctest: +SKIP
        ...     print(utt, preferred(*texts))
    """
    return recognised if reference is None else reference


def _read_preferred(data_dir: Path, reference: str, recognised: str) -> dict[str, str]:
    return read_table_if_there(data_dir / recognised) | read_table_if_there(data_dir / reference)
