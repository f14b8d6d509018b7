"""ASED, acted Amharic: 2 474 utterances of 65 speakers, 27 sentences, five emotions.

On disk: ``<01Neutral to 05Angry>/<emotion>-<sentence>-<repetition>-<sex>-<speaker>.wav`` such as
``a5-03-01-02-50.wav``; emotions are n1, f2, h3, s4 (some S4) and a5, sexes 01 (women) and 02 (men). Eight files of
speakers 09, 15, 21, 23 and 25 have another sex than their others; a speaker's sex is that of most files, which gives 25
women as in the README. What the sentences are is not part of the corpus.

Of the 27 sentences 25 belong to one emotion each, five to each emotion, and only two are spoken with all. The words
tell the emotion, then, also of speakers that are apart: an encoder that hears words can know it without the voice.

References:
    Retta, Almekhlafi, Sutcliffe, Mhamed, Ali, Feng: A New Amharic Speech Emotion Dataset and Classification Benchmark.
    ACM Transactions on Asian and Low-Resource Language Information Processing 22(1), 2023.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

WOMEN = (*range(1, 39, 2), 43, 47, 48, 49, 58, 62)


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields ASED's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="ased",
    title="Amharic Speech Emotion Dataset (ASED)",
    paper=(
        "Retta, Almekhlafi, Sutcliffe, Mhamed, Ali, Feng: A New Amharic Speech Emotion Dataset and Classification "
        "Benchmark. ACM Transactions on Asian and Low-Resource Language Information Processing 22(1), 2023"
    ),
    licence="not stated",
    access="download without registration",
    url="https://github.com/Ethio2021/ASED_V1",
    languages=("am",),
    labels={"n": "neutral", "f": "fearful", "h": "happy", "s": "sad", "a": "angry"},
    read=read,
    speakers={f"{number:02}": Speaker("f" if number in WOMEN else "m") for number in range(1, 66)},
    protocols={"loso": 65, "emobox": 1, "speaker_folds": 5},
    layouts=(
        Layout(
            r"(?P<label>[nfhsaS])\d-(?P<sentence>\d+)-(?P<take>\d+)-(?P<code>0[12])-(?P<speaker>\d\d)\.\w+$",
            speaker=r"\g<speaker>",
        ),
    ),
    example="05Angry/a5-03-01-02-50.wav",
    utterances=2474,
    hours=2.1,
    num_speakers=65,
)
