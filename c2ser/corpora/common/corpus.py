"""What c2ser knows of a corpus, as one object."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from c2ser.data.utterance import Utterance
from c2ser.emotions import EMOTIONS


@dataclass(frozen=True)
class Archive:
    """A zip file that anyone may download.

    Attributes:
        url: where it is.
        folder: its top folder that is wanted.
        sha256: its checksum, in hexadecimal digits; None where it is not known.
        bytes: its size; None where it is not known.
    """

    url: str
    folder: str
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Speaker:
    """What is known of a speaker.

    Attributes:
        sex: ``m`` or ``f``.
        age: in years, at the time of recording.
    """

    sex: str | None = None
    age: int | None = None


@dataclass(frozen=True)
class Layout:
    """What the paths of a corpus tell.

    Attributes:
        pattern: a regular expression that is searched for in a path; a group ``sex`` has the speaker's sex.
        speaker: the speaker's id as a template of the pattern's groups; None where paths do not tell the speaker.
        language: ISO 639-1, where it depends on the path.
        sex: ``m`` or ``f``, where it is that of all speakers whose paths the pattern fits.
    """

    pattern: str
    speaker: str | None = None
    language: str | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a copy of a corpus is, for corpora that differ from copy to copy.

    Attributes:
        folder: the folder, or the file that lists the audio.
        database: the name of a published database.
        version: of the database; None for the latest.
        column: ``TABLE.COLUMN`` that has the emotions; None where the names tell it.
    """

    folder: Path
    database: str | None = None
    version: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Corpus:
    """A corpus: where it comes from, what its labels mean, how it is read and divided.

    Attributes:
        name: its name in c2ser, which is EmoBox's where EmoBox has it.
        title: its full name.
        paper: what to cite.
        licence: under which terms it may be used, as far as they are known.
        access: how one gets it, and what it costs.
        url: its site.
        languages: ISO 639-1.
        labels: the corpus's own labels -> canonical names (`c2ser.emotions.EMOTIONS`), or None for labels that are left
            out on purpose. Empty where the labels are English words.
        read: yields the utterances below a folder, of the sets named or else of all; None where c2ser reads the corpus
            only by means of EmoBox's metadata.
        archive: the download, where there is a public one.
        sets: names of its sets, of a corpus that comes divided.
        speakers: speaker -> what is known of them.
        transcripts: code of a sentence -> the sentence, of a corpus of fixed sentences.
        protocols: the ways in which it is divided -> how many folds each has: ``official`` (its own sets), ``loso``
            (one speaker is left out at a time) and ``emobox`` (EmoBox's folds).
        layouts: what its paths in EmoBox's metadata tell; the first whose pattern is found counts.
        utterance: reads a file's name, where the name tells all.
        open: finds out how a copy is laid out, where copies differ, and returns the corpus with what holds of this one:
            ``read``, ``sets`` and ``protocols``. None where all copies are alike.
        utterances: their number, in EmoBox's metadata where EmoBox has the corpus; None where it is not known.
        hours: the length of all of them together; None where it is not known.
        num_speakers: the number of its speakers; None where it is not known.
        speakers_known: it tells who speaks. Where it does not, an utterance's speaker has the utterance's id, and
            nobody can say whether two sets share speakers.

    Example:
        >>> from c2ser.corpora import get_corpus
        >>> get_corpus("emodb").emotions
        ('angry', 'happy', 'neutral', 'sad', 'disgusted', 'fearful', 'bored')
    """

    name: str
    title: str
    paper: str
    licence: str
    access: str
    url: str
    languages: tuple[str, ...]
    labels: Mapping[str, str | None] = field(default_factory=dict)
    read: Callable[..., Iterator[Utterance]] | None = None
    archive: Archive | None = None
    sets: tuple[str, ...] = ()
    speakers: Mapping[str, Speaker] = field(default_factory=dict)
    transcripts: Mapping[str, str] = field(default_factory=dict)
    protocols: Mapping[str, int] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()
    utterance: Callable[[Path], Utterance] | None = None
    open: "Callable[[Source], Corpus] | None" = None
    utterances: int | None = None
    hours: float | None = None
    num_speakers: int | None = None
    speakers_known: bool = True

    @property
    def emotions(self) -> tuple[str, ...]:
        """The canonical names of its labels, in the vocabulary's order."""
        named = set(self.labels.values())
        return tuple(emotion for emotion in EMOTIONS if emotion in named)
