"""EMOVO, acted Italian: 588 utterances of six actors, 14 sentences that each says in seven ways.

On disk: ``<speaker>/<emotion>-<speaker>-<sentence>.wav`` such as ``f1/gio-f1-b1.wav``, the emotion by three letters of
its Italian name. Files are 48 kHz and, in most copies, stereo.

References:
    Costantini, Iaderola, Paoloni, Todisco: EMOVO Corpus: an Italian Emotional Speech Database. LREC 2014.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields EMOVO's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="emovo",
    title="EMOVO Corpus",
    paper="Costantini, Iaderola, Paoloni, Todisco: EMOVO Corpus: an Italian Emotional Speech Database. LREC 2014",
    licence="not stated",
    access="download without registration; its site is often down",
    url="",
    languages=("it",),
    labels={
        "neu": "neutral",
        "dis": "disgusted",
        "gio": "happy",
        "pau": "fearful",
        "rab": "angry",
        "sor": "surprised",
        "tri": "sad",
    },
    read=read,
    speakers={
        "f1": Speaker("f", 28),
        "f2": Speaker("f", 23),
        "f3": Speaker("f", 25),
        "m1": Speaker("m", 30),
        "m2": Speaker("m", 27),
        "m3": Speaker("m", 30),
    },
    transcripts={
        "b1": "Gli operai si alzano presto.",
        "b2": "I vigili sono muniti di pistola.",
        "b3": "La cascata fa molto rumore.",
        "l1": "L'autunno prossimo Tony partirà per la Spagna: nella prima metà di ottobre.",
        "l2": "Ora prendo la felpa di là ed esco per fare una passeggiata.",
        "l3": "Un attimo dopo s'è incamminato... ed è inciampato.",
        "l4": "Vorrei il numero telefonico del Signor Piatti.",
        "n1": "La casa forte vuole col pane.",
        "n2": "La forza trova il passo e l'aglio rosso.",
        "n3": "Il gatto sta scorrendo nella pera.",
        "n4": "Insalata pastasciutta coscia d'agnello limoncello.",
        "n5": "Uno quarantatré dieci mille cinquantasette venti.",
        "d1": "Sabato sera cosa farà?",
        "d2": "Porti con te quella cosa?",
    },
    protocols={"loso": 6, "emobox": 6},
    layouts=(
        Layout(
            r"(?P<label>neu|dis|gio|pau|rab|sor|tri)-(?P<speaker>[fm][123])-(?P<sentence>b[123]|l[1-4]|n[1-5]|d[12])\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>-\g<sentence>",
            text=r"\g<sentence>",
        ),
    ),
    example="f1/gio-f1-b1.wav",
    utterances=588,
    hours=0.5,
    num_speakers=6,
)
