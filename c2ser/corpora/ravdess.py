"""RAVDESS, acted North American English: 1 440 utterances of speech by 24 actors, two sentences, eight emotions.

On disk: ``Actor_<nn>/03-01-<emotion>-<intensity>-<sentence>-<repetition>-<actor>.wav``, the numbers of two digits. Odd
actors are men, even ones women. Songs (``03-02``) and videos (``01`` and ``02``) are left out. Copies often have each
file twice, in ``Actor_<nn>`` and in ``audio_speech_actors_01-24/Actor_<nn>``; one is read. Five files are stereo.
Calm is an emotion of its own here, beside neutral.

References:
    Livingstone, Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). PLOS ONE 13(5), 2018.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields RAVDESS's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
    paper=(
        "Livingstone, Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). PLOS ONE 13(5), "
        "2018"
    ),
    licence="CC BY-NC-SA 4.0",
    access="download without registration",
    url="https://zenodo.org/records/1188976",
    languages=("en",),
    labels={
        "01": "neutral",
        "02": "calm",
        "03": "happy",
        "04": "sad",
        "05": "angry",
        "06": "fearful",
        "07": "disgusted",
        "08": "surprised",
    },
    read=read,
    speakers={f"{actor:02}": Speaker("m" if actor % 2 else "f") for actor in range(1, 25)},
    transcripts={"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."},
    protocols={"loso": 24, "emobox": 6, "balanced": 1},
    layouts=(
        Layout(r"0[12](-\d\d){6}\.\w+$", left_out="videos"),
        Layout(r"03-02(-\d\d){5}\.\w+$", left_out="songs"),
        Layout(
            r"03-01-(?P<label>0[1-8])-(?P<level>0[12])-(?P<sentence>0[12])-(?P<take>0[12])-(?P<speaker>\d\d)\.\w+$",
            speaker=r"\g<speaker>",
            name=r"\g<label>-\g<level>-\g<sentence>-\g<take>",
            text=r"\g<sentence>",
        ),
    ),
    example="Actor_01/03-01-05-02-01-01-01.wav",
    utterances=1440,
    hours=1.5,
    num_speakers=24,
)
