"""ESD, for emotional voice conversion: 35 000 utterances, ten speakers each of Mandarin and English.

Each speaker says 350 sentences with five emotions.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="esd",
    title="Emotional Speech Database (ESD)",
    paper=(
        "Zhou, Sisman, Liu, Li: Emotional Voice Conversion: Theory, Databases and ESD. Speech Communication 137, 2022"
    ),
    licence="research only",
    access="signed form",
    url="https://github.com/HLTSingapore/Emotional-Speech-Data",
    languages=("zh", "en"),
    labels={"Neutral": "neutral", "Angry": "angry", "Happy": "happy", "Sad": "sad", "Surprise": "surprised"},
    protocols={"emobox": 5},
    layouts=(
        Layout(r"(00(?:0\d|10))_\d+\.wav$", speaker=r"\1", language="zh"),
        Layout(r"(00[12]\d)_\d+\.wav$", speaker=r"\1", language="en"),
    ),
)
