"""Report on rewriting: how many rationales a chat model reworded, how many are templates, and why."""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from c2ser.data.splits import utterance_hash
from c2ser.rationales.checker import KINDS

TRIES = ("first_try", "second_try")
OUTCOMES = {
    "accepted_at_once": "rewritten at once",
    "accepted_on_second_try": "rewritten on the second try",
    "fallen_back": "left as the template words them",
}
EXAMPLES = 10  # of each outcome


class Try(NamedTuple):
    """A chat model's rewrite and the faults that the checker found."""

    rewrite: str
    faults: list[str]


def rewriting_report(templates: Mapping[str, str], tries: Mapping[str, Sequence[Try]]) -> dict:
    """Counts outcomes and faults.

    Args:
        templates: utterance -> template.
        tries: utterance -> the one or two rewrites of it.

    Returns:
        ``utterances``; ``outcomes``, of each of `OUTCOMES` its ``number`` and ``share``; ``rewrites`` of each of
        `TRIES`; ``faults``, of each try and kind the ``number`` of rewrites with such a fault and their ``share``;
        ``examples`` of each outcome.
    """
    outcomes = {utt: _outcome(made) for utt, made in tries.items()}
    counts = {
        "utterances": len(tries),
        "outcomes": {name: {"number": list(outcomes.values()).count(name)} for name in OUTCOMES},
        "rewrites": {name: sum(len(made) > number for made in tries.values()) for number, name in enumerate(TRIES)},
        "faults": {
            name: {kind: {"number": sum(_has(made, number, kind) for made in tries.values())} for kind in KINDS}
            for number, name in enumerate(TRIES)
        },
        "examples": {
            name: [
                {"utterance": utt, "template": templates[utt], "rewrites": [one._asdict() for one in tries[utt]]}
                for utt in _drawn(utt for utt in tries if outcomes[utt] == name)
            ]
            for name in OUTCOMES
        },
    }
    return _with_shares(counts)


def outcomes_text(report: dict) -> str:
    """Returns the outcomes of a report in one line."""
    counts = ", ".join(f"{report['outcomes'][name]['number']} {words}" for name, words in OUTCOMES.items())
    return f"{report['utterances']} rationales: {counts}"


def merged_report(reports: Sequence[dict]) -> dict:
    """Merges the reports of the parts of a set into that of the whole."""
    examples = {}
    for name in OUTCOMES:
        by_utt = {example["utterance"]: example for report in reports for example in report["examples"][name]}
        examples[name] = [by_utt[utt] for utt in _drawn(by_utt)]
    sums = {
        "utterances": sum(report["utterances"] for report in reports),
        "outcomes": _sums([report["outcomes"] for report in reports]),
        "rewrites": {name: sum(report["rewrites"][name] for report in reports) for name in TRIES},
        "faults": {name: _sums([report["faults"][name] for report in reports]) for name in TRIES},
        "examples": examples,
    }
    return _with_shares(sums)


def report_text(report: Mapping) -> str:
    """Returns the report as plain text."""
    lines = [f"{report['utterances']} rationales, of which"]
    lines += [f"  {_figures(report['outcomes'][name])}  {what}" for name, what in OUTCOMES.items()]
    lines += ["", "Rewrites with faults (one may have several), of the first try and of the second:"]
    for kind in KINDS:
        lines.append("  ".join([f"  {kind:12}", *(_figures(report["faults"][name][kind]) for name in TRIES)]))
    for name, what in OUTCOMES.items():
        if report["examples"][name]:
            lines += ["", f"Some of those {what}:"]
        for example in report["examples"][name]:
            lines.append(f"  {example['utterance']}: {example['template']}")
            for one in example["rewrites"]:
                lines.append(f"    > {' '.join(one['rewrite'].split())}")
                lines += [f"      {fault}" for fault in one["faults"]]
    return "\n".join(lines) + "\n"


def _outcome(made: Sequence[Try]) -> str:
    if made[-1].faults:
        return "fallen_back"
    return "accepted_at_once" if len(made) == 1 else "accepted_on_second_try"


def _has(made: Sequence[Try], number: int, kind: str) -> bool:
    return len(made) > number and any(fault.startswith(f"{kind}:") for fault in made[number].faults)


def _drawn(utts) -> list[str]:
    """Chooses utterances by a hash of their ids, so that merged parts have the examples of the whole set."""
    return nsmallest(EXAMPLES, utts, key=utterance_hash)


def _sums(tables: Sequence[Mapping]) -> dict:
    return {name: {"number": sum(table[name]["number"] for table in tables)} for name in tables[0]}


def _with_shares(report: dict) -> dict:
    wholes = [(report["outcomes"], report["utterances"])]
    wholes += [(report["faults"][name], report["rewrites"][name]) for name in TRIES]
    for table, whole in wholes:
        for entry in table.values():
            entry["share"] = entry["number"] / whole if whole else 0.0
    return report


def _figures(entry: Mapping) -> str:
    return f"{entry['number']:8} ({entry['share']:.3f})"
