"""Scores of groups."""

import pytest

from c2ser.packing.card.figures import read_figures


def test_groups_are_scored_by_themselves(write_run, tmp_path):
    (figures,) = read_figures(write_run(), {"test": tmp_path / "dump" / "test"})
    found = {(group.kind, group.value): (group.result["n_utts"], group.result["ua"]) for group in figures.groups}
    assert found == {
        ("sex", "female"): (8, 1.0),
        ("sex", "male"): (8, 0.75),
        ("language", "de"): (8, 0.75),
        ("language", "en"): (8, 1.0),
        ("corpus", "emodb"): (16, 0.875),
    }
    assert figures.worst.result["ua"] == 0.75 and figures.result["ua"] == 0.875
    assert figures.reasons["levels"]["pitch"]["accuracy"] == pytest.approx(1)


def test_sets_without_a_folder_have_no_groups(write_run):
    (figures,) = read_figures(write_run(), {})
    assert figures.groups == [] and figures.worst is None
