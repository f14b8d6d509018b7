"""A chat model as the reader of free answers, beside the rules of `c2ser.languages.read_emotion`.

References:
    Zheng et al.: Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (arXiv 2306.05685).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from c2ser.data.files import atomic_write, write_json
from c2ser.data.names import TEXT, UTT2EMO
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import EMOTIONS, INVALID
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, detect_language, language_of, read_emotion
from c2ser.lm.chat.model import ChatModel
from c2ser.scoring.agreement import agreement_of_two
from c2ser.scoring.tables import markdown_table, percent, with_interval
from c2ser.systems.transcript import question

REPLY_TOKENS = 16  # a word, or a sentence of a model that wants to be polite
DIFFERENCES = "differences.tsv"


class Judge:
    """Reads answers by asking a chat model which emotion each concludes with, in the language of the answer.

    Args:
        model: the chat model.
        emotions: the label set.
        prompts: what `c2ser.systems.transcript.read_prompts` returns; ``{text}`` becomes the answer.

    Example:
        >>> judge = Judge(load_chat_model("Qwen/Qwen2.5-14B-Instruct"), emotions, prompts=prompts)  # doctest: +SKIP
        >>> judge.read(["Far from calm, I'd say she is boiling."])  # doctest: +SKIP
        ['angry']
    """

    def __init__(self, model: ChatModel, emotions: Sequence[str], *, prompts: Mapping[str, str]):
        self.model, self.emotions, self.prompts = model, tuple(emotions), dict(prompts)

    def read(self, answers: Sequence[str]) -> list[str | None]:
        """Returns the emotion that each answer concludes with; None where the model sees none of the label set.

        Empty answers are not asked about, and equal ones once. A reply of more than a word is read by the rules.
        """
        asked = [place for place, answer in enumerate(answers) if answer.strip()]
        replies = self.model.answers([self._question(answers[place]) for place in asked], REPLY_TOKENS)
        found: list[str | None] = [None] * len(answers)
        for place, reply in zip(asked, replies, strict=True):
            found[place] = read_emotion(reply, self.emotions)
        return found

    def _question(self, answer: str) -> list[dict[str, str]]:
        language = language_of(detect_language(answer))
        code = next(code for code, known in LANGUAGES.items() if known is language)
        return question(self.prompts[code], [language.emotions[emotion] for emotion in self.emotions], text=answer)


def judge_answers(judge: Judge, answers_dir: str | Path, *, output_dir: str | Path) -> dict:
    """Reads the answers of a system again, by a judge.

    Written are ``text`` (the answers as they are), ``differences.tsv`` (each answer that is read differently),
    ``agreement.json`` and, last, ``utt2emo`` (by the judge).

    Args:
        judge: the reader.
        answers_dir: ``text`` and ``utt2emo``, by the rules, as ``recognize`` and ``alm_inference`` write them.
        output_dir: where the files go; another folder.

    Returns:
        Contents of ``agreement.json``: `c2ser.scoring.agreement.agreement_of_two` and the share that each reader finds
        ``invalid``.

    Raises:
        InputError: the folders are the same, there are no answers, or not of the same utterances as emotions.
    """
    answers_dir, output_dir = Path(answers_dir), Path(output_dir)
    if answers_dir.resolve() == output_dir.resolve():
        raise InputError(f"{output_dir}: has what the rules read; give another folder for what the judge reads")
    texts, by_rules = read_answers(answers_dir)
    by_judge = dict(zip(texts, (emotion or INVALID for emotion in judge.read(list(texts.values()))), strict=True))
    labels = [*EMOTIONS, INVALID]
    readings = [by_rules[utt] for utt in texts], list(by_judge.values())
    agreement = agreement_of_two(*readings, labels=labels)
    agreement["invalid"] = {
        name: read.count(INVALID) / len(texts) for name, read in zip(("rules", "judge"), readings, strict=True)
    }
    write_table(output_dir / TEXT, texts)
    with atomic_write(output_dir / DIFFERENCES) as file:
        file.write("utterance\trules\tjudge\tanswer\n")
        for utt, text in texts.items():
            if by_rules[utt] != by_judge[utt]:
                file.write(f"{utt}\t{by_rules[utt]}\t{by_judge[utt]}\t{text}\n")
    write_json(output_dir / "agreement.json", agreement)
    write_table(output_dir / UTT2EMO, by_judge)
    return agreement


def read_answers(answers_dir: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Reads answers and the emotions that the rules found in them, by utterance.

    Raises:
        InputError: a table is missing or empty, or an utterance is in one of them only.
    """
    texts, emotions = read_table(answers_dir / TEXT), read_table(answers_dir / UTT2EMO)
    if alone := sorted(texts.keys() ^ emotions.keys()):
        raise InputError(f"{answers_dir}: '{alone[0]}' is in one of {TEXT} and {UTT2EMO} only; answer the set again")
    if not texts:
        raise InputError(f"{answers_dir / TEXT}: no answer in it")
    if unknown := set(emotions.values()) - {*EMOTIONS, INVALID}:
        raise InputError(f"{answers_dir / UTT2EMO}: unknown emotion '{min(unknown)}'; answer the set again")
    return texts, emotions


def agreement_text(agreement: Mapping) -> str:
    """Formats what `judge_answers` returned: one table, in per cent but for kappa."""
    kappa, invalid = agreement["kappa"], agreement["invalid"]
    bounds = agreement["ci95"]["kappa"]
    row = [
        str(agreement["n_utts"]),
        with_interval(agreement["same_answer"], agreement["ci95"]["same_answer"]),
        "-" if kappa is None else f"{kappa:.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]",
        percent(invalid["rules"]),
        percent(invalid["judge"]),
    ]
    header = ["answers", "read alike [95 % interval]", "Cohen's kappa", "invalid by rules", "invalid by judge"]
    return markdown_table(header, [row], text_columns=0)
