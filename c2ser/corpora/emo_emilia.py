"""Emo-Emilia, a test set out of Emilia: 1400 utterances in the wild, Chinese and English, 100 per emotion and language.

On disk: ``SOURCE_DIR/Emo-Emilia-ALL.jsonl`` and ``SOURCE_DIR/wav/<index>.wav``. The list is in the folder
``Emo-Emilia`` of the release; each line has index, emotion, wav and text. An index such as ``ZH_B00090_S00350_W000000``
begins with the language and Emilia's speaker.

In half of the fearful utterances, and few others, a word names the emotion, so that scores are divided by that: see
`c2ser.languages.lexical_cue`.

References:
    Zhao et al.: Steering Language Model to Stable Speech Emotion Recognition via Contextual Perception and Chain of
    Thought. 2025.
    He et al.: Emilia: An Extensive, Multilingual, and Diverse Speech Dataset for Large-Scale Speech Generation. SLT
    2024.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus
from c2ser.data.utterance import Utterance
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.languages.lexical_cue import lexical_cue

SITE = "https://github.com/zxzhao0/C2SER"
LIST = "Emo-Emilia-ALL.jsonl"
LANGUAGES = ("zh", "en")  # also the names of its sets
INDEX = re.compile(r"(?P<speaker>(?P<language>ZH|EN)_B\d+_S\d+)_W\d+")


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields Emo-Emilia's utterances, whose ids are those of Emilia.

    Args:
        source_dir: the folder that holds `LIST` and ``wav/``; whether each file exists is not checked.
        sets: languages of `LANGUAGES`; by default all.

    Raises:
        InputError: the list or the folder of audio is missing, or a line is not Emo-Emilia's.
    """
    path = source_dir / LIST
    for needed in (path, source_dir / "wav"):
        if not needed.exists():
            raise InputError(f"{needed}: not there; get Emo-Emilia from {SITE}: its list and, beside it, wav/")
    with open(path, encoding="utf-8-sig") as file:
        try:
            for number, line in enumerate(file, 1):
                utterance = _utterance(line, source_dir, f"{path}:{number}")
                if utterance.language in (sets or LANGUAGES):
                    yield utterance
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 ({error.reason}); get the list again from {SITE}") from None


def _utterance(line: str, source_dir: Path, where: str) -> Utterance:
    try:
        row = json.loads(line)
        index, emotion, text = row["index"], CORPUS.labels[row["emotion"]], " ".join(row["text"].split())
        name = INDEX.fullmatch(index)
        speaker, language = name["speaker"], name["language"].lower()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{where}: not a line of Emo-Emilia ({error!r}); get the list again from {SITE}") from None
    return Utterance(
        id=index,
        wav=source_dir / "wav" / f"{index}.wav",
        speaker=speaker,
        emotion=emotion,
        text=text or None,
        language=language,
        corpus="emo_emilia",
        lexical_cue=lexical_cue(text, emotion),
    )


CORPUS = Corpus(
    name="emo_emilia",
    title="Emo-Emilia, the test set of C²SER",
    paper="Zhao et al.: Steering Language Model to Stable Speech Emotion Recognition via Contextual Perception and "
    "Chain of Thought. 2025",
    licence="not stated; that of Emilia, CC BY-NC 4.0, holds for its audio",
    access="the list without registration, the audio with Emilia's terms",
    url=SITE,
    languages=LANGUAGES,
    labels={emotion: emotion for emotion in PAPER_EMOTIONS},
    read=read,
    sets=LANGUAGES,
    protocols={"official": 1},
    utterances=1400,
    num_speakers=1234,
)
