"""ASVP-ESD, speech and other sounds of the voice, mostly from films and shows: 13 964 clips, 131 speakers.

File names are codes: modality, voice (02: not speech, 8 824 clips), emotion, intensity, statement, speaker, age,
source, language.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

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
        "10": None,
        "11": None,
        "12": None,
        "13": None,
        "17": None,
    },
    protocols={"emobox": 1},
    layouts=(Layout(r"actor_(\d+)/", speaker=r"\1"),),
)
