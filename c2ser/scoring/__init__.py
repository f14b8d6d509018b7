"""Metrics of recognised emotions and of reasons, their intervals, tables and plots."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    calibration="calibration_measures fit_temperature temper",
    calibration_files="measure_calibration",
    diarization="DiarizationError Turn diarization_error read_rttm",
    faithfulness="measure_faithfulness",
    faithfulness_answers="Answer read_answer",
    metrics="summarise",
    results="write_results",
    score="result_text score_files",
)
