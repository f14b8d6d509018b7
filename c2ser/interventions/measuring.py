"""Inputs are exchanged, file against file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from c2ser.data.files import atomic_write, write_json
from c2ser.data.skipped import Skipped
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.interventions.answering import Answerer, Inputs, Question, Task, answer_tasks
from c2ser.interventions.conditions import LEVELS, WORDS, Condition, interventions, references
from c2ser.interventions.pairs import Labelled, Pair, find_pairs, read_labelled
from c2ser.interventions.summary import Outcome, exchange_figures, reference_figures
from c2ser.interventions.text import interventions_text
from c2ser.scoring.resampling import SPEAKERS, UTTERANCES, are_several
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.inference import Answer

COLUMNS = ("exchanged", "utterance", "other", "label", "label_of_other", "answer_to_own", "answer_to_other")
COLUMNS += ("answer", "follows", "text")


def measure_interventions(question: Question) -> dict:
    """Exchanges a model's inputs between utterances, one at a time, and counts whom its answers follow.

    Written are ``answers.tsv`` with each answer, ``result.txt`` and, last, ``result.json``. The same call after an
    interruption does the rest and ends with the same bytes.

    Args:
        question: which model, which set.

    Returns:
        Contents of ``result.json``: ``model``, ``mode``, ``n_utts``, ``n_classes``, ``ci95_over``, ``pairs`` (``n``
        and ``same_speaker``, a share), ``interventions`` (by name what `exchange_figures` returns) and ``references``
        (by name what `reference_figures` returns).

    Raises:
        InputError: no sentence of the set was said with two emotions, the model cannot be loaded, features or levels
            are missing, or audio cannot be used.

    Example:
        >>> question = Question("exp/packed", "dump/test", "exp/packed_interventions")  # doctest: +SKIP
        >>> measure_interventions(question)["interventions"]["emotion2vec"]["other"]  # doctest: +SKIP
        0.08
    """
    exchanges = Exchanges(question)
    answers = exchanges.answer()
    audio, labelled, tasks = exchanges.audio, exchanges.labelled, exchanges.tasks
    audio.skipped.report(question.output_dir, num_utterances=len(audio.entries))
    labelled = {utt: own for utt, own in labelled.items() if utt not in audio.skipped.reasons}
    pairs = [pair for pair in exchanges.pairs if _are_left(pair, labelled)]
    tasks = [task for task in tasks if _are_left(task.pair, labelled)]
    result = _result(question, labelled, pairs) | _figures(labelled, tasks, answers)
    _write_answers(Path(question.output_dir) / "answers.tsv", labelled, tasks, answers=answers)
    with atomic_write(Path(question.output_dir) / "result.txt") as file:
        file.write(interventions_text(result))
    write_json(Path(question.output_dir) / "result.json", result)
    return result


class Exchanges:
    """What is asked of a model, to be answered at once or in parts.

    Args:
        question: which model, which set.

    Attributes:
        audio: of the set.
        labelled: the utterances that may be used.
        pairs: between which inputs are exchanged.
        tasks: answers that are wanted.

    Raises:
        InputError: as `measure_interventions`, but for the audio.

    Example:
        >>> Exchanges(Question("exp/packed", "dump/test", "exp/packed_interventions")).answer((2, 4))  # doctest: +SKIP
    """

    def __init__(self, question: Question):
        self.audio = UtteranceAudio(
            question.data_dir, skipped=Skipped(allowed=question.skip_bad), max_seconds=question.max_seconds
        )
        known = read_labelled(question.data_dir)
        self.labelled = {utt: own for utt, own in known.items() if _is_usable(self.audio, utt)}
        self.pairs = _parallel_pairs(self.labelled, question)
        self._question = question
        self._answerer = Answerer(C2SERRecognizer.load(question.model, **question.options), question.mode)
        recognizer = self._answerer.recognizer
        self._inputs = Inputs(question, recognizer, audio=self.audio)
        pooled = recognizer.model.num_pooled_tokens > 0
        self.tasks = _tasks(self.labelled, self.pairs, self._inputs, question=question, pooled=pooled)

    def answer(self, part: tuple[int, int] = (1, 1)) -> dict[str, Answer]:
        """Answers the utterances of a part with inputs of others; see `answer_tasks`.

        Args:
            part: (2, 4) is the second of four parts, which may be answered at the same time, on several machines.

        Raises:
            InputError: audio cannot be used.
        """
        number, parts = part
        own = set(list(self.labelled)[number - 1 :: parts])
        tasks = [task for task in self.tasks if task.pair.recipient in own]
        return answer_tasks(tasks, self._inputs, answerer=self._answerer, question=self._question, part=number)


def _is_usable(audio: UtteranceAudio, utt: str) -> bool:
    return utt in audio.entries and audio.num_samples(utt) is not None


def _parallel_pairs(labelled: Mapping[str, Labelled], question: Question) -> list[Pair]:
    pairs = find_pairs(labelled, number=question.donors, seed=question.seed)
    if not pairs:
        raise InputError(
            f"{question.data_dir}: no sentence of its text was said with two emotions (utt2emo), so no input can be "
            "exchanged; give a set with parallel sentences, such as EmoDB's"
        )
    return pairs


def _are_left(pair: Pair, labelled: Mapping[str, Labelled]) -> bool:
    return pair.recipient in labelled and pair.donor in labelled


def _tasks(
    labelled: Mapping[str, Labelled], pairs: Sequence[Pair], inputs: Inputs, *, question: Question, pooled: bool
) -> list[Task]:
    tasks = [Task(condition, Pair(utt, utt)) for condition in references(question.mode) for utt in labelled]
    others = find_pairs(labelled, number=question.donors, parallel=False, seed=question.seed)
    for condition in interventions(question.mode, pooled=pooled):
        tasks += [Task(condition, pair) for pair in _exchanging(condition, pairs, others, inputs=inputs)]
    return tasks


def _exchanging(
    condition: Condition, pairs: Sequence[Pair], others: Sequence[Pair], *, inputs: Inputs
) -> Iterable[Pair]:
    """Returns pairs in which the exchange makes a difference."""
    if WORDS in condition.exchanged:  # those of one sentence have the same
        return others
    if LEVELS in condition.exchanged:
        return [pair for pair in pairs if inputs.levels.get(pair.recipient) != inputs.levels.get(pair.donor)]
    return pairs


def _result(question: Question, labelled: Mapping[str, Labelled], pairs: Sequence[Pair]) -> dict:
    same = sum(labelled[pair.recipient].speaker == labelled[pair.donor].speaker for pair in pairs)
    return {
        "model": question.model,
        "mode": question.mode,
        "n_utts": len(labelled),
        "n_classes": len({own.emotion for own in labelled.values()}),
        "ci95_over": SPEAKERS if _have_speakers(labelled) else UTTERANCES,
        "pairs": {"n": len(pairs), "same_speaker": same / max(1, len(pairs))},
    }


def _have_speakers(labelled: Mapping[str, Labelled]) -> bool:
    """Tells whether intervals are over speakers."""
    return are_several(len({own.speaker for own in labelled.values()}), len(labelled))


def _figures(labelled: Mapping[str, Labelled], tasks: Sequence[Task], answers: Mapping[str, Answer]) -> dict:
    speakers = {utt: own.speaker for utt, own in labelled.items()}
    units = speakers if _have_speakers(labelled) else {utt: utt for utt in labelled}
    conditions = {task.condition.name: task.condition for task in tasks}
    exchanges, scored = {}, {}
    for name, condition in conditions.items():
        own = [task for task in tasks if task.condition.name == name]
        if condition.exchanged:
            outcomes = [outcome for _, outcome in _outcomes(own, answers)]
            exchanges[name] = exchange_figures(outcomes, units=units)
        else:
            said = {task.pair.recipient: _emotion(answers[task.name]) for task in own}
            labels = {utt: own.emotion for utt, own in labelled.items()}
            scored[name] = reference_figures(labels, said, speakers=speakers)
    return {"interventions": exchanges, "references": scored}


def _outcomes(tasks: Iterable[Task], answers: Mapping[str, Answer]) -> Iterator[tuple[Task, Outcome]]:
    """Yields what became of pairs."""
    for task in tasks:
        recipient, donor, reference = task.pair.recipient, task.pair.donor, task.condition.reference
        names = [f"{reference} {recipient} {recipient}", f"{reference} {donor} {donor}", task.name]
        yield task, Outcome(recipient, donor, *(_emotion(answers[name]) for name in names))


def _emotion(answer: Answer) -> str:
    return answer[1] or INVALID


def _write_answers(
    path: Path, labelled: Mapping[str, Labelled], tasks: Sequence[Task], *, answers: Mapping[str, Answer]
) -> None:
    """Writes each answer; columns of another utterance are empty where there is none."""
    with atomic_write(path) as file:
        file.write("\t".join(COLUMNS) + "\n")
        for task in tasks:
            if not task.condition.exchanged:
                utt, answer = task.pair.recipient, answers[task.name]
                row = [task.condition.name, utt, "", labelled[utt].emotion, "", "", "", _emotion(answer), "", answer[0]]
                file.write("\t".join(row) + "\n")
        for task, own in _outcomes((task for task in tasks if task.condition.exchanged), answers):
            labels = labelled[own.recipient].emotion, labelled[own.donor].emotion
            said = own.own, own.other, own.answer, own.follows or "", answers[task.name][0]
            file.write("\t".join([task.condition.name, own.recipient, own.donor, *labels, *said]) + "\n")
