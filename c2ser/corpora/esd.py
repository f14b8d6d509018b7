"""ESD, for emotional voice conversion: 35 000 utterances, ten speakers each of Mandarin and English.

Each speaker says 350 sentences with five emotions. On disk: ``<speaker>/<Emotion>/<speaker>_<number>.wav``, in some
copies with ``train``, ``evaluation`` and ``test`` below the emotion, and transcripts in ``<speaker>/<speaker>.txt``,
whose lines are id, text and emotion. These files are in GB2312, UTF-16, ASCII and Latin 1, some have spaces for tabs,
some emotions in Chinese, and a few lines are broken. Here the emotion is that of the folder; lines that disagree or
cannot be read are counted in the log. Sexes are those of the corpus's ReadMe.

References:
    Zhou, Sisman, Liu, Li: Emotional Voice Conversion: Theory, Databases and ESD. Speech Communication 137, 2022.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from c2ser.corpora.common.annotations import read_text
from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

logger = logging.getLogger(__name__)

SITE = "https://github.com/HLTSingapore/Emotional-Speech-Data"
CHINESE = {"中立": "neutral", "快乐": "happy", "伤心": "sad", "生气": "angry", "惊喜": "surprised"}
FALLBACKS = {"zh": ("gb18030",), "en": ("gb2312", "cp1252")}
LINE = re.compile(r"(?P<id>\d{4}_\d{6})\s+(?P<text>\S.*?)\s+(?P<label>\S+)")


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields ESD's utterances; see `read_named_files`.

    Raises:
        InputError: as `read_named_files`, or a file of transcripts is in none of these encodings.
    """
    transcripts = _Transcripts()
    for found in read_named_files(CORPUS, source_dir):
        yield replace(found, text=transcripts.text(found)) if isinstance(found, Utterance) else found
    transcripts.report()


class _Transcripts:
    """Reads the transcripts of one speaker at a time."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.lines: dict[str, tuple[str, str]] = {}
        self.differ: list[str] = []  # utterances whose line has another emotion than their folder

    def text(self, utterance: Utterance) -> str | None:
        name = utterance.wav.stem
        speaker = name[:4]
        folder = next((folder for folder in utterance.wav.parents if folder.name == speaker), utterance.wav.parent)
        path = folder / f"{speaker}.txt"
        if path != self.path:
            self.report()
            self.path = path
            self.lines = _read_transcripts(path, utterance.language) if path.is_file() else {}
            if not self.lines:
                logger.warning("%s: no transcripts; get them from %s", path, SITE)
        text, emotion = self.lines.get(name, (None, utterance.emotion))
        if emotion != utterance.emotion:
            self.differ.append(name)
        return text

    def report(self) -> None:
        """Logs in how many utterances of a speaker folder and line disagree."""
        if self.differ:
            message = "%s: %d utterances have another emotion there than by their folder, which counts: %s"
            logger.warning(message, self.path, len(self.differ), _first(self.differ))
        self.differ = []


def _read_transcripts(path: Path, language: str) -> dict[str, tuple[str, str]]:
    """Reads utterance -> its text and its emotion."""
    lines: dict[str, tuple[str, str]] = {}
    labels = {label.casefold(): emotion for label, emotion in (CORPUS.labels | CHINESE).items()}
    broken = []
    for number, line in enumerate(read_text(path, *FALLBACKS[language], site=SITE).splitlines(), 1):
        found = LINE.fullmatch(line.strip("\ufeff \t\r"))
        emotion = labels.get(found["label"].casefold()) if found else None
        if emotion is not None:
            lines[found["id"]] = (found["text"], emotion)
        elif line.strip():
            broken.append(str(number))
    if broken:
        message = "%s: %d lines are not id, text, emotion, so no text: %s"
        logger.warning(message, path, len(broken), _first(broken))
    return lines


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


MEN = {4, 5, 6, 8, 10, 11, 12, 13, 14, 20}
LABEL = r"(?P<label>Neutral|Angry|Happy|Sad|Surprise)"

CORPUS = Corpus(
    name="esd",
    title="Emotional Speech Database (ESD)",
    paper=(
        "Zhou, Sisman, Liu, Li: Emotional Voice Conversion: Theory, Databases and ESD. Speech Communication 137, 2022"
    ),
    licence="research only",
    access="signed form",
    url=SITE,
    languages=("zh", "en"),
    labels={"Neutral": "neutral", "Angry": "angry", "Happy": "happy", "Sad": "sad", "Surprise": "surprised"},
    read=read,
    speakers={f"{number:04}": Speaker("m" if number in MEN else "f") for number in range(1, 21)},
    protocols={"loso": 20, "emobox": 5},
    layouts=tuple(
        Layout(
            rf"{LABEL}/(?:[^/]+/)?(?P<speaker>{numbers})_(?P<number>\d{{6}})\.\w+$",
            speaker=r"\g<speaker>",
            language=language,
            name=r"\g<number>",
        )
        for numbers, language in (("00(?:0[1-9]|10)", "zh"), ("00(?:1[1-9]|20)", "en"))
    ),
    example="0001/Neutral/0001_000001.wav",
    utterances=35000,
    hours=29.1,
    num_speakers=20,
)
