"""Pitch, loudness and speaking rate, and their levels."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    attributes="Attributes measure_attributes read_attributes",
    extraction="extract_attributes",
    levels="Thresholds",
    loudness="integrated_loudness momentary_loudness",
    phonemes="count_phonemes",
    pitch="f0_contour mean_f0",
    rate="speaking_rate",
)
