"""Options of a packed model, checked before its weights are loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from c2ser.errors import InputError
from c2ser.packing.format import read_pack

GENERATED, MEASURED = "generated", "measured"  # reasons of explicit answers


def packed_options(folder: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the keywords of `C2SERRecognizer` for a packed model, before its weights are loaded.

    Args:
        folder: the packed model's.
        options: keywords that are given; the packed model's stand behind them.

    Raises:
        InputError: there is no packed model, or it does not say what the options need.

    Example:
        >>> packed_options(Path("exp/packed"), {"num_beams": 1})["top_k"]  # doctest: +SKIP
        2
    """
    pack = read_pack(folder)
    merged = {**pack.decoding, "answers": pack.answers, **options}
    generated = merged.get("reasons", GENERATED) == GENERATED
    needed = generated and (merged.get("scores") or merged.get("constrained"))
    check_wording(merged["answers"], needed=needed, model=folder)
    return merged


def check_wording(answers: Mapping[str, str], *, needed: bool | None, model: str | Path) -> None:
    """Checks that the wording of implicit answers is known where they are to be compared.

    Args:
        answers: the wording by language; empty where it is not known.
        needed: whether they are to be compared.
        model: for the message.

    Raises:
        InputError: it is not known, and needed.

    Example:
        >>> check_wording({}, needed=False, model="exp/packed")
    """
    if needed and not answers:
        raise InputError(
            f"{model}: the wording of its implicit answers is not known, so --scores and --constrained have none to "
            "compare; leave them out, or write the wording as 'answers' into its config.yaml"
        )
