"""MESD, single words of Mexican Spanish: 862 utterances of women, men and children, six emotions.

File names tell the kind of voice (F, M or C for child), not the speaker.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="mesd",
    title="Mexican Emotional Speech Database (MESD)",
    paper=(
        "Duville, Alonso-Valerdi, Ibarra-Zarate: The Mexican Emotional Speech Database (MESD): "
        "elaboration and assessment based on machine learning. EMBC 2021"
    ),
    licence="CC BY 4.0",
    access="download without registration",
    url="https://data.mendeley.com/datasets/cy34mh68j9",
    languages=("es",),
    labels={
        "Anger": "angry",
        "Sadness": "sad",
        "Disgust": "disgusted",
        "Fear": "fearful",
        "Neutral": "neutral",
        "Happiness": "happy",
    },
    protocols={"emobox": 1},
    layouts=(Layout(r"_(?P<sex>[FM])_[AB]_[^/]+$"),),
)
