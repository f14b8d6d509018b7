"""eNTERFACE'05, acted English of speakers from 14 nations: 1 263 video clips of 43 subjects, six emotions.

The folder tells the subject: the files in the folder of subject 11 are named as if they were subject 12's, and those of
subject 6 are one recording per emotion. Audio is in AVI files, which takes ffmpeg.

Read by means of EmoBox's metadata; paths are those of EmoBox.
"""

from c2ser.corpora.common.corpus import Corpus, Layout

CORPUS = Corpus(
    name="enterface",
    title="eNTERFACE'05 Audio-Visual Emotion Database",
    paper="Martin, Kotsia, Macq, Pitas: The eNTERFACE'05 Audio-Visual Emotion Database. ICDE Workshops 2006",
    licence="not stated on its site; meant for research",
    access="download without registration",
    url="https://enterface.net/enterface05/main.php?frame=emotion",
    languages=("en",),
    labels={
        "an": "angry",
        "di": "disgusted",
        "fe": "fearful",
        "ha": "happy",
        "sa": "sad",
        "su": "surprised",
    },
    protocols={"emobox": 1, "speaker_folds": 5},
    layouts=(Layout(r"subject (\d+)/", speaker=r"\1"),),
    utterances=1263,
    hours=1.1,
    num_speakers=43,
)
