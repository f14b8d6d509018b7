"""MER 2023, clips of Chinese films and series: 5 030 labelled utterances, six emotions.

Neither paths nor lists tell who speaks, so nobody knows whether train and test share speakers. Worried is not an
emotion of the vocabulary and is left out. EmoBox's test set is the first of the challenge's three. Audio is in AVI and
MP4 files, which takes ffmpeg.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus

CORPUS = Corpus(
    name="mer2023",
    title="Multimodal Emotion Recognition Challenge (MER 2023)",
    paper=(
        "Lian et al.: MER 2023: Multi-label Learning, Modality Robustness, and Semi-Supervised Learning. ACM "
        "Multimedia 2023"
    ),
    licence="research only",
    access="signed form",
    url="http://merchallenge.cn/datasets",
    languages=("zh",),
    labels={
        "angry": "angry",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprise": "surprised",
        "worried": None,
    },
    protocols={"emobox": 1},
    utterances=5030,
    hours=5.9,
    speakers_known=False,
)
