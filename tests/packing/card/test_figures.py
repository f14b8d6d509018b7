"""Scores of groups."""

import pytest

from c2ser.packing.card.figures import read_figures


def test_groups_are_those_of_the_score(write_run):
    (figures,) = read_figures(write_run())
    found = {(group.kind, group.value): (group.result["n_utts"], group.result["ua"]) for group in figures.groups}
    assert found == {
        ("sex", "female"): (12, 1.0),
        ("sex", "male"): (12, 0.75),
        ("language", "de"): (12, 0.75),
        ("language", "en"): (12, 1.0),
    }
    assert figures.worst.value == "male"
    assert figures.reasons["levels"]["pitch"]["accuracy"] == pytest.approx(1)


def test_the_worst_group_has_some_size(write_run):
    (figures,) = read_figures(write_run())
    figures.result["groups"]["age"] = {"values": {"under 30": {"n_utts": 9, "ua": 0.1}}}
    assert len(figures.groups) == 5 and figures.worst.value == "male"


def test_scores_of_earlier_versions_have_no_groups(write_run):
    (figures,) = read_figures(write_run())
    del figures.result["groups"]
    assert figures.groups == [] and figures.worst is None
