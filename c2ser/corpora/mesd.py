"""MESD, single words of Mexican Spanish: 862 utterances of women, men and children, six emotions.

On disk: ``<emotion>_<F, M or C for child>_<A or B>_<word>.wav``, where A and B are lists of words, one for all emotions
and one for each. Eleven voices spoke them, but names tell their kind only. Here a kind counts as one speaker, so that a
division by speakers never has a voice on both sides. Words are written without accents in the names of files.

References:
    Duville, Alonso-Valerdi, Ibarra-Zarate: The Mexican Emotional Speech Database (MESD): elaboration and assessment
    based on machine learning. EMBC 2021.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

# Words that names of files have without their accents.
ACCENTED = (
    "acuático adiós afición aglomeración aguijón alegría araña artículo átomo bebé botón catástrofe celebración cirugía"
    " cómico coordinación creído dañino delfín detrás engañado ensueño espléndido estación explosión fantástico húmedo"
    " humillación huracán malévolo mecánico náusea operación puñalada rápido relajación respiración satisfacción sí"
    " traición"
)
PHRASES = ("basta ya", "de nada", "lento dentro", "por favor")


def plain(words: str, space: str = " ") -> str:
    """Returns words as names of files have them.

    Example:
        >>> plain("araña"), plain("por favor", "_")
        ('arana', 'por_favor')
    """
    letters = unicodedata.normalize("NFD", words.replace(" ", space))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields MESD's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="mesd",
    title="Mexican Emotional Speech Database (MESD)",
    paper=(
        "Duville, Alonso-Valerdi, Ibarra-Zarate: The Mexican Emotional Speech Database (MESD): "
        "elaboration and assessment based on machine learning. EMBC 2021"
    ),
    licence="CC BY 4.0",
    access="download without registration",
    url="https://data.mendeley.com/datasets/cy34mh68j9",
    languages=("es",),
    labels={
        "Anger": "angry",
        "Sadness": "sad",
        "Disgust": "disgusted",
        "Fear": "fearful",
        "Neutral": "neutral",
        "Happiness": "happy",
    },
    read=read,
    speakers={"F": Speaker("f"), "M": Speaker("m"), "C": Speaker()},
    transcripts={plain(word): word for word in ACCENTED.split()} | {plain(words, "_"): words for words in PHRASES},
    protocols={"emobox": 1, "speaker_folds": 3},
    layouts=(
        Layout(
            r"(?P<label>Anger|Disgust|Fear|Happiness|Neutral|Sadness)_(?P<speaker>[FMC])_(?P<list>[AB])_(?P<word>[^/.]+)"
            r"\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>_\g<list>_\g<word>",
            text=r"\g<word>",
        ),
    ),
    example="Anger_F_A_tarde.wav",
    utterances=862,
    hours=0.2,
    num_speakers=11,
    speakers_known=False,
)
