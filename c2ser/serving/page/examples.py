"""Recordings that the page offers to those who have none at hand."""

import io
import math
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile

from c2ser.data.audio_files import collect_audio
from c2ser.data.resample import SAMPLE_RATE
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.serving.page.clips import Example
from c2ser.synthesis.espeak import map_in_fresh_processes
from c2ser.synthesis.plans import Plan, plan_utterances
from c2ser.synthesis.speaking import speak_plan

MAX_EXAMPLES = 12
SPOKEN = {"angry": "f13a", "happy": "m13a", "sad": "f14a", "surprised": "m14a"}  # emotion -> speaker of mini_emo
TALKERS = ("f13a", "m13a")  # of the dialogue
PAUSE_SECONDS = 0.8

_speaking = Lock()


def read_examples(folder: str | Path) -> list[Example]:
    """Finds the audio files of a folder, the first `MAX_EXAMPLES` by name.

    Args:
        folder: of short recordings that everybody may hear.

    Raises:
        InputError: it is no folder, or has no audio.

    Example:
        >>> [example.name for example in read_examples("examples")]  # doctest: +SKIP
        ['angry.wav', 'sad.wav']
    """
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder of examples; check the path")
    paths = [Path(path) for path in collect_audio([str(folder)])[:MAX_EXAMPLES]]
    return [Example(path.name, path.read_bytes) for path in paths]


def spoken_examples() -> list[Example]:
    """Returns utterances of mini_emo's test set, and a dialogue of them; each is spoken when it is first asked for.

    Returns:
        The examples; none where eSpeak NG is not installed.
    """
    if find_spec("espeakng_loader") is None:
        return []
    said = {f"{emotion}.flac": ((speaker, emotion),) for emotion, speaker in SPOKEN.items()}
    said["dialogue.flac"] = tuple((speaker, emotion) for emotion in PAPER_EMOTIONS for speaker in TALKERS)
    return [Example(name, partial(_speak, turns)) for name, turns in said.items()]


def _speak(turns: tuple[tuple[str, str], ...]) -> bytes:
    """Returns a FLAC of utterances, each given by speaker and emotion, with pauses between them."""
    with _speaking:  # whoever asks at the same time waits, and gets what is then known
        return _spoken(turns)


@cache
def _spoken(turns: tuple[tuple[str, str], ...]) -> bytes:
    plans = _plans()
    pause = np.zeros(math.ceil(PAUSE_SECONDS * SAMPLE_RATE), np.float32)
    waves = map_in_fresh_processes(speak_plan, [plans[turn] for turn in turns], nj=2)
    parts = [part for wave in waves for part in (wave, pause)][:-1]
    content = io.BytesIO()
    soundfile.write(content, np.concatenate(parts), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return content.getvalue()


@cache
def _plans() -> dict[tuple[str, str], Plan]:
    """The last English utterance of each speaker of the test set and emotion."""
    plans = (plan for plan in plan_utterances() if plan.set == "test" and plan.language == "en")
    return {(plan.speaker, plan.emotion): plan for plan in plans}
