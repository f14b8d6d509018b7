"""The figures of a model: its scores on sets and on groups of their utterances, and how true its reasons are."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from c2ser.data.data_dir import DataDir
from c2ser.data.names import SPK2GENDER, UTT2CORPUS, UTT2LANG, UTT2SPK
from c2ser.data.tables import outer_join
from c2ser.emotions import EMOTIONS
from c2ser.scoring.answers import read_utt_tsv
from c2ser.scoring.metrics import confusion_of_pairs, summarise
from c2ser.scoring.reasons import read_reasons
from c2ser.scoring.results import read_score

SEX, LANGUAGE, CORPUS = KINDS = ("sex", "language", "corpus")
WORDS = {"f": "female", "m": "male"}


@dataclass(frozen=True)
class Group:
    """Scores of a part of a set.

    Attributes:
        kind: what the parts differ in, of `KINDS`.
        value: what this part has.
        result: see `c2ser.scoring.metrics.summarise`.
    """

    kind: str
    value: str
    result: Mapping


@dataclass(frozen=True)
class Figures:
    """What was measured of a model in a mode on a set.

    Attributes:
        mode: ``implicit``, ``explicit``, or ``measured`` for explicit answers with measured reasons.
        set: name of the set.
        result: contents of the ``result.json`` of ``score``.
        groups: by sex, language and corpus, each where it is known; none where the set's folder is not there.
        reasons: contents of the ``result.json`` of ``faithfulness``; None where that was not run.
    """

    mode: str
    set: str
    result: Mapping
    groups: list[Group]
    reasons: Mapping | None

    @property
    def worst(self) -> Group | None:
        """The group of lowest UA among those of a kind that has several; None where there are none."""
        kinds = Counter(group.kind for group in self.groups)
        compared = [group for group in self.groups if kinds[group.kind] > 1]
        return min(compared, key=lambda group: group.result["ua"], default=None)


def read_figures(alm_exp: str | Path, data_dirs: Mapping[str, Path]) -> list[Figures]:
    """Reads all that ``score`` and ``faithfulness`` found of an experiment.

    Args:
        alm_exp: its folder, with ``inference_<mode>/<set>/score`` and ``.../faithfulness``.
        data_dirs: name of a set -> its data directory.

    Returns:
        Sorted by mode and set.

    Raises:
        InputError: a file was not written by these commands.

    Example:
        >>> read_figures("exp/alm_tiny_implicit", {"test": Path("dump/test")})[0].result["ua"]  # doctest: +SKIP
        0.97
    """
    figures = []
    for path in sorted(Path(alm_exp).glob("inference_*/*/score/result.json")):
        mode, name = path.parts[-4].removeprefix("inference_"), path.parts[-3]
        score = read_score(path.parent, fold="", key=("", mode, name))
        groups = read_groups(path.with_name("utt.tsv"), data_dirs[name]) if name in data_dirs else []
        reasons = path.parents[1] / "faithfulness" / "result.json"
        stated = read_reasons(reasons) if reasons.is_file() else None
        figures.append(Figures(mode, name, score.result, groups, stated))
    return figures


def read_groups(utt_tsv: str | Path, data_dir: str | Path) -> list[Group]:
    """Scores the utterances of each sex, language and corpus by themselves.

    Args:
        utt_tsv: what ``score`` wrote of each utterance.
        data_dir: the set's, which tells sex, language and corpus.

    Returns:
        Sorted by kind and value.

    Example:
        >>> [(group.value, group.result["ua"]) for group in read_groups("score/utt.tsv", "dump/test")]
        ...  # doctest: +SKIP
        [('female', 0.91), ('male', 0.87)]
    """
    pairs: defaultdict[tuple[str, str], Counter] = defaultdict(Counter)
    for _, pair, values in outer_join(_answers(Path(utt_tsv)), _values(DataDir(data_dir))):
        for kind, value in zip(KINDS, values or ()):
            if pair is not None and value is not None:
                pairs[kind, value][pair] += 1
    keys = sorted(pairs, key=lambda key: (KINDS.index(key[0]), key[1]))
    return [Group(*key, summarise(confusion_of_pairs(pairs[key], list(EMOTIONS)))) for key in keys]


def _answers(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yields each utterance with its true and its recognised emotion."""
    for utterance, truth, answer, _ in read_utt_tsv(path):
        yield utterance, (truth, answer)


def _values(data: DataDir) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Yields each utterance with its value of each of `KINDS`."""
    sexes = data.read_optional(SPK2GENDER)
    for utterance, speaker, language, corpus in data.iterate(UTT2SPK, optional=[UTT2LANG, UTT2CORPUS]):
        sex = sexes.get(speaker)
        yield utterance, (WORDS.get(sex, sex), language, corpus)
