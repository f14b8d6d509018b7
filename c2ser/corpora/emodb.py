"""EmoDB, Berlin's emotional speech (Burkhardt et al., Interspeech 2005): 535 utterances, 10 actors, German."""

from collections.abc import Iterator
from pathlib import Path

from c2ser.data.data_dir import Utterance
from c2ser.data.download import download_zip
from c2ser.errors import InputError

SITE = "http://emodb.bilderbar.info"
URL = f"{SITE}/download/download.zip"
EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgusted",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
# speaker -> gender, age
SPEAKERS = {
    "03": ("m", 31),
    "08": ("f", 34),
    "09": ("f", 21),
    "10": ("m", 32),
    "11": ("m", 26),
    "12": ("m", 30),
    "13": ("f", 32),
    "14": ("f", 35),
    "15": ("m", 25),
    "16": ("f", 31),
}
TEXTS = {
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
}


def download(source_dir: Path) -> None:
    """Downloads EmoDB's ``wav/`` into a folder, unless it is there."""
    download_zip(URL, "wav", source_dir, by_hand=f"get it from {SITE} and put its folder wav/ into {source_dir}")


def utterances(source_dir: Path) -> Iterator[Utterance]:
    """Yields the utterances of the folder that holds EmoDB's ``wav/``."""
    wavs = sorted((source_dir / "wav").glob("*.wav"))
    if not wavs:
        raise InputError(f"{source_dir}/wav: no audio; get EmoDB from {SITE} and put its folder wav/ into {source_dir}")
    yield from map(utterance, wavs)


def utterance(wav: Path) -> Utterance:
    """Reads a file's name: speaker (2 characters), text (3), emotion (1), version (1)."""
    speaker, text, emotion = wav.stem[:2], wav.stem[2:5], wav.stem[5:6]
    if speaker not in SPEAKERS or text not in TEXTS or emotion not in EMOTIONS:
        raise InputError(f"{wav}: no file name of EmoDB such as 03a01Fa.wav; move the file elsewhere")
    return Utterance(
        id=wav.stem,
        wav=wav,
        speaker=speaker,
        emotion=EMOTIONS[emotion],
        text=TEXTS[text],
        language="de",
        gender=SPEAKERS[speaker][0],
    )
