"""Speaks planned utterances to WAV files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from c2ser.data.audio import SAMPLE_RATE
from c2ser.data.files import atomic_write
from c2ser.synthesis.espeak import map_in_fresh_processes
from c2ser.synthesis.plans import Plan
from c2ser.synthesis.speakers import SPEAKERS
from c2ser.synthesis.voice import synthesize


def speak_plans(plans: Sequence[Plan], wavs: Mapping[str, Path], *, nj: int) -> None:
    """Writes an audio file per utterance, with the same bytes whatever the number of jobs and the order are.

    Args:
        plans: the utterances.
        wavs: utterance -> its file, which is written as 16 kHz, mono, 16 bits.
        nj: utterances spoken at a time.

    Raises:
        InputError: a process of eSpeak NG died.
    """
    jobs = [(plan, wavs[plan.id]) for plan in plans]
    spoken = map_in_fresh_processes(_speak, jobs, nj=nj)
    for _ in tqdm(spoken, total=len(jobs), desc="mini_emo", unit="utt", mininterval=2):
        pass


def speak_plan(plan: Plan) -> np.ndarray:
    """Speaks an utterance in this process.

    Args:
        plan: the utterance.

    Returns:
        (T,) float32 at 16 kHz.
    """
    return synthesize(
        plan.text,
        plan.language,
        speaker=SPEAKERS[plan.set][plan.speaker],
        attributes=plan.attributes,
        rng=np.random.default_rng(plan.seed),
    )


def _speak(job: tuple[Plan, Path]) -> None:
    plan, path = job
    wave = speak_plan(plan)
    with atomic_write(path, "wb") as file:
        soundfile.write(file, wave, SAMPLE_RATE, subtype="PCM_16", format="WAV")
