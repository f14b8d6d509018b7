"""Pseudo-labels where an acoustic and a text teacher agree."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    acoustic="head_teacher probe_teacher statistics_teacher",
    labelling="Panel pseudo_label",
    report="report_text",
    teacher="Answer",
    text="classifier_teacher llm_teacher",
)
