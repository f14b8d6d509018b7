"""SUBESCO, acted Bangla: 7 000 utterances of ten women and ten men, ten sentences, seven emotions, five takes.

File names are ``<sex>_<speaker>_<name>_S_<sentence>_<emotion>_<take>.wav``; speakers are numbered by sex.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="subesco",
    title="SUST Bangla Emotional Speech Corpus (SUBESCO)",
    paper=(
        "Sultana, Rahman, Selim, Iqbal: SUST Bangla Emotional Speech Corpus (SUBESCO): An audio-only emotional speech "
        "corpus for Bangla. PLoS ONE 16(4), 2021"
    ),
    licence="CC BY 4.0",
    access="download from Zenodo without registration",
    url="https://zenodo.org/records/4526477",
    languages=("bn",),
    labels={
        "angry": "angry",
        "disgust": "disgusted",
        "fear": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprise": "surprised",
    },
    protocols={"emobox": 5},
    layouts=(Layout(r"/((?P<sex>[FM])_\d+)_[^/]+$", speaker=r"\1"),),
    utterances=7000,
    hours=7.8,
    num_speakers=20,
)
