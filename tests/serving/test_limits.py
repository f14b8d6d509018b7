"""Limits, and how they are counted."""

import pytest

from c2ser.errors import InputError

pytest.importorskip("limits", reason="the extra [serve] is not installed")

from c2ser.serving.limits import Gate, Limits, Refused  # noqa: E402


def test_clients_are_counted_apart():
    gate = Gate(Limits(rate="2/hour"))
    for client in ("a", "a", "b"):
        gate.check_rate(client)
    with pytest.raises(Refused, match="^more than 2 per 1 hour from one client; send fewer$") as refused:
        gate.check_rate("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 3600)
    gate.check_rate("b")


def test_a_rate_that_is_none_is_one_line():
    with pytest.raises(InputError, match="^rate 'fast': not a number per time such as 60/minute$"):
        Gate(Limits(rate="fast"))


def test_only_so_many_wait():
    gate = Gate(Limits(waiting=2))
    with gate, gate:
        with pytest.raises(Refused, match="^2 requests wait already; send it again later$") as refused, gate:
            pass
    assert refused.value.status == 503 and gate.waiting == 0
    with gate:
        assert gate.waiting == 1
