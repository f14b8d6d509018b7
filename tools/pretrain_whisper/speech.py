"""Who says what, and how, in the speech that the tiny Whisper is pre-trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from texts import Texts

from c2ser.acoustics.attributes import measure_attributes
from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.files import atomic_write
from c2ser.data.utterance import Utterance
from c2ser.synthesis.speakers import Speaker
from c2ser.synthesis.voice import ATTRIBUTES, synthesize

# Variants of eSpeak NG that are not mini_emo's, without those that whisper (whisper, whisperf), crash in Mandarin
# (Demonic, rob) or have a space in their name (Mr serious).
VARIANTS = """
Andy AnxiousAndy Denis Diogo Gene2 Henrique Jacky Lee Marco Michael Mike Nguyen RicishayMax RicishayMax2 RicishayMax3
Storm Tweaky UniRobot anikaRobot announcer antonio benjamin boris caleb croak david edward edward2 fast grandpa
gustave ian iven iven2 iven3 iven4 kaukovalta klatt klatt2 klatt3 klatt4 klatt5 klatt6 m5 m8 marcelo max michel miguel
mike2 norbert pablo paul pedro quincy robosoft robosoft2 robosoft3 robosoft4 robosoft5 robosoft6 robosoft7
robosoft8 sandro steph2 steph3 travis victor zac
""".split()
WIDEST = 4.5  # the greatest distance of an attribute from the habit; the means of mini_emo's emotions reach 4.4


class Speech(NamedTuple):
    """One utterance: its id, its speaker, what is said, in which language, how, its file, and the seed of its noise."""

    id: str
    speaker: Speaker
    text: str
    language: str
    attributes: tuple[float, ...]
    wav: Path
    seed: tuple[int, ...]


def plan(index: int, texts: list[Texts], wavs: Path, *, seed: int) -> Speech:
    """Draws who says what, and how, in the utterance of a number."""
    rng = np.random.default_rng([seed, index])
    chosen = texts[index % len(texts)]
    variant = str(rng.choice(VARIANTS))
    size = float(rng.uniform(0.78, 1.12))  # a smaller vocal tract makes a woman's or a child's voice of a man's
    speaker = Speaker(
        variant,
        "m",
        pitch=int(rng.integers(38, 62)),
        rate=round(rng.uniform(150, 205) * size),  # size stretches time
        size=size,
        tilt=float(rng.uniform(-0.4, 0.6)),
    )
    return Speech(
        id=f"{variant}-{chosen.language}-{index:06d}",
        speaker=speaker,
        text=chosen.draw(rng),
        language=chosen.language,
        attributes=tuple(rng.uniform(-WIDEST, WIDEST, len(ATTRIBUTES)).tolist()),
        wav=wavs / f"{index:06d}.flac",
        seed=(seed, index, 1),
    )


def utterance(speech: Speech) -> Utterance:
    """Returns the utterance of a data directory."""
    return Utterance(speech.id, speech.wav, speaker=speech.speaker.variant, text=speech.text, language=speech.language)


def speak_all(speeches: Sequence[Speech]) -> list[str]:
    """Writes utterances' audio (16 kHz, FLAC); returns their pitch, loudness and rate, as in the table."""
    return [speak(speech) for speech in speeches]


def speak(speech: Speech) -> str:
    """Writes one utterance's audio and returns its attributes."""
    wave = synthesize(
        speech.text,
        speech.language,
        speaker=speech.speaker,
        attributes=speech.attributes,
        rng=np.random.default_rng(speech.seed),
    )
    with atomic_write(speech.wav, "wb") as file:
        soundfile.write(file, wave, SAMPLE_RATE, subtype="PCM_16", format="FLAC")
    attributes, _ = measure_attributes(wave, SAMPLE_RATE, text=speech.text, language=speech.language)
    return str(attributes)
