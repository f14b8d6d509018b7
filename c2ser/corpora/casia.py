"""CASIA, acted Mandarin: 1 200 utterances of four speakers, 50 sentences that each says with six emotions.

The subset that circulates; the whole corpus has 9 600 utterances and is sold. File names repeat in the folders of
speakers and emotions.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="casia",
    title="CASIA Chinese emotional speech corpus",
    paper=(
        "Tao, Liu, Zhang, Jia: Design of Speech Corpus for Mandarin Text to Speech. The Blizzard "
        "Challenge 2008 workshop"
    ),
    licence="not stated",
    access="circulates; the whole corpus is sold",
    url="",
    languages=("zh",),
    labels={
        "angry": "angry",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprise": "surprised",
        "fear": "fearful",
    },
    protocols={"emobox": 4},
    layouts=(Layout(r"([^/]+)/[^/]+/\d+\.wav$", speaker=r"\1"),),
)
