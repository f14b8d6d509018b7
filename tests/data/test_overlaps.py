"""What sets share, against counting in memory."""

import logging
import random

import pytest
from helpers.data_dirs import spk2utt, write_tables

from c2ser.data import external_sort
from c2ser.data.overlaps import find_overlaps, log_shared_speakers, shared_or_apart, speakers


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_sets_in_memory(seed):
    rng = random.Random(seed)
    columns = {
        name: [(f"{name}-{i}", rng.choice(["a", "a b", "ä", "中", "z", None])) for i in range(rng.randrange(9))]
        for name in ("train", "dev", "test")
    }
    found = find_overlaps(columns)
    for (first, second), overlap in found.items():
        own = [value for _, value in columns[second] if value is not None]
        values = {value for _, value in columns[first]} & set(own)
        if first == second:
            values = {value for value in values if own.count(value) > 1}
        assert overlap.shared == len(values) and overlap.values == len(set(own)) and overlap.total == len(own)
        assert overlap.utterances == sum(value in values for value in own) - (len(values) if first == second else 0)
        sets = {first, second}
        assert overlap.unknown == sum(value is None for name in sets for _, value in columns[name])
        known = dict(columns[first] + columns[second])
        assert len(overlap.examples) == min(5, overlap.utterances)
        assert all(known[utt] == known[other] and utt != other for utt, other in overlap.examples)


def test_more_than_fits_in_memory_is_the_same(monkeypatch):
    columns = {name: [(f"{name}-{i}", str(i * 7 % 31)) for i in range(50)] for name in ("train", "test")}
    whole = find_overlaps(columns)
    monkeypatch.setattr(external_sort.sort_lines, "__defaults__", (8,))
    assert find_overlaps(columns) == whole


def test_apart_needs_all_speakers_known():
    assert [shared_or_apart(*figures) for figures in ((0, 0), (0, 2), (4, 2))] == ["apart", "unknown", "4 shared"]


def write_speakers(directory, utt2spk):
    return write_tables(directory, {"utt2spk": utt2spk, "spk2utt": spk2utt(utt2spk)})


def test_sets_that_share_speakers_are_a_warning(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    write_speakers(tmp_path / "train", {"a-1": "a", "b-1": "b", "c-1": "c"})
    write_speakers(tmp_path / "dev", {"d-1": "d"})
    test = write_speakers(tmp_path / "test", {"a-2": "a", "a-3": "a", "e-1": "e", "u1": "u1"})
    assert dict(speakers(test)) == {"a-2": "a", "a-3": "a", "e-1": "e", "u1": None}
    log_shared_speakers([tmp_path / name for name in ("train", "dev", "test", "no_such_set")])
    found = {(record.levelname, record.getMessage()) for record in caplog.records}
    assert found == {
        ("INFO", "train and dev: speakers apart (1 speaker in dev)"),
        (
            "WARNING",
            "train and test: 1 of 2 speakers of test are in train too, with 66.7% of its utterances; results on it are"
            " not speaker-independent",
        ),
        ("WARNING", "dev and test: whether their speakers are apart is unknown: 1 utterances have no speaker"),
    }
