"""IEMOCAP, dyads of ten actors, English, scripted and improvised: 5 531 utterances in EmoBox's four classes.

In ``Ses01F_impro04_M007`` the first letter (F) tells who wore the markers, the last one (M) who speaks.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="iemocap",
    title="Interactive Emotional Dyadic Motion Capture Database (IEMOCAP)",
    paper=(
        "Busso et al.: IEMOCAP: Interactive emotional dyadic motion capture database. Language Resources "
        "and Evaluation 42, 2008"
    ),
    licence="research only",
    access="signed form",
    url="https://sail.usc.edu/iemocap/",
    languages=("en",),
    labels={
        "neu": "neutral",
        "hap": "happy",
        "exc": "excited",
        "ang": "angry",
        "sad": "sad",
        "fru": "frustrated",
        "sur": "surprised",
        "fea": "fearful",
        "dis": "disgusted",
        "oth": None,
        "xxx": None,
    },
    protocols={"emobox": 5},
    layouts=(Layout(r"(Ses\d\d)[FM]_[^/]*_(?P<sex>[FM])\d+\.wav$", speaker=r"\1\2"),),
)
