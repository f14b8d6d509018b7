"""RESD, acted Russian dialogues: 1 396 utterances, seven emotions.

Paths tell the dialogue (of two actors each), not who speaks, so nobody knows whether train and test share speakers.
Enthusiasm is not an emotion of the vocabulary and is left out.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus

CORPUS = Corpus(
    name="resd",
    title="Russian Emotional Speech Dialogs (RESD)",
    paper="Amentes, Lubenets, Davidchuk: Aniemore, an open library for emotions in speech. Hugging Face, 2022",
    licence="MIT",
    access="download without registration",
    url="https://huggingface.co/datasets/Aniemore/resd_annotated",
    languages=("ru",),
    labels={
        "anger": "angry",
        "disgust": "disgusted",
        "enthusiasm": None,
        "fear": "fearful",
        "happiness": "happy",
        "neutral": "neutral",
        "sadness": "sad",
    },
    protocols={"emobox": 1},
    utterances=1396,
    hours=2.3,
    num_speakers=200,
    speakers_known=False,
)
