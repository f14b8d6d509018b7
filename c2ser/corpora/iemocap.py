"""IEMOCAP, dyads of ten actors, English, scripted and improvised: 10 039 utterances in five sessions.

On disk, ``IEMOCAP_full_release/Session<n>/``: labels in ``dialog/EmoEvaluation/<dialogue>.txt``, transcripts in
``dialog/transcriptions/<dialogue>.txt``, audio in ``sentences/wav/<dialogue>/<utterance>.wav``. In
``Ses01F_impro04_M007`` the first letter (F) tells who wore the markers, the last one (M) who speaks. Utterances of
which listeners said something else (oth) or did not agree (xxx) are left out. Excited (exc) is an emotion of its own;
in EmoBox it is happy. Sessions are the usual folds: no speaker is in two of them, but scripted sentences are.

References:
    Busso et al.: IEMOCAP: Interactive emotional dyadic motion capture database. Language Resources and Evaluation 42,
    2008.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.annotations import read_text
from c2ser.corpora.common.corpus import Corpus, Layout
from c2ser.corpora.common.labels import LabelCounts, find_label
from c2ser.corpora.common.votes import read_iemocap_votes
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SITE = "https://sail.usc.edu/iemocap/"
LABELLED = re.compile(r"\[[\d.]+ - [\d.]+\]\s+(Ses\d\d[FM]_\w+)\s+([a-z]{3})\s+\[")
SPOKEN = re.compile(r"^(Ses\d\d[FM]_\w+)[ \t]*\[[\d.]+-[\d.]+\]:[ \t]*(.*)", re.MULTILINE)
SOUND = re.compile(r"\[[A-Z _]+\]")  # such as [LAUGHTER] in a transcript
SPEAKER = re.compile(r"(?P<session>Ses\d\d)[FM]_.*_(?P<sex>[FM])\w+")


def read(source_dir: Path) -> Iterator[Utterance]:
    """Yields IEMOCAP's utterances of all sessions.

    Args:
        source_dir: the folder that holds ``Session1``, or one above it.

    Raises:
        InputError: there are no labels, or a file of them has none.
    """
    labels = LabelCounts()
    for path in _evaluations(source_dir):
        session = path.parents[2]
        spoken = dict(SPOKEN.findall(_transcript(session, path.name)))
        found = LABELLED.findall(read_text(path, "cp1252", site=SITE))
        if not found:
            raise InputError(f"{path}: no line such as '[1.0 - 2.0] Ses01F_impro01_F000 neu [..]'; get it from {SITE}")
        for name, label in found:
            emotion = find_label(label, CORPUS.labels)
            labels.add(label, emotion)
            if emotion is not None:
                wav = session / "sentences" / "wav" / path.stem / f"{name}.wav"
                yield _utterance(name, wav, emotion, spoken.get(name))
    logger.info(
        "%s: left out %d of %d utterances: %s", source_dir, labels.left_out, labels.total, labels.left_out_labels()
    )


def _evaluations(source_dir: Path) -> list[Path]:
    """Returns the files of labels; those of single listeners are in folders below."""
    paths = sorted(source_dir.glob("**/Session[1-5]/dialog/EmoEvaluation/Ses*.txt"))
    if not paths and source_dir.name.startswith("Session"):
        paths = sorted(source_dir.glob("dialog/EmoEvaluation/Ses*.txt"))
    if not paths:
        raise InputError(f"{source_dir}: no Session1/dialog/EmoEvaluation/Ses*.txt; get IEMOCAP from {SITE}")
    return paths


def _transcript(session: Path, name: str) -> str:
    path = session / "dialog" / "transcriptions" / name
    if not path.is_file():
        logger.warning("%s: no such file, so no transcripts of this dialogue", path)
        return ""
    return read_text(path, "cp1252", site=SITE)


def _utterance(name: str, wav: Path, emotion: str, text: str | None) -> Utterance:
    found = SPEAKER.fullmatch(name)
    speaker = f"iemocap_{found['session']}{found['sex']}"
    return Utterance(
        id=f"{speaker}-{name}",
        wav=wav,
        speaker=speaker,
        emotion=emotion,
        text=SOUND.sub(" ", text or "").strip() or None,
        language="en",
        gender=found["sex"].lower(),
        corpus="iemocap",
    )


CORPUS = Corpus(
    name="iemocap",
    title="Interactive Emotional Dyadic Motion Capture Database (IEMOCAP)",
    paper=(
        "Busso et al.: IEMOCAP: Interactive emotional dyadic motion capture database. Language Resources "
        "and Evaluation 42, 2008"
    ),
    licence="research only",
    access="signed form",
    url=SITE,
    languages=("en",),
    labels={
        "neu": "neutral",
        "hap": "happy",
        "exc": "excited",
        "ang": "angry",
        "sad": "sad",
        "fru": "frustrated",
        "sur": "surprised",
        "fea": "fearful",
        "dis": "disgusted",
        "oth": None,
        "xxx": None,
    },
    read=read,
    votes=read_iemocap_votes,
    protocols={"session": 5, "loso": 10, "emobox": 5, "balanced": 1},
    layouts=(Layout(r"(?P<session>Ses\d\d)[FM]_[^/]*_(?P<sex>[FM])\w+\.\w+$", speaker=r"\g<session>\g<sex>"),),
    session=lambda speaker: speaker[:-1],
    utterances=5531,
    hours=7.0,
    num_speakers=10,
)
