"""MEAD, acted English for talking faces: 31 729 utterances of 48 actors, eight emotions at three strengths.

Contempt is not an emotion of the vocabulary and is left out. Folders are
``<M or W><number>/audio/<emotion>/level_<1-3>``; file names repeat in them, and the same number is not the same
sentence for each actor. Audio is M4A, which takes ffmpeg.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="mead",
    title="Multi-view Emotional Audio-visual Dataset (MEAD)",
    paper=("Wang et al.: MEAD: A Large-scale Audio-visual Dataset for Emotional Talking-face Generation. ECCV 2020"),
    licence="not stated on its site; meant for research",
    access="download without registration",
    url="https://wywu.github.io/projects/MEAD/MEAD.html",
    languages=("en",),
    labels={
        "angry": "angry",
        "contempt": None,
        "disgusted": "disgusted",
        "fear": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprised": "surprised",
    },
    protocols={"emobox": 1},
    layouts=(
        Layout(r"/(M\d+)/audio/", speaker=r"\1", sex="m"),
        Layout(r"/(W\d+)/audio/", speaker=r"\1", sex="f"),
    ),
    utterances=31729,
    hours=37.3,
    num_speakers=48,
)
