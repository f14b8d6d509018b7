"""TurEV-DB, acted Turkish words: 1 735 utterances of six speakers, four emotions, of which calm is one.

File names are ``<speaker>_<emotion>_<word>.wav``, in a folder per emotion.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="turevdb",
    title="Turkish Emotion Voice Database (TurEV-DB)",
    paper="Canpolat, Ormanoğlu, Zeyrek: Turkish Emotion Voice Database (TurEV-DB). SLTU-CCURL 2020",
    licence="CC BY-NC-ND 4.0",
    access="download without registration",
    url="https://github.com/Xeonen/TurEV-DB",
    languages=("tr",),
    labels={"Angry": "angry", "Calm": "calm", "Happy": "happy", "Sad": "sad"},
    protocols={"emobox": 1},
    layouts=(Layout(r"/(\d+)_[^/]+$", speaker=r"\1"),),
    utterances=1735,
    hours=0.5,
    num_speakers=6,
)
