"""Speakers divided such that sets are alike, beside scikit-learn's way."""

import random
import warnings
from collections import Counter

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from c2ser.data.speaker_split import class_deviation, divide_speakers, gaps, speaker_folds
from c2ser.errors import InputError

EMOTIONS = ("angry", "happy", "neutral", "sad")


def random_counts(seed: int, num_speakers: int = 24) -> tuple[dict[str, Counter], dict[str, str]]:
    """Speakers who differ in size and in what they say."""
    rng = random.Random(seed)
    counts = {
        f"s{number}": Counter({emotion: rng.randrange(1, 30) for emotion in EMOTIONS if rng.random() < 0.8})
        for number in range(num_speakers)
    }
    return {speaker: own or Counter(sad=1) for speaker, own in counts.items()}, {s: rng.choice("mf") for s in counts}


def divided_by_scikit_learn(counts, num_folds):
    rows = [(emotion, speaker) for speaker, own in counts.items() for emotion in own.elements()]
    emotions, speakers = map(np.array, zip(*rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        splits = StratifiedGroupKFold(num_folds).split(emotions, emotions, speakers)
        return [sorted(set(speakers[test])) for _, test in splits]


@pytest.mark.parametrize("seed", range(6))
def test_folds_are_more_alike_than_those_of_scikit_learn(seed):
    counts, sexes = random_counts(seed)
    folds = divide_speakers(counts, [0.25] * 4, sexes=sexes)
    assert sorted(speaker for fold in folds for speaker in fold) == sorted(counts)
    assert class_deviation(folds, counts) <= class_deviation(divided_by_scikit_learn(counts, 4), counts)
    assert gaps(folds, counts) == 0
    total = sum(counts.values(), Counter()).total()
    for fold in folds:
        size = sum(counts[speaker].total() for speaker in fold)
        women = sum(counts[speaker].total() for speaker in fold if sexes[speaker] == "f")
        of_all = sum(own.total() for speaker, own in counts.items() if sexes[speaker] == "f")
        assert abs(size / total - 0.25) < 0.03 and abs(women / size - of_all / total) < 0.1
    assert folds == divide_speakers(dict(reversed(counts.items())), [0.25] * 4, sexes=sexes)


def test_shares_of_different_size():
    counts, sexes = random_counts(0, num_speakers=40)
    groups = divide_speakers(counts, [0.8, 0.1, 0.1], sexes=sexes)
    total = sum(counts.values(), Counter()).total()
    sizes = [sum(counts[speaker].total() for speaker in group) / total for group in groups]
    assert np.allclose(sizes, [0.8, 0.1, 0.1], atol=0.02)
    assert gaps(groups, counts) == 0 and class_deviation(groups, counts) < 0.05


def test_no_group_is_empty_and_what_one_speaker_has_is_in_the_largest():
    counts = {"a": Counter(sad=90), "b": Counter(sad=1), "c": Counter(sad=1, happy=1)}
    groups = divide_speakers(counts, [0.8, 0.1, 0.1])
    assert "c" in groups[0] and sorted(map(len, groups)) == [1, 1, 1]
    with pytest.raises(InputError, match="2 speakers cannot be divided into 3 sets"):
        divide_speakers({"a": Counter(sad=1), "b": Counter(sad=1)}, [0.8, 0.1, 0.1])


def test_as_many_folds_as_have_every_emotion_and_nearly_its_share():
    alike = {f"s{number}": Counter(sad=10, happy=10) for number in range(7)}
    assert len(speaker_folds(alike)) == 5
    three_are_happy = {f"s{number}": Counter(sad=10, happy=10 * (number < 3)) for number in range(6)}
    folds = speaker_folds(three_are_happy)
    assert len(folds) == 3 and gaps(folds, three_are_happy) == 0
    assert speaker_folds({"OAF": Counter(sad=1), "YAF": Counter(sad=1)}) == [["OAF"], ["YAF"]]
    assert len(speaker_folds(alike, num_folds=2)) == 2
    with pytest.raises(InputError, match="1 speakers cannot be divided into 2"):
        speaker_folds({"a": Counter(sad=1)})
