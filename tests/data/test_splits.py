"""Ways to divide a set."""

import pytest

from c2ser.data.splits import (
    chosen_of_each_class,
    divide_by_speakers,
    divide_by_utterances,
    leave_one_speaker_out,
    stratified_hold_out,
)
from c2ser.errors import InputError


def test_hold_out_keeps_the_classes_shares():
    classes = {f"u{i}": "ab"[i % 4 == 0] for i in range(400)}
    drawn = stratified_hold_out(classes, 0.1)
    assert [sum(classes[utt] == name for utt in drawn) for name in "ab"] == [30, 10]
    assert drawn == stratified_hold_out(dict(reversed(classes.items())), 0.1)


def test_every_speaker_is_test_once_and_dev_once():
    utt2spk = {f"s{i % 5}-{i}": f"s{i % 5}" for i in range(20)}
    folds = [leave_one_speaker_out(utt2spk, fold) for fold in range(1, 6)]
    for name in ("test", "dev"):
        assert set.union(*(fold[name] for fold in folds)) == set(utt2spk)
        assert all(len({utt2spk[utt] for utt in fold[name]}) == 1 for fold in folds)
    assert all(sum(map(len, fold.values())) == 20 for fold in folds)
    with pytest.raises(InputError, match="fold 6 of 5 speakers"):
        leave_one_speaker_out(utt2spk, 6)


SHARES = {"test": 0.2, "dev": 0.1}


def test_speakers_are_in_one_set_and_classes_near_their_shares():
    utt2spk, classes = {}, {}
    for speaker in range(20):
        for number in range(4 + speaker % 5):
            utt = f"s{speaker}-{number}"
            utt2spk[utt], classes[utt] = f"s{speaker}", "angry" if (number + speaker) % 3 else "sad"
    sets = divide_by_speakers(utt2spk, classes, shares=SHARES)
    speakers = [{utt2spk[utt] for utt in utts} for utts in sets.values()]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 20 and sum(map(len, sets.values())) == len(utt2spk)
    for name, share in (SHARES | {"train": 0.7}).items():
        for cls in ("angry", "sad"):
            members = {utt for utt in classes if classes[utt] == cls}
            assert abs(len(sets[name] & members) / len(members) - share) < 0.05
    assert sets == divide_by_speakers(dict(reversed(utt2spk.items())), classes, shares=SHARES)


def test_three_speakers_and_one_who_alone_has_a_class_stays_in_train():
    utt2spk = {f"{speaker}-{number}": speaker for speaker in "abc" for number in range(3)}
    classes = dict.fromkeys(utt2spk, "sad") | {"a-0": "angry"}
    sets = divide_by_speakers(utt2spk, classes, shares=SHARES)
    assert {utt2spk[utt] for utt in sets["train"]} == {"a"} and len(sets["dev"]) == len(sets["test"]) == 3
    with pytest.raises(InputError, match="2 speakers cannot be apart in test and dev and train"):
        divide_by_speakers({"a-0": "a", "b-0": "b"}, {}, shares=SHARES)


def test_utterances_are_divided_by_class():
    classes = {f"{name}{number}": name for name in "ab" for number in range(10)}
    sets = divide_by_utterances(classes, SHARES)
    assert {name: len(utts) for name, utts in sets.items()} == {"test": 4, "dev": 2, "train": 14}
    assert set.union(*sets.values()) == set(classes)


@pytest.mark.parametrize("fraction", [0.0, 1e-6, 0.1, 0.5, 1.0])
def test_the_draw_of_a_large_set_is_that_of_a_small_one(fraction):
    classes = {f"u{number:04d}": "abc"[number % 7 % 3] for number in range(1000)}
    rows = sorted([*classes.items(), ("u0000x", None), ("v", None)])
    drawn = {utt for (utt, _), chosen in zip(rows, chosen_of_each_class(rows, fraction), strict=True) if chosen}
    assert drawn == stratified_hold_out(classes, fraction)
