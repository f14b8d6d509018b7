"""M3ED, dialogues of Chinese television series: 24 437 utterances of 626 characters, seven emotions.

Paths do not tell where an actor plays in several dialogues: a speaker is one side (A or B) of one dialogue.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="m3ed",
    title="Multi-modal Multi-scene Multi-label Emotional Dialogue Database (M3ED)",
    paper="Zhao et al.: M3ED: Multi-modal Multi-scene Multi-label Emotional Dialogue Database. ACL 2022",
    licence="not stated",
    access="download",
    url="https://github.com/AIM3-RUC/RUCM3ED",
    languages=("zh",),
    labels={
        "Neutral": "neutral",
        "Surprise": "surprised",
        "Disgust": "disgusted",
        "Anger": "angry",
        "Sad": "sad",
        "Happy": "happy",
        "Fear": "fearful",
    },
    protocols={"emobox": 1},
    layouts=(Layout(r"([AB])_([^/]+_\d+)_\d+\.wav$", speaker=r"\2_\1"),),
)
