"""What c2ser knows of a corpus, as one object."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from c2ser.data.utterance import Utterance
from c2ser.data.votes import Votes
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


class Unusable(NamedTuple):
    """A file of a corpus that cannot be used: a preparation stops there, or leaves it out where it may.

    Attributes:
        name: one word that stands for it in the table of what was skipped.
        reason: what, where, what to do, in one line.

    Example:
        >>> Unusable("a.wav", "corpus/a.wav: not a file name of EmoDB; move it elsewhere").name
        'a.wav'
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Layout:
    r"""What the paths of a corpus tell.

    Templates are those of `re.Match.expand`, such as ``\g<speaker>``, or constants.

    Attributes:
        pattern: a regular expression that is searched for in a path. A group ``label`` has the corpus's own label, a
            group ``sex`` the speaker's sex (f, m).
        speaker: template of the speaker's name; None where paths do not tell the speaker.
        language: ISO 639-1, where it depends on the path.
        sex: of the speaker, where the pattern as a whole tells it.
        name: template of the utterance's name, which is unique among those of its speaker; the file's stem by default.
        text: template of the transcript, or of its code in `Corpus.transcripts`.
        left_out: what such files are, where they are no utterances of the corpus, such as songs.

    Example:
        >>> Layout(r"(?P<speaker>[a-z]+)_(?P<label>happy|sad)_\d+\.wav$", speaker=r"\g<speaker>").name is None
        True
    """

    pattern: str
    speaker: str | None = None
    language: str | None = None
    sex: str | None = None
    name: str | None = None
    text: str | None = None
    left_out: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a copy of a corpus is, for corpora that differ from copy to copy.

    Attributes:
        folder: the folder, or the file that lists the audio.
        database: the name of a published database.
        version: of the database; None for the latest.
        column: ``TABLE.COLUMN`` that has the emotions; None where the names tell it.
        words: what labels mean that are not English words (`c2ser.data.label_maps.LabelMap.words`).
    """

    folder: Path
    database: str | None = None
    version: str | None = None
    column: str | None = None
    words: Mapping[str, str | None] = field(default_factory=dict)


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
        words: the labels of this copy as it writes them, of a corpus whose labels are those of its user.
        read: yields the utterances below a folder, of the sets named or else of all, and `Unusable` for files that
            cannot be used; None where c2ser reads the corpus only by means of EmoBox's metadata.
        archive: the download, where there is a public one.
        sets: names of its sets, of a corpus that comes divided.
        speakers: speaker -> what is known of them.
        transcripts: code of a sentence -> the sentence, of a corpus of fixed sentences.
        protocols: the ways in which it is divided -> how many folds each has: ``official`` (its own sets), ``loso``
            (one speaker is left out at a time), ``session`` (one recording session), ``emobox`` (EmoBox's folds),
            ``balanced`` (EmoBox's balanced set as test) and ``speaker_folds`` (ours, see
            `c2ser.corpora.common.speaker_folds`).
        votes: reads the listeners' votes below its folder: name of an audio file, without its suffix -> emotion ->
            count; None where it publishes none.
        layouts: what its paths tell, those of its owners' copy and of EmoBox's metadata; the first whose pattern is
            found counts.
        example: a path of its owners' copy, of a corpus whose paths tell all.
        session: the recording session of a speaker, of a corpus that has the protocol ``session``.
        utterance: reads a file's name, where the name tells all and ids are the names of files.
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
    words: frozenset[str] = frozenset()
    read: Callable[..., Iterator[Utterance | Unusable]] | None = None
    archive: Archive | None = None
    sets: tuple[str, ...] = ()
    speakers: Mapping[str, Speaker] = field(default_factory=dict)
    transcripts: Mapping[str, str] = field(default_factory=dict)
    protocols: Mapping[str, int] = field(default_factory=dict)
    votes: Callable[[Path], Mapping[str, Votes]] | None = None
    layouts: tuple[Layout, ...] = ()
    example: str = ""
    session: Callable[[str], str] | None = None
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
