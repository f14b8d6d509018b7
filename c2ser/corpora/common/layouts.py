"""What a path tells, by the layouts of its corpus."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from c2ser.corpora.common.corpus import Corpus, Layout


@dataclass(frozen=True)
class Facts:
    """What a path tells; what it does not is None.

    Attributes:
        layout: the layout that fits it.
        name: the utterance's name, unique among those of its speaker.
        speaker: the speaker's name in the corpus.
        label: the corpus's own label.
        sex: ``m`` or ``f``.
        age: in years.
        language: ISO 639-1.
        text: the transcript.
    """

    layout: Layout
    name: str
    speaker: str | None = None
    label: str | None = None
    sex: str | None = None
    age: int | None = None
    language: str | None = None
    text: str | None = None


def read_path(path: PurePath, corpus: Corpus) -> Facts | None:
    """Reads a path by the first layout of a corpus that fits.

    Args:
        path: of an audio file.
        corpus: what has the layouts, the transcripts and what is known of speakers.

    Returns:
        The facts, or None where no layout fits.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> read_path(PurePath("casia/wangzhe/fear/201.wav"), get_corpus("casia")).speaker
        'wangzhe'
    """
    fits = ((layout, re.search(layout.pattern, path.as_posix())) for layout in corpus.layouts)
    layout, found = next(((layout, found) for layout, found in fits if found), (None, None))
    if layout is None or found is None:
        return None

    def expand(template: str | None) -> str | None:
        return None if template is None else found.expand(template)

    groups, speaker, text = found.groupdict(), expand(layout.speaker), expand(layout.text)
    known = corpus.speakers.get(speaker or "")
    language = corpus.languages[0] if len(corpus.languages) == 1 else None
    return Facts(
        layout,
        name=_id(expand(layout.name) or path.stem),
        speaker=speaker,
        label=groups.get("label"),
        sex=layout.sex or (groups.get("sex") or "").lower() or (known and known.sex),
        age=known and known.age,
        language=layout.language or language,
        text=None if text is None else corpus.transcripts.get(text, text),
    )


def _id(text: str) -> str:
    return re.sub(r"\s+", "_", text)
