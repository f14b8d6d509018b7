"""mini_emo, the embedded corpus: eSpeak NG speaks short English and Mandarin sentences with seven emotions.

Synthetic speech, for checking the pipeline, not for claims about emotion. Each attribute of an utterance is drawn from
a normal distribution around its emotion's mean (`MEANS`), on top of the speaker's own habits, so that the emotions
overlap in every single attribute; the words give the emotion away in `TELLING_SHARE` of the utterances.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from c2ser.data.data_dir import Utterance, write_data_dir, write_emotions
from c2ser.data.files import atomic_write
from c2ser.data.tables import write_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.synthesis.espeak import map_in_fresh_processes
from c2ser.synthesis.sentences import PLAIN, TELLING
from c2ser.synthesis.voice import LANGUAGES, SAMPLE_RATE, Speaker, synthesize

NUM_UTTS = 1680
TELLING_SHARE = 0.4
UNLABELLED_SHARE = 1 / 3


# The sets' voices are disjoint, half of each set women. Pitch and rate bring the variants near to each other.
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
        "m01": Speaker("m1", "m", pitch=58, rate=185, size=0.95),
        "m02": Speaker("m2", "m", pitch=52, rate=195, tilt=0.2),
        "m03": Speaker("m3", "m", pitch=55, rate=175, size=1.03, tilt=-0.2),
        "m04": Speaker("Reed", "m", pitch=50, rate=190, size=0.98),
        "m05": Speaker("m7", "m", pitch=56, rate=180, tilt=0.3),
        "m06": Speaker("john", "m", pitch=60, rate=200, size=0.96, tilt=-0.3),
        "m07": Speaker("adam", "m", pitch=56, rate=188, size=1.02),
        "m08": Speaker("Alex", "m", pitch=54, rate=182, size=0.97, tilt=-0.1),
        "m09": Speaker("Gene", "m", pitch=58, rate=192, tilt=0.1),
        "m10": Speaker("Hugo", "m", pitch=52, rate=186, size=1.04, tilt=-0.2),
    },
    "dev": {
        "f11": Speaker("steph", "f", pitch=54, rate=188, tilt=-0.1),
        "f12": Speaker("shelby", "f", pitch=52, rate=182, size=0.98, tilt=0.2),
        "m11": Speaker("m4", "m", pitch=60, rate=186, size=0.97, tilt=0.1),
        "m12": Speaker("Mario", "m", pitch=54, rate=190, size=1.02, tilt=-0.2),
    },
    "test": {
        "f13": Speaker("f4", "f", pitch=50, rate=183, size=0.98, tilt=0.1),
        "f14": Speaker("f5", "f", pitch=50, rate=196, size=0.96, tilt=-0.1),
        "f15": Speaker("aunty", "f", pitch=52, rate=188, size=1.02),
        "m13": Speaker("ed", "m", pitch=40, rate=192, tilt=-0.2),
        "m14": Speaker("m6", "m", pitch=56, rate=182, size=0.97, tilt=0.2),
        "m15": Speaker("robert", "m", pitch=56, rate=190, size=1.02, tilt=0.1),
    },
}

# Each voice speaks as four people: (added pitch, added rate, factor of the vocal tract's size, added tilt).
HABITS = {"a": (0, 0, 1.0, 0.0), "b": (5, 8, 0.95, 0.15), "c": (-5, -8, 1.05, -0.15), "d": (2, -5, 1.02, 0.3)}


def _speakers(voices: dict[str, Speaker]) -> dict[str, Speaker]:
    return {
        name + letter: replace(
            voice, pitch=voice.pitch + pitch, rate=voice.rate + rate, size=voice.size * size, tilt=voice.tilt + tilt
        )
        for name, voice in voices.items()
        for letter, (pitch, rate, size, tilt) in HABITS.items()
    }


# Both languages are spoken by everyone.
SPEAKERS = {name: _speakers(voices) for name, voices in VOICES.items()}

# Deviation of an attribute around its emotion's mean, in the unit of `MEANS`.
SPREAD = 0.65

# emotion -> mean of each of `mini_emo_voice.ATTRIBUTES` over the speaker's habit; 1 is well audible
MEANS = {
    "angry": (2.4, -0.6, 2.0, 3.0, 4.2, -1.8, 0.0, 2.6),
    "happy": (2.4, 3.4, 4.0, 1.2, 0.6, -1.8, -0.6, -1.8),
    "neutral": (-0.2, -1.4, -1.8, 0.0, 0.0, -0.8, -1.6, -1.0),
    "sad": (-3.2, -2.4, -2.6, -2.4, -3.0, 1.6, 0.6, -1.0),
    "surprised": (-2.0, 4.4, 3.4, 0.8, 0.6, 2.4, -1.0, -1.4),
    "disgusted": (-2.4, -2.0, 1.8, 0.4, 1.0, -0.8, -0.4, 4.0),
    "fearful": (2.8, 2.4, -2.8, -1.6, -1.0, 2.8, 4.0, -0.6),
}


@dataclass(frozen=True)
class Plan:
    """One utterance before it is spoken."""

    id: str
    set: str
    speaker: str
    emotion: str
    language: str
    text: str
    telling: bool
    attributes: tuple[float, ...]  # as in `MEANS`
    seed: tuple[int, ...]  # of its noise


def plan_utterances(num_utts: int = NUM_UTTS, seed: int = 0) -> list[Plan]:
    """Deals emotions, languages and speakers evenly to the utterances and draws words and attributes of each."""
    speakers = [(name, voice + letter) for letter in HABITS for name, voices in VOICES.items() for voice in voices]
    cells = [
        (*speaker, language, emotion) for speaker in speakers for language in LANGUAGES for emotion in PAPER_EMOTIONS
    ]
    if seed < 0:
        raise InputError(f"--seed {seed}: a seed is 0 or more")
    fewest = len(cells) // len(HABITS)
    if num_utts < fewest:
        raise InputError(
            f"--num_utts {num_utts}: each voice says each emotion in each language; ask for {fewest} or more"
        )
    return [_plan(index, *cells[index % len(cells)], seed=seed) for index in range(num_utts)]


def _plan(index: int, name: str, speaker: str, language: str, emotion: str, seed: int) -> Plan:
    rng = np.random.default_rng([seed, index])
    telling = bool(rng.random() < TELLING_SHARE)
    text = str(rng.choice(TELLING[language][emotion] if telling else PLAIN[language]))
    attributes = tuple(float(value) for value in rng.normal(MEANS[emotion], SPREAD))
    utterance_id = f"{speaker}_{language}_{index:05d}"
    return Plan(utterance_id, name, speaker, emotion, language, text, telling, attributes, seed=(seed, index, 1))


def speak_corpus(
    source_dir: Path, data_dir: Path, num_utts: int = NUM_UTTS, seed: int = 0, nj: int = 2
) -> dict[str, int]:
    """Speaks the corpus into ``source_dir/mini_emo`` and writes its data directories.

    A third of the training set goes to the set ``unlabelled``; its true emotions are in
    ``unlabelled_reference/utt2emo``, which no training reads, so that pseudo-labels can be checked. The same seed gives
    the same bytes whatever ``nj`` is.

    Args:
        source_dir: receives ``mini_emo/wav/<speaker>/<utterance>.wav`` (16 kHz, mono, 16 bits).
        data_dir: receives ``train``, ``unlabelled``, ``dev``, ``test``, ``unlabelled_reference`` and ``emotions``.
        num_utts: utterances in all sets together.
        seed: of words, attributes and noise.
        nj: utterances spoken at a time.

    Returns:
        The number of utterances of each set.
    """
    wav_dir = source_dir.resolve() / "mini_emo" / "wav"
    plans = plan_utterances(num_utts, seed)
    wavs = {plan.id: wav_dir / plan.speaker / f"{plan.id}.wav" for plan in plans}
    spoken = map_in_fresh_processes(_speak_utterance, [(plan, wavs[plan.id]) for plan in plans], nj)
    for _ in tqdm(spoken, total=len(plans), desc="mini_emo", unit="utt", mininterval=2):
        pass
    unlabelled = _choose_unlabelled(plans, seed)
    sets = {
        "train": [plan for plan in plans if plan.set == "train" and plan.id not in unlabelled],
        "unlabelled": [plan for plan in plans if plan.id in unlabelled],
        "dev": [plan for plan in plans if plan.set == "dev"],
        "test": [plan for plan in plans if plan.set == "test"],
    }
    for name, members in sets.items():
        write_data_dir(data_dir / name, _utterances(members, wavs, labelled=name != "unlabelled"), PAPER_EMOTIONS)
    write_table(data_dir / "unlabelled_reference" / "utt2emo", {plan.id: plan.emotion for plan in sets["unlabelled"]})
    write_emotions(data_dir / "emotions", PAPER_EMOTIONS)
    return {name: len(members) for name, members in sets.items()}


def _speak_utterance(job: tuple[Plan, Path]) -> None:
    plan, path = job
    speaker = SPEAKERS[plan.set][plan.speaker]
    wave = synthesize(plan.text, plan.language, speaker, plan.attributes, np.random.default_rng(plan.seed))
    with atomic_write(path, "wb") as file:
        soundfile.write(file, wave, SAMPLE_RATE, subtype="PCM_16", format="WAV")


def _choose_unlabelled(plans: Sequence[Plan], seed: int) -> set[str]:
    """Draws a third of the training utterances, of each emotion alike."""
    rng = np.random.default_rng(seed)
    chosen: set[str] = set()
    for emotion in PAPER_EMOTIONS:
        ids = [plan.id for plan in plans if plan.set == "train" and plan.emotion == emotion]
        chosen.update(rng.choice(ids, round(len(ids) * UNLABELLED_SHARE), replace=False).tolist())
    return chosen


def _utterances(plans: Sequence[Plan], wavs: dict[str, Path], labelled: bool) -> Iterator[Utterance]:
    for plan in plans:
        yield Utterance(
            id=plan.id,
            wav=wavs[plan.id],
            speaker=plan.speaker,
            emotion=plan.emotion if labelled else None,
            text=plan.text,
            language=plan.language,
            gender=SPEAKERS[plan.set][plan.speaker].gender,
        )
