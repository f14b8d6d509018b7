"""A page of answers drawn at random: what a model really says, beside what was measured and said."""

from collections.abc import Mapping
from pathlib import Path

from c2ser.inspection.answer_samples import draw_answers
from c2ser.inspection.embedded_audio import MAX_SECONDS
from c2ser.inspection.rendering import render_page
from c2ser.scoring.faithfulness_text import FIGURES
from c2ser.scoring.tables import percent, with_interval

PAGE_NAME = "answers.html"


def write_answers_page(
    data_dir: str | Path,
    hyp: str | Path,
    *,
    output: str | Path,
    result: Mapping,
    samples: int = 20,
    seed: int = 0,
    wording: str = "templates",
) -> None:
    """Writes the page, a single HTML file with the audio in it.

    Args:
        data_dir: what was answered.
        hyp: the answers.
        output: the page.
        result: the figures of all answers, as `c2ser.scoring.faithfulness.measure_faithfulness` returns them.
        samples: number of answers to show.
        seed: of the draw, which depends on it and the utterances' ids only.
        wording: what reads as a whole rationale; see `c2ser.scoring.faithfulness_answers.read_answer`.

    Raises:
        InputError: a table is faulty.

    Example:
        >>> result = measure_faithfulness("dump/test", "text", output_dir="faithfulness")  # doctest: +SKIP
        >>> write_answers_page("dump/test", "text", output="answers.html", result=result)  # doctest: +SKIP
    """
    render_page(
        "answers.html",
        output,
        answers=hyp,
        data_dir=data_dir,
        result=result,
        figures=FIGURES,
        seed=seed,
        max_seconds=MAX_SECONDS,
        percent=percent,
        with_interval=with_interval,
        samples=draw_answers(data_dir, hyp, number=samples, seed=seed, wording=wording),
    )
