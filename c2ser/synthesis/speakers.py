"""Who speaks mini_emo: thirty voices of eSpeak NG, each as four people."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Speaker:
    """A speaker's habits, from which the emotions deviate.

    Attributes:
        variant: eSpeak NG's voice variant.
        gender: ``m`` or ``f``.
        pitch: in eSpeak NG's units, 0 to 99.
        rate: in words per minute.
        size: of the vocal tract; a larger one lowers pitch and formants.
        tilt: brighter (above 0) or darker (below), in the unit of the attribute ``tilt``.
    """

    variant: str
    gender: str
    pitch: int = 50
    rate: int = 185
    size: float = 1.0
    tilt: float = 0.0


# The sets' voices are disjoint, and half of each set are women's. Pitch and rate make the variants similar, and keep
# men's voices above the 75 Hz from which pitch is measured.
VOICES = {
    "train": {
        "f01": Speaker("f1", "f", pitch=48, rate=190),
        "f02": Speaker("f2", "f", pitch=52, rate=180, size=0.97, tilt=0.2),
        "f03": Speaker("f3", "f", pitch=45, rate=195, tilt=-0.2),
        "f04": Speaker("Annie", "f", pitch=40, rate=185, size=1.03),
        "f05": Speaker("linda", "f", pitch=46, rate=175, tilt=0.3),
        "f06": Speaker("Alicia", "f", pitch=44, rate=194, size=1.02, tilt=-0.3),
        "f07": Speaker("anika", "f", pitch=38, rate=140, tilt=0.1),
        "f08": Speaker("belinda", "f", pitch=42, rate=184, size=1.04, tilt=-0.1),
        "f09": Speaker("Andrea", "f", pitch=42, rate=148, size=0.98, tilt=0.2),
        "f10": Speaker("grandma", "f", pitch=50, rate=178, size=0.96),
        "m01": Speaker("m1", "m", pitch=70, rate=185, size=0.95),
        "m02": Speaker("m2", "m", pitch=64, rate=195, tilt=0.2),
        "m03": Speaker("m3", "m", pitch=67, rate=175, size=1.03, tilt=-0.2),
        "m04": Speaker("Reed", "m", pitch=62, rate=190, size=0.98),
        "m05": Speaker("m7", "m", pitch=68, rate=180, tilt=0.3),
        "m06": Speaker("john", "m", pitch=72, rate=200, size=0.96, tilt=-0.3),
        "m07": Speaker("adam", "m", pitch=68, rate=188, size=1.02),
        "m08": Speaker("Alex", "m", pitch=66, rate=182, size=0.97, tilt=-0.1),
        "m09": Speaker("Gene", "m", pitch=70, rate=192, tilt=0.1),
        "m10": Speaker("Hugo", "m", pitch=64, rate=186, size=1.04, tilt=-0.2),
    },
    "dev": {
        "f11": Speaker("steph", "f", pitch=54, rate=188, tilt=-0.1),
        "f12": Speaker("shelby", "f", pitch=52, rate=182, size=0.98, tilt=0.2),
        "m11": Speaker("m4", "m", pitch=72, rate=186, size=0.97, tilt=0.1),
        "m12": Speaker("Mario", "m", pitch=76, rate=190, size=1.02, tilt=-0.2),
    },
    "test": {
        "f13": Speaker("f4", "f", pitch=50, rate=183, size=0.98, tilt=0.1),
        "f14": Speaker("f5", "f", pitch=50, rate=196, size=0.96, tilt=-0.1),
        "f15": Speaker("aunty", "f", pitch=52, rate=188, size=1.02),
        "m13": Speaker("ed", "m", pitch=52, rate=192, tilt=-0.2),
        "m14": Speaker("m6", "m", pitch=68, rate=182, size=0.97, tilt=0.2),
        "m15": Speaker("robert", "m", pitch=86, rate=190, size=1.02, tilt=0.1),
    },
}

# Each voice becomes four speakers: (added pitch, added rate, factor of the vocal tract's size, added tilt).
HABITS = {"a": (0, 0, 1.0, 0.0), "b": (5, 8, 0.95, 0.15), "c": (-5, -8, 1.05, -0.15), "d": (2, -5, 1.02, 0.3)}


def _speakers(voices: dict[str, Speaker]) -> dict[str, Speaker]:
    return {
        name + letter: replace(
            voice, pitch=voice.pitch + pitch, rate=voice.rate + rate, size=voice.size * size, tilt=voice.tilt + tilt
        )
        for name, voice in voices.items()
        for letter, (pitch, rate, size, tilt) in HABITS.items()
    }


# set -> name -> speaker; everyone speaks both languages
SPEAKERS = {name: _speakers(voices) for name, voices in VOICES.items()}
