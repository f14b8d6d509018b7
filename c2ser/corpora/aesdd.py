"""AESDD, acted Greek: 604 utterances of six actors, five emotions, of theatre plays and improvised.

File names are ``<emotion><sentence> (<speaker>)<take>.wav``; five names write speaker 1 as 01. The number of speakers
is that of the names: the first version had five (three women, two men), and which is whose number is not published.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="aesdd",
    title="Acted Emotional Speech Dynamic Database (AESDD)",
    paper=(
        "Vryzas, Kotsakis, Liatsou, Dimoulas, Kalliris: Speech Emotion Recognition for Performance Interaction. "
        "Journal of the Audio Engineering Society 66(6), 2018"
    ),
    licence="not stated on its site",
    access="download without registration",
    url="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    languages=("el",),
    labels={"a": "angry", "d": "disgusted", "f": "fearful", "h": "happy", "s": "sad"},
    protocols={"emobox": 1, "speaker_folds": 5},
    layouts=(Layout(r" \(0*(\d+)\)[a-z]?\.wav$", speaker=r"\1"),),
    utterances=604,
    hours=0.7,
    num_speakers=6,
)
