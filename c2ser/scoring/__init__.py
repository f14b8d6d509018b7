"""Metrics of recognised emotions, their intervals, tables and plots."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    metrics="summarise",
    results="write_results",
    score="result_text score_files",
)
