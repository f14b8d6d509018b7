"""JL corpus, acted New Zealand English: 2 400 utterances of two women and two men, ten emotions.

Five emotions are those of other corpora; the five that a robot may need (anxious, apologetic, assertive, concerned,
encouraging) are not in the vocabulary and are left out, which leaves 1 200 utterances. File names are
``<speaker>_<emotion>_<sentence><session>_<take>.wav``.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="jlcorpus",
    title="JL corpus",
    paper=(
        "James, Tian, Watson: An Open Source Emotional Speech Corpus for Human Robot Interaction Applications. "
        "Interspeech 2018"
    ),
    licence="CC0",
    access="download from Kaggle",
    url="https://www.kaggle.com/tli725/jl-corpus",
    languages=("en",),
    labels={
        "angry": "angry",
        "anxious": None,
        "apologetic": None,
        "assertive": None,
        "concerned": None,
        "encouraging": None,
        "excited": "excited",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
    },
    protocols={"emobox": 4},
    layouts=(Layout(r"/((?P<sex>[fm])(?:em)?ale\d)_[^/]+$", speaker=r"\1"),),
    utterances=2400,
    hours=1.4,
    num_speakers=4,
)
