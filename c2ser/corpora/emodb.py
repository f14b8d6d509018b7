"""EmoDB, the Berlin database of emotional speech: 535 utterances of ten German actors, seven emotions, ten sentences.

On disk: ``SOURCE_DIR/wav/<speaker><sentence><emotion><version>.wav``, such as ``03a01Fa.wav``.

References:
    Burkhardt, Paeschke, Rolfes, Sendlmeier, Weiss: A Database of German Emotional Speech. Interspeech 2005.
"""

from collections.abc import Iterator
from pathlib import Path

from c2ser.corpora.common.corpus import Archive, Corpus, Speaker
from c2ser.data.audio_files import audio_files
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

SITE = "http://emodb.bilderbar.info"


def read(source_dir: Path) -> Iterator[Utterance]:
    """Yields EmoDB's utterances.

    Args:
        source_dir: the folder that holds ``wav/``.

    Raises:
        InputError: there is no audio, or a file has another name than EmoDB's.
    """
    empty = True
    for wav in audio_files(source_dir / "wav"):
        empty = False
        yield utterance(wav)
    if empty:
        raise InputError(f"{source_dir}/wav: no audio; get EmoDB from {SITE} and put its folder wav/ into {source_dir}")


def utterance(wav: Path) -> Utterance:
    """Reads a file's name: speaker (2 characters), sentence (3), emotion (1), version (1).

    Example:
        >>> utterance(Path("wav/03a01Fa.wav")).emotion
        'happy'
    """
    speaker, sentence, emotion = wav.stem[:2], wav.stem[2:5], wav.stem[5:6]
    if speaker not in CORPUS.speakers or sentence not in CORPUS.transcripts or emotion not in CORPUS.labels:
        raise InputError(f"{wav}: not a file name of EmoDB such as 03a01Fa.wav; move the file elsewhere")
    return Utterance(
        id=wav.stem,
        wav=wav,
        speaker=speaker,
        emotion=CORPUS.labels[emotion],
        text=CORPUS.transcripts[sentence],
        language="de",
        gender=CORPUS.speakers[speaker].sex,
        age=CORPUS.speakers[speaker].age,
        corpus="emodb",
    )


CORPUS = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    paper="Burkhardt et al.: A Database of German Emotional Speech. Interspeech 2005",
    licence="not stated on its site; its authors ask to cite the paper",
    access="download without registration",
    url=SITE,
    languages=("de",),
    labels={
        "W": "angry",
        "L": "bored",
        "E": "disgusted",
        "A": "fearful",
        "F": "happy",
        "T": "sad",
        "N": "neutral",
    },
    read=read,
    archive=Archive(f"{SITE}/download/download.zip", folder="wav"),
    speakers={
        "03": Speaker("m", 31),
        "08": Speaker("f", 34),
        "09": Speaker("f", 21),
        "10": Speaker("m", 32),
        "11": Speaker("m", 26),
        "12": Speaker("m", 30),
        "13": Speaker("f", 32),
        "14": Speaker("f", 35),
        "15": Speaker("m", 25),
        "16": Speaker("f", 31),
    },
    transcripts={
        "a01": "Der Lappen liegt auf dem Eisschrank.",
        "a02": "Das will sie am Mittwoch abgeben.",
        "a04": "Heute abend könnte ich es ihm sagen.",
        "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
        "a07": "In sieben Stunden wird es soweit sein.",
        "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
        "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
        "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
        "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
        "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
    },
    protocols={"loso": 10, "emobox": 5, "speaker_folds": 4},
    utterance=utterance,
    utterances=535,
    hours=0.4,
    num_speakers=10,
)
