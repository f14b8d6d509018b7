"""Ways to divide a set."""

import pytest

from c2ser.data.splits import leave_one_speaker_out, stratified_hold_out
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
