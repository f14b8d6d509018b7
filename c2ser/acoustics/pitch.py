"""Pitch: the mean fundamental frequency of an utterance, by Praat."""

import numpy as np


def mean_f0(waveform: np.ndarray, sample_rate: int) -> float:
    """Measures the mean F0 over voiced frames by Praat's autocorrelation method (Boersma 1993), standard settings.

    Args:
        waveform: (samples,), mono.
        sample_rate: Hz.

    Returns:
        Hz; nan where no frame is voiced or the utterance is shorter than Praat's window of 40 ms.
    """
    import parselmouth  # GPL, and only the recipes need it

    try:
        pitch = parselmouth.Sound(waveform, sample_rate).to_pitch()
    except parselmouth.PraatError:
        return float("nan")
    f0 = pitch.selected_array["frequency"]
    voiced = f0[f0 > 0]
    return float(voiced.mean()) if voiced.size else float("nan")
