"""EMNS, English for storytelling in games: 1 181 utterances of one British woman, eight emotions.

Sarcastic is not an emotion of the vocabulary and is left out. Audio is WebM, which takes ffmpeg.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="emns",
    title="Emotive Narrative Storytelling corpus (EMNS)",
    paper=(
        "Noriy, Yang, Zhang: EMNS /Imz/ Corpus: An emotive single-speaker dataset for narrative storytelling in games, "
        "television and graphic novels. arXiv 2305.13137, 2023"
    ),
    licence="Apache-2.0",
    access="download without registration",
    url="https://www.openslr.org/136",
    languages=("en",),
    labels={
        "Angry": "angry",
        "Disgust": "disgusted",
        "Excited": "excited",
        "Happy": "happy",
        "Neutral": "neutral",
        "Sad": "sad",
        "Sarcastic": None,
        "Surprise": "surprised",
    },
    protocols={"emobox": 1},
    layouts=(Layout(r"recorded_audio[^/]*$", speaker="narrator", sex="f"),),
    utterances=1181,
    hours=1.9,
    num_speakers=1,
)
