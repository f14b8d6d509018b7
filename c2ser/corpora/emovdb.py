"""EmoV-DB, English for emotional speech synthesis: 6 887 utterances of four speakers, five styles.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker

CORPUS = Corpus(
    name="emovdb",
    title="Emotional Voices Database (EmoV-DB)",
    paper=(
        "Adigwe, Tits, El Haddad, Ostadabbas, Dutoit: The Emotional Voices Database: Towards Controlling "
        "the Emotion Dimension in Voice Generation Systems. arXiv 1806.09514, 2018"
    ),
    licence="see its site",
    access="download without registration",
    url="https://www.openslr.org/115",
    languages=("en",),
    labels={"Amused": "amused", "Angry": "angry", "Disgust": "disgusted", "Neutral": "neutral", "Sleepy": "sleepy"},
    speakers={"bea": Speaker("f"), "jenie": Speaker("f"), "josh": Speaker("m"), "sam": Speaker("m")},
    protocols={"emobox": 1},
    layouts=(Layout(r"([^/_]+)_[^/]+/[^/]+$", speaker=r"\1"),),
)
