"""Waveforms that Python callers give: what is refused with which words."""

import numpy as np
import pytest

from c2ser.data.full_scale import check_waveform
from c2ser.errors import InputError

SAMPLES = np.random.default_rng(0).uniform(-0.5, 0.5, 1000)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_floating_point_is_taken_as_float32(kind):
    checked = check_waveform(SAMPLES.astype(kind), "waveform 1")
    assert checked.dtype == np.float32
    np.testing.assert_allclose(checked, SAMPLES, atol=1e-3)


def test_float32_is_not_copied():
    samples = SAMPLES.astype(np.float32)
    assert check_waveform(samples, "waveform 1") is samples


def test_mild_excess_is_clipped():
    checked = check_waveform(3 * SAMPLES, "waveform 1")
    assert np.abs(checked).max() == 1.0


@pytest.mark.parametrize(
    "waveform, message",
    [
        ((SAMPLES * 32767).astype(np.int16), "an array of int16; .* divide by 32768"),
        ((SAMPLES * 2**31).astype(np.int32), "an array of int32; .* divide by 2147483648"),
        (np.zeros(10, bool), "an array of bool"),
        (SAMPLES * 32767, "samples up to 163.*, where full scale is 1; divide by 32768"),
        (SAMPLES * 10, "samples up to 4.9.*, where full scale is 1; scale the samples"),
        (np.array([0.1, np.nan]), "NaN or infinite"),
        (np.zeros((2, 100)), r"shape \(2, 100\).*average the channels"),
        (np.float32(0.5), r"shape \(\)"),
        (np.zeros(0), "0 samples"),
    ],
)
def test_refusals(waveform, message):
    with pytest.raises(InputError, match=f"^waveform 7: .*{message}") as error:
        check_waveform(waveform, "waveform 7")
    assert "\n" not in str(error.value)
