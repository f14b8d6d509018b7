"""What interventions found, to read."""

from collections.abc import Mapping

from c2ser.emotions import INVALID
from c2ser.interventions.conditions import interventions, references
from c2ser.scoring.tables import Table, percent, with_interval

EXCHANGES = ["the other's", "follows the other", "its own", "neither", "changed", "pairs", "told apart"]
REFERENCES = ["answered with", "UA [95 % interval]", "invalid", "most frequent answer"]


def interventions_text(result: Mapping) -> str:
    """Formats what ``result.json`` holds.

    Args:
        result: of `c2ser.interventions.measuring.measure_interventions`.
    """
    pairs, utterances = result["pairs"], f"{result['n_utts']} utterances"
    same = f"{pairs['n']} pairs of one sentence, {percent(pairs['same_speaker'])} % of the same speaker"
    head = f"{result['model']}, {result['mode']}, {utterances}; {same}\n"
    constant = f"One answer to all has a UA of {percent(1 / result['n_classes'])}."
    end = f"{constant} Figures are per cent, intervals 95 %, over {result['ci95_over']}.\n"
    return "\n".join([head, *(table.markdown() for table in interventions_tables(result).values()), end])


def interventions_tables(result: Mapping) -> dict[str, Table]:
    """Returns the tables of `interventions_text`, by what they are of."""
    exchanged = [
        [condition.title, *_exchange(result["interventions"][condition.name])]
        for condition in interventions(result["mode"], pooled=True)
        if condition.name in result["interventions"]
    ]
    answered = [
        [condition.title, *_reference(result["references"][condition.name])] for condition in references(result["mode"])
    ]
    return {"exchanged inputs": Table(EXCHANGES, exchanged), "own inputs, or none": Table(REFERENCES, answered)}


def _exchange(own: Mapping) -> list[str]:
    shares = [_share(own, name) for name in ("other", "own", "neither", "changed")]
    return [*shares, str(own["n_pairs"]), str(own["n_told"])]


def _share(own: Mapping, name: str) -> str:
    """Formats a share, with its interval where it has one; a dash where there is nothing that it could be of."""
    if own[name] is None:
        return "-"
    interval = own.get(f"{name}_ci95")
    return percent(own[name]) if interval is None else with_interval(own[name], interval)


def _reference(own: Mapping) -> list[str]:
    answer = max(own["answers"], key=own["answers"].__getitem__)
    named = "invalid" if answer == INVALID else answer  # whose angle brackets a page would take for its own
    frequent = f"{named} {percent(own['answers'][answer] / own['n_utts'])}"
    return [with_interval(own["ua"], own["ua_ci95"]), percent(own["invalid_rate"]), frequent]
