"""What mini_emo's utterances are to be, before they are spoken: who says what, with which emotion, and how."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.synthesis.sentences import TELLING, compose_plain
from c2ser.synthesis.speakers import HABITS, VOICES
from c2ser.synthesis.voice import LANGUAGES

NUM_UTTS = 2800
TELLING_SHARE = 0.4
UNLABELLED_SHARE = 1 / 3

# Deviation of an attribute around its emotion's mean, in the unit of `MEANS`.
SPREAD = 0.65

# emotion -> mean of each of `voice.ATTRIBUTES`, as a distance from the speaker's habit; 1 is clearly audible
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
    """One utterance before it is spoken.

    Attributes:
        id: of the utterance.
        set: train, dev or test; the utterances of ``unlabelled`` are drawn from train.
        speaker: a key of `speakers.SPEAKERS` of that set.
        emotion: a canonical name.
        language: ``en`` or ``zh``.
        text: what is said.
        telling: whether the words give the emotion away.
        attributes: how it is said, in the order of `voice.ATTRIBUTES`.
        seed: of its noise.
    """

    id: str
    set: str
    speaker: str
    emotion: str
    language: str
    text: str
    telling: bool
    attributes: tuple[float, ...]
    seed: tuple[int, ...]


def plan_utterances(num_utts: int = NUM_UTTS, seed: int = 0) -> list[Plan]:
    """Deals emotions, languages and speakers evenly to the utterances, and draws the words and attributes of each.

    Args:
        num_utts: utterances in all sets together.
        seed: of the draws, from 0.

    Raises:
        InputError: there are fewer utterances than voices, emotions and languages to combine, or the seed is negative.

    Example:
        >>> plan_utterances(420)[0].id
        'f01a_en_00000'
    """
    speakers = [(name, voice + letter) for letter in HABITS for name, voices in VOICES.items() for voice in voices]
    cells = [
        (*speaker, language, emotion) for speaker in speakers for language in LANGUAGES for emotion in PAPER_EMOTIONS
    ]
    if seed < 0:
        raise InputError(f"a seed of {seed}: it must be 0 or more")
    fewest = len(cells) // len(HABITS)
    if num_utts < fewest:
        raise InputError(
            f"{num_utts} utterances: each voice says each emotion in each language; ask for {fewest} or more"
        )
    return [_plan(index, *cells[index % len(cells)], seed=seed) for index in range(num_utts)]


def _plan(index: int, name: str, speaker: str, language: str, emotion: str, *, seed: int) -> Plan:
    rng = np.random.default_rng([seed, index])
    telling = bool(rng.random() < TELLING_SHARE)
    text = str(rng.choice(TELLING[language][emotion])) if telling else compose_plain(language, rng)
    attributes = tuple(float(value) for value in rng.normal(MEANS[emotion], SPREAD))
    utterance_id = f"{speaker}_{language}_{index:05d}"
    return Plan(utterance_id, name, speaker, emotion, language, text, telling, attributes, seed=(seed, index, 1))


def choose_unlabelled(plans: Sequence[Plan], seed: int) -> set[str]:
    """Draws a third of the training utterances of each emotion.

    Args:
        plans: all utterances.
        seed: of the draw.

    Returns:
        The ids of those drawn.
    """
    rng = np.random.default_rng(seed)
    chosen: set[str] = set()
    for emotion in PAPER_EMOTIONS:
        ids = [plan.id for plan in plans if plan.set == "train" and plan.emotion == emotion]
        chosen.update(rng.choice(ids, round(len(ids) * UNLABELLED_SHARE), replace=False).tolist())
    return chosen
