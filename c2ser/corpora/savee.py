"""SAVEE, acted British English: 480 utterances of four men, seven emotions.

File names are ``<speaker>_<emotion><number>.wav``.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout, Speaker

CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion Database (SAVEE)",
    paper="Haq, Jackson: Multimodal Emotion Recognition. In Machine Audition, IGI Global, 2010",
    licence="research only",
    access="registration",
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    languages=("en",),
    labels={
        "a": "angry",
        "d": "disgusted",
        "f": "fearful",
        "h": "happy",
        "n": "neutral",
        "sa": "sad",
        "su": "surprised",
    },
    speakers={"DC": Speaker("m"), "JE": Speaker("m"), "JK": Speaker("m"), "KL": Speaker("m")},
    protocols={"emobox": 4},
    layouts=(Layout(r"([A-Z]{2})_[^/]+$", speaker=r"\1"),),
)
