"""What stability found, to read."""

from collections.abc import Iterable, Mapping

from c2ser.scoring.tables import Table, percent, with_interval
from c2ser.stability.audio import DEGRADATIONS
from c2ser.stability.conditions import ALONE, AUDIO, PROMPTS, SAMPLES, UNCHANGED

AGREEMENT = {"kappa": "kappa", "same_answer": "one answer", "modal_share": "most frequent answer", "entropy": "bits"}
COLUMNS = ["UA [95 % interval]", "invalid", "changed", "confidence"]


def stability_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds; in per cent but for kappa and bits.

    Args:
        result: of `c2ser.stability.measuring.measure_stability`.
    """
    title = f"{result['model']}, {result['mode']}, {result['n_utts']} utterances\n"
    prompts = result.get(PROMPTS, {}).get("by_prompt", {})
    sections = {group: table.markdown() for group, table in stability_tables(result).items()}
    if prompts:
        sections["prompts, each"] += "\n" + "".join(f"- {name}: {own['prompt']}\n" for name, own in prompts.items())
    return "\n".join([title, *sections.values()])


def stability_tables(result: Mapping) -> dict[str, Table]:
    """Returns the tables of `stability_text`, by what they are of."""
    unchanged = ["as it is", "", *_cells(result[UNCHANGED])]
    tables = {}
    if AUDIO in result:
        rows = [
            [DEGRADATIONS[kind].title, f"{own['value']:g}", *_cells(own)]
            for kind, curve in result[AUDIO].items()
            for own in curve
        ]
        tables["audio"] = Table(["audio", "", *COLUMNS], [unchanged, *rows])
    if PROMPTS in result:
        prompts = result[PROMPTS]["by_prompt"]
        rows = [[name, *_cells(own)[:3]] for name, own in prompts.items()]
        tables["prompts"] = _agreement({"all prompts": result[PROMPTS]})
        own_prompt = ["its own", *_cells(result[UNCHANGED])[:3]]
        tables["prompts, each"] = Table(["prompt", *COLUMNS[:3]], [own_prompt, *rows])
    if SAMPLES in result:
        named = {f"{own['answers']} drawn at {name}": own for name, own in result[SAMPLES].items()}
        tables["drawn answers"] = _agreement(named)
    if ALONE in result:
        rows = [[name, *_alone(own)] for name, own in result[ALONE].items()]
        tables["no speech"] = Table(["no speech", "answers", "number", "invalid", "confidence"], rows, 2)
    return tables


def _cells(figures: Mapping) -> list[str]:
    return [
        with_interval(figures["ua"], figures["ua_ci95"]),
        percent(figures["invalid_rate"]),
        percent(figures["changed"]),
        _percent_or_dash(figures),
    ]


def _percent_or_dash(figures: Mapping) -> str:
    return percent(figures["confidence"]) if "confidence" in figures else "-"


def _agreement(groups: Mapping[str, Mapping]) -> Table:
    """Formats how far several answers agree; accuracy of the vote where there was one."""
    header = ["answers", "UA: min", "mean", "max", "sd", *AGREEMENT.values(), "UA of the vote"]
    rows = [[name, *_agreeing(own)] for name, own in groups.items()]
    voted = any("vote" in own for own in groups.values())
    return Table(header if voted else header[:-1], rows if voted else [row[:-1] for row in rows])


def _agreeing(own: Mapping) -> Iterable[str]:
    kappa = "-" if own["kappa"] is None else f"{own['kappa']:.3f}"
    spread = [percent(own["ua"][name]) for name in ("min", "mean", "max", "sd")]
    agreement = [kappa, percent(own["same_answer"]), percent(own["modal_share"]), f"{own['entropy']:.2f}"]
    return [*spread, *agreement, percent(own["vote"]["ua"]) if "vote" in own else "-"]


def _alone(own: Mapping) -> list[str]:
    answers = ", ".join(f"{emotion} {count}" for emotion, count in own["answers"].items())
    return [answers, str(own["sounds"]), percent(own["invalid_rate"]), _percent_or_dash(own)]
