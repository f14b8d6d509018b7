"""ASVP-ESD, speech and other sounds of the voice, mostly from films and shows: 13 964 clips, 131 speakers.

On disk: ``Audio/actor_<n>/<codes>.wav`` and ``Bonus/actor_<n>/<codes>.wav``; codes are modality, voice (01 speech, 02
not), emotion, intensity, statement, speaker, age, source, language and others, eight to twelve of them. The 8 824 clips
that are not speech are left out here; `import_emobox` takes them. The codes tell the speaker where a folder is called
``actor_`` alone; of speakers, odd numbers are women and even ones men.

References:
    Landry, He, Yan, Li: ASVP-ESD: A Dataset and its Benchmark for Emotion Recognition Using Both Speech and Non-Speech
    Utterances. Global Scientific Journals 8(5), 2020.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker, Unusable
from c2ser.corpora.common.named_files import read_named_files
from c2ser.data.utterance import Utterance

# Modality, voice, emotion, intensity, statement, speaker, age, source; then the language and others.
NAME = r"(?:^|/)03-{voice}-(?P<label>\d\d)-\d+-\d+-0*(?P<speaker>\d+)-\d+-\d+{rest}\.\w+$"
SPEAKER = r"\g<speaker>"


def read(source_dir: Path) -> Iterator[Utterance | Unusable]:
    """Yields ASVP-ESD's utterances; see `read_named_files`."""
    return read_named_files(CORPUS, source_dir)


CORPUS = Corpus(
    name="asvpesd",
    title="Audio, Speech and Vision Processing Lab Emotional Sound Database (ASVP-ESD)",
    paper=(
        "Landry, He, Yan, Li: ASVP-ESD: A Dataset and its Benchmark for Emotion Recognition Using Both "
        "Speech and Non-Speech Utterances. Global Scientific Journals 8(5), 2020"
    ),
    licence="academic use",
    access="download from Zenodo without registration",
    url="https://zenodo.org/records/7132783",
    languages=(),
    labels={
        "01": "bored",
        "02": "neutral",
        "03": "happy",
        "04": "sad",
        "05": "angry",
        "06": "fearful",
        "07": "disgusted",
        "08": "surprised",
        "09": "excited",
        "10": None,  # pleasure
        "11": None,  # pain
        "12": None,  # disappointment
        "13": None,  # breath
        "17": None,  # not documented
    },
    read=read,
    speakers={str(number): Speaker("f" if number % 2 else "m") for number in range(1, 250)},
    protocols={"emobox": 1, "speaker_folds": 3},
    layouts=(
        Layout(NAME.format(voice="02", rest=".*"), speaker=SPEAKER, left_out="sounds that are not speech"),
        *(
            Layout(NAME.format(voice="01", rest=rf"-{code}\b.*"), speaker=SPEAKER, language=language)
            for code, language in (("01", "zh"), ("02", "en"), ("04", "fr"))
        ),
        Layout(NAME.format(voice="01", rest=".*"), speaker=SPEAKER),
    ),
    example="Audio/actor_36/03-01-09-01-06-36-02-02-01-39.wav",
    utterances=13964,
    hours=18.0,
    num_speakers=131,
)
