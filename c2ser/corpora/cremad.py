"""CREMA-D, acted American English: 7 442 utterances of 91 actors, 12 sentences, six emotions.

On disk: ``AudioWAV/<speaker>_<sentence>_<emotion>_<intensity>.wav`` such as ``1001_IEO_ANG_HI.wav``; ``AudioMP3``, the
same in MP3, is left out. The repository keeps audio in Git LFS: a zip of its site has only pointers, which are refused.
``1076_MTI_SAD_XX.wav`` is silence. Emotions are those that actors were asked for. All speak the same sentences, so that
a division must be by speakers. Sexes and ages are those of the repository's ``VideoDemographics.csv`` (ODbL 1.0).

References:
    Cao, Cooper, Keutmann, Gur, Nenkova, Verma: CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset. IEEE
    Transactions on Affective Computing 5(4), 2014.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.corpora.common.votes import read_cremad_votes
from c2ser.data.utterance import Utterance

# Of the actors from `FIRST` on.
FIRST = 1001
SEXES_AND_AGES = (
    "m51 f21 f21 f42 m29 f58 f38 f46 f24 f27 m32 f23 f22 m24 m32 m61 m42 f25 m29 f61 f30 m22 m22 f59 f48 m33 m44 f57"
    " f33 f42 m31 m30 m31 m74 m48 m49 f45 m21 m51 m42 m42 m37 f25 m40 m22 f22 f22 m38 f25 m62 m56 f33 f35 f36 f57 f52"
    " m25 f36 m21 f28 f51 m56 f33 m53 m38 m25 m66 m34 m27 m25 m41 f33 f24 f31 f40 f25 m20 f21 f21 m21 m30 f20 m45 f46"
    " m34 m33 m62 m23 f24 m50 f29"
)


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields CREMA-D's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="cremad",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    paper=(
        "Cao, Cooper, Keutmann, Gur, Nenkova, Verma: CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset. IEEE "
        "Transactions on Affective Computing 5(4), 2014"
    ),
    licence="ODbL 1.0",
    access="download without registration, with Git LFS",
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    languages=("en",),
    labels={
        "ANG": "angry",
        "DIS": "disgusted",
        "FEA": "fearful",
        "HAP": "happy",
        "NEU": "neutral",
        "SAD": "sad",
    },
    read=read,
    votes=read_cremad_votes,
    speakers={
        str(number): Speaker(known[0], int(known[1:])) for number, known in enumerate(SEXES_AND_AGES.split(), FIRST)
    },
    transcripts={
        "IEO": "It's eleven o'clock.",
        "TIE": "That is exactly what happened.",
        "IOM": "I'm on my way to the meeting.",
        "IWW": "I wonder what this is about.",
        "TAI": "The airplane is almost full.",
        "MTI": "Maybe tomorrow it will be cold.",
        "IWL": "I would like a new alarm clock.",
        "ITH": "I think I have a doctor's appointment.",
        "DFA": "Don't forget a jacket.",
        "ITS": "I think I've seen this before.",
        "TSI": "The surface is slick.",
        "WSI": "We'll stop in a couple of minutes.",
    },
    protocols={"loso": 91, "emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(r"/AudioMP3/[^/]+$", left_out="copies in MP3"),
        Layout(
            r"(?P<speaker>1\d{3})_(?P<sentence>[A-Z]{3})_(?P<label>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX?)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<sentence>_\g<label>_\g<level>",
            text=r"\g<sentence>",
        ),
    ),
    example="AudioWAV/1001_IEO_ANG_HI.wav",
    utterances=7442,
    hours=5.3,
    num_speakers=91,
)
