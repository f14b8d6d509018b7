"""EmoBox's balanced sets of the cross-corpus track: 240 utterances each of IEMOCAP, MELD, RAVDESS and SAVEE.

They are lists ``data/track2/<CORPUS>_selected_balenced.jsonl`` of a file's name, its label and its speaker; folders are
not those of the corpora. Two of MELD's rows are clips that MELD's tables do not have.

References:
    Ma et al.: EmoBox: Multilingual Multi-corpus Speech Emotion Recognition Toolkit and Benchmark. Interspeech 2024.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from c2ser.corpora.common.labels import find_label
from c2ser.data.data_dir import DataDir
from c2ser.data.names import UTT2EMO, UTT2SPK, WAV_SCP
from c2ser.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BalancedRow:
    """A row of a list.

    Attributes:
        wav: the file, in a folder that may be the speaker's or the label's.
        emotion: canonical name.
        speaker: as EmoBox calls the speaker.
    """

    wav: PurePosixPath
    emotion: str
    speaker: str


def balanced_list(emobox_dir: Path, corpus: str) -> Path:
    """Returns the list of a corpus in a copy of EmoBox.

    Raises:
        InputError: there is none.
    """
    path = emobox_dir / "data" / "track2" / f"{corpus.upper()}_selected_balenced.jsonl"
    if not path.is_file():
        raise InputError(f"{path}: no such file; the protocol balanced needs a whole copy of EmoBox (--emobox_dir)")
    return path


def read_balanced(path: Path) -> Iterator[BalancedRow]:
    """Yields the rows of a list.

    Raises:
        InputError: a line is not a row, or its label is not known.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        try:
            row = json.loads(line)
            wav, label, speaker = PurePosixPath(row["wav_filename"]), row["label"], str(row["speaker"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}:{number}: not a row with wav_filename, label and speaker ({error!r})") from None
        emotion = find_label(label, {})
        if emotion is None:
            raise InputError(f"{path}:{number}: unknown label '{label}'")
        yield BalancedRow(wav, emotion, speaker)


def find_balanced(path: Path, whole: DataDir) -> set[str]:
    """Finds the utterances of a list, by the names of their files, their emotions and, of several, their speakers.

    Args:
        path: the list.
        whole: all utterances of the corpus.

    Raises:
        InputError: none is found.
    """
    utterances = _by_name(whole)
    chosen: set[str] = set()
    missing, unclear = [], 0
    for row in read_balanced(path):
        near = next((utterances[name] for name in _names(row.wav) if name in utterances), {})
        same = [utt for utt, (emotion, _) in near.items() if emotion == row.emotion]
        of_speaker = [utt for utt in same if near[utt][1].casefold().endswith(row.speaker.casefold())]
        if not same:
            missing.append(str(row.wav))
            continue
        unclear += len(same) > 1 and len(of_speaker) != 1
        chosen.add((of_speaker or same)[0])
    if not chosen:
        raise InputError(f"{path}: none of its utterances is in {whole}; give the corpus that it is of")
    if missing:
        logger.warning("%s: %d utterances are not in %s: %s", path, len(missing), whole, ", ".join(missing[:3]))
    if unclear:
        logger.warning("%s: %d names are those of several utterances; the first is taken", path, unclear)
    return chosen


def _names(wav: PurePosixPath) -> tuple[str, ...]:
    """What a file is called where it is in a folder of its own kind, or in one with others."""
    return f"{wav.parent.name}/{wav.stem}", f"{wav.parent.name}_{wav.stem}", wav.stem


def _by_name(whole: DataDir) -> Mapping[str, dict[str, tuple[str | None, str]]]:
    """Name of a file, with and without its folder -> utterances, their emotion and speaker."""
    found: dict[str, dict[str, tuple[str | None, str]]] = defaultdict(dict)
    for utt, entry, speaker, emotion in whole.iterate(WAV_SCP, UTT2SPK, optional=[UTT2EMO]):
        wav = PurePosixPath(entry)
        for name in (f"{wav.parent.name}/{wav.stem}", wav.stem):
            found[name][utt] = emotion, speaker
    return dict(found)
