"""The share of explicit targets over a training."""

import pytest

from c2ser.errors import InputError
from c2ser.rationales.schedule import ExplicitSchedule


@pytest.mark.parametrize("start, end", [(1.0, 0.0), (1.0, 1.0), (0.9, 0.3)])
def test_the_probability_of_explicit_targets_falls_linearly(start, end):
    schedule = ExplicitSchedule(start, end, 200)
    for update in (0, 1, 50, 100, 199, 200, 1000):
        assert schedule.probability(update) == pytest.approx(start + (end - start) * min(1, update / 200))
    assert schedule.final_mode == ("explicit" if end == 1.0 else "implicit")
    assert ExplicitSchedule(1.0, 1.0, 0).probability(0) == 1.0


def test_it_can_have_fallen_before_the_end():
    schedule = ExplicitSchedule(1.0, 0.0, 200, until=0.3)
    assert [schedule.probability(update) for update in (0, 30, 60, 61, 200)] == [1.0, 0.5, 0.0, 0.0, 0.0]
    for fraction in (0.0, -0.5, 1.5):
        with pytest.raises(InputError, match=f"explicit_until {fraction}: must be above 0 and up to 1"):
            ExplicitSchedule(1.0, 0.0, 200, until=fraction)


@pytest.mark.parametrize(
    "until, per_epoch, first", [(0.5, 20, 6), (0.5, 40, 4), (0.55, 20, 7), (1.0, 20, 11), (0.1, 20, 2)]
)
def test_the_first_eligible_epoch_begins_when_it_has_fallen(until, per_epoch, first):
    schedule = ExplicitSchedule(1.0, 0.0, 200, until=until)
    assert schedule.first_eligible_epoch(per_epoch) == first
    assert schedule.probability((first - 1) * per_epoch) == 0.0 < schedule.probability((first - 2) * per_epoch)


@pytest.mark.parametrize("start, end", [(0.0, 0.0), (1.0, 1.0), (0.3, 1.0), (0.3, 0.3)])
def test_every_epoch_is_eligible_where_the_mode_does_not_become_implicit(start, end):
    assert ExplicitSchedule(start, end, 200).first_eligible_epoch(20) == 1
