"""What was said and in which language: the corpus's own tables, and a recogniser's where they have no line."""

from pathlib import Path

from c2ser.data.tables import read_table_if_there


def read_texts(data_dir: str | Path) -> dict[str, str]:
    """Reads the transcripts of a data directory: ``text``, and ``text_asr`` for utterances without a line there.

    Returns:
        utterance -> transcript, of the utterances that have one; empty where there is neither table.

    Raises:
        InputError: a table is faulty.
    """
    return _reference_else_recognised(Path(data_dir), "text")


def read_languages(data_dir: str | Path) -> dict[str, str]:
    """Reads the languages (ISO 639-1) of a data directory: ``utt2lang``, and ``utt2lang_asr`` where that has no line.

    Returns:
        utterance -> language, of the utterances whose language is known; empty where there is neither table.

    Raises:
        InputError: a table is faulty.
    """
    return _reference_else_recognised(Path(data_dir), "utt2lang")


def _reference_else_recognised(data_dir: Path, name: str) -> dict[str, str]:
    table = read_table_if_there(data_dir / f"{name}_asr")
    table.update(read_table_if_there(data_dir / name))
    return table
