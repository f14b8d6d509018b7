"""What the answers to a training's dev utterances are worth, in figures by which an epoch can be chosen."""

from collections.abc import Mapping, Sequence
from math import inf

from c2ser.acoustics.levels import ATTRIBUTES, UNKNOWN
from c2ser.emotions import INVALID
from c2ser.languages import last_emotion_word, read_emotion
from c2ser.rationales.wording import template_sentences
from c2ser.scoring.faithfulness_answers import read_answer
from c2ser.scoring.faithfulness_comparison import AnsweredUtterance, compare
from c2ser.scoring.faithfulness_counts import FaithfulnessCounts
from c2ser.scoring.metrics import count_confusion, overall_scores

QUALITY = "answer_quality"
# The figures of implicit answers, each with a value worse than any, which an epoch gets whose model is not eligible:
# ESPnet's reporter needs a value of each epoch, and sorts by it.
WORST = {QUALITY: -inf, "ua": -inf, "invalid_rate": inf}
FAITHFULNESS = ("level_recall", "cer", "wording_rate")  # figures that explicit answers have besides


def ua_of(corpus: str) -> str:
    """Returns the name of the figure that is the UA of one corpus."""
    return f"ua_{corpus}"


def answer_figures(
    mode: str,
    answers: Mapping[str, str],
    *,
    targets: Mapping[str, str],
    emotions: list[str],
    corpora: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Computes the figures of an epoch.

    Args:
        mode: ``explicit`` or ``implicit``.
        answers: utterance -> what the model said.
        targets: utterance -> what it should have said.
        emotions: the label set.
        corpora: utterance -> corpus, where there are several.

    Returns:
        ``ua``, of several corpora the mean of theirs, which are ``ua_<corpus>``, and ``invalid_rate``; of explicit
        answers also ``level_recall``, the mean of the attributes' macro recalls, ``cer`` of the quoted words and
        ``wording_rate``, of answers that read as a whole rationale, by the templates unless targets are worded freely,
        each where the targets state levels or quote words. ``answer_quality`` is UA of implicit answers, and of
        explicit ones the mean of UA, ``level_recall`` and 1 - ``cer``. All as in ``result.json`` of `c2ser.scoring`.

    Example:
        >>> answers, targets = {"a": "It is sad."}, {"a": "The speaker is sad."}
        >>> answer_figures("implicit", answers, targets=targets, emotions=["angry", "sad"])["ua"]
        1.0
    """
    said = {utt: read_emotion(answers[utt], emotions) or INVALID for utt in targets}
    true = {utt: last_emotion_word(text, emotions).name for utt, text in targets.items()}
    groups: dict[str, list[str]] = {}
    for utt in targets:
        groups.setdefault((corpora or {}).get(utt, ""), []).append(utt)
    uas = {corpus: _ua(utts, true, said, emotions=emotions) for corpus, utts in sorted(groups.items())}
    ua = sum(uas.values()) / len(uas)
    figures = {"ua": ua, "invalid_rate": list(said.values()).count(INVALID) / len(said)}
    if corpora:
        figures |= {ua_of(corpus): value for corpus, value in uas.items()}
    if mode == "explicit":
        figures |= _faithfulness(answers, targets)
    parts = [ua, figures.get("level_recall"), 1 - min(1.0, figures["cer"]) if "cer" in figures else None]
    known = [part for part in parts if part is not None]
    return {QUALITY: sum(known) / len(known), **figures}


def _ua(utterances: Sequence[str], true: Mapping[str, str], said: Mapping[str, str], *, emotions: list[str]) -> float:
    pairs = [[labels[utt] for utt in utterances] for labels in (true, said)]
    return float(overall_scores(count_confusion(*pairs, emotions=emotions).counts)["ua"])


def _faithfulness(answers: Mapping[str, str], targets: Mapping[str, str]) -> dict[str, float]:
    """The figures of `FAITHFULNESS` that are defined; the levels and words of a target are taken for the true ones."""
    counts = FaithfulnessCounts()
    worded_by_templates = all(template_sentences(text) is not None for text in targets.values())
    wording = "templates" if worded_by_templates else "free"  # rewritten
    for utt, text in targets.items():
        target = read_answer(text, wording=wording)
        utterance = AnsweredUtterance(
            utt,
            answers[utt],
            levels=tuple(target.levels[name] or UNKNOWN for name in ATTRIBUTES),
            text=target.quote,
            is_recognised=False,
            language=target.language,
            emotion=target.emotion,
        )
        counts.add(compare(utterance, wording=wording))
    result = counts.result()
    recalls = [levels["macro_recall"] for levels in result["levels"].values() if levels["macro_recall"] is not None]
    recall = sum(recalls) / len(recalls) if recalls else None
    figures = dict(zip(FAITHFULNESS, (recall, result["cer"], result["wording_rate"]), strict=True))
    return {name: value for name, value in figures.items() if value is not None}
