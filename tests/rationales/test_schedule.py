"""The share of explicit targets over a training."""

import pytest

from c2ser.rationales.schedule import ExplicitSchedule


@pytest.mark.parametrize("start, end", [(1.0, 0.0), (1.0, 1.0), (0.9, 0.3)])
def test_the_probability_of_explicit_targets_falls_linearly(start, end):
    schedule = ExplicitSchedule(start, end, 200)
    for update in (0, 1, 50, 100, 199, 200, 1000):
        assert schedule.probability(update) == pytest.approx(start + (end - start) * min(1, update / 200))
    assert schedule.final_mode == ("explicit" if end == 1.0 else "implicit")
    assert ExplicitSchedule(1.0, 1.0, 0).probability(0) == 1.0
