"""ShEMO, Persian from radio plays: 2 838 utterances of 87 speakers, six emotions.

File names are ``<sex><speaker><emotion><number>.wav``.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="shemo",
    title="Sharif Emotional Speech Database (ShEMO)",
    paper=(
        "Mohamad Nezami, Jamshid Lou, Karami: ShEMO: a large-scale validated database for Persian speech emotion "
        "detection. Language Resources and Evaluation 53, 2019"
    ),
    licence="not stated on its site",
    access="download without registration",
    url="https://github.com/mansourehk/ShEMO",
    languages=("fa",),
    labels={
        "angry": "angry",
        "fearful": "fearful",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
        "surprised": "surprised",
    },
    protocols={"emobox": 1, "speaker_folds": 5},
    layouts=(Layout(r"/((?P<sex>[FM])\d+)[A-Z]\d+[^/]*$", speaker=r"\1"),),
    utterances=2838,
    hours=3.3,
    num_speakers=87,
)
