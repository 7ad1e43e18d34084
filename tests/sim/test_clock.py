# SPDX-License-Identifier: MIT
"""Simulated time: order, debts, and that nothing else moves it."""

from hypothesis import given
from hypothesis import strategies as st

from hil.sim.clock.clock import RESTLESS_EVENTS, SimClock


def drain(clock: SimClock) -> None:
    while clock.step():
        pass


@given(st.lists(st.integers(min_value=0, max_value=1000)))
def test_events_fire_in_order_of_time_then_of_scheduling(times: list[int]) -> None:
    clock, fired = SimClock(), []
    for number, time in enumerate(times):
        clock.at(time, lambda t=time, n=number: fired.append((t, n, clock.now)))
    drain(clock)
    assert [(t, n) for t, n, _ in fired] == sorted((t, n) for n, t in enumerate(times))
    assert all(now == t for t, _, now in fired)


def test_time_stands_still_without_events() -> None:
    clock = SimClock()
    assert not clock.step()
    assert clock.now == 0


def test_an_event_scheduled_for_the_past_fires_now() -> None:
    clock, fired = SimClock(), []
    clock.at(100, lambda: clock.at(50, lambda: fired.append(clock.now)))
    drain(clock)
    assert fired == [100]


def test_a_cancelled_event_does_not_fire() -> None:
    clock, fired = SimClock(), []
    event = clock.at(10, lambda: fired.append(1))
    event.cancel()
    drain(clock)
    assert not fired
    assert not event.pending


def test_time_stands_still_while_the_host_owes_an_answer() -> None:
    clock, fired = SimClock(), []
    debt = object()
    clock.owe(debt)
    clock.at(0, lambda: fired.append("now"))
    clock.at(1, lambda: fired.append("later"))
    drain(clock)
    assert fired == ["now"]
    assert clock.waits_for_host
    clock.paid(debt)
    drain(clock)
    assert fired == ["now", "later"]


def test_forgiven_debts_let_time_go_on() -> None:
    clock, fired = SimClock(), []
    clock.owe(object())
    clock.owe(object())
    clock.at(1, lambda: fired.append(1))
    assert clock.forgive() == 2
    drain(clock)
    assert fired == [1]


def test_whoever_runs_the_clock_is_woken_by_new_events_and_paid_debts() -> None:
    clock, woken = SimClock(), []
    clock.on_wake(lambda: woken.append(1))
    clock.at(5, lambda: None)
    debt = object()
    clock.owe(debt)
    clock.paid(debt)
    assert len(woken) == 2


def test_what_comes_from_outside_waits_until_nothing_can_happen() -> None:
    clock, happened = SimClock(), []
    clock.at(10, lambda: clock.at(20, lambda: happened.append(clock.now)))
    clock.at_rest(lambda: happened.append("outside"))
    drain(clock)
    assert happened == [20, "outside"]


def test_an_answer_is_taken_while_the_host_owes() -> None:
    clock, happened = SimClock(), []
    debt = object()
    clock.owe(debt)
    clock.at(1, lambda: happened.append("later"))
    clock.at_standstill(lambda: clock.paid(debt))
    drain(clock)
    assert happened == ["later"]


def test_a_request_waits_for_what_the_host_owes_and_for_what_that_causes() -> None:
    """Else it would depend on the host's speed what the request finds."""
    clock, happened = SimClock(), []
    debt = object()
    clock.owe(debt)
    clock.at(10, lambda: happened.append("the answer's effect"))
    clock.at_rest(lambda: happened.append("request"))
    drain(clock)
    assert happened == []
    clock.at_standstill(lambda: clock.paid(debt))
    drain(clock)
    assert happened == ["the answer's effect", "request"]


def test_a_request_can_be_let_in_although_the_host_owes() -> None:
    clock, happened = SimClock(), []
    clock.owe(object())
    clock.at_rest(lambda: happened.append("request"))
    drain(clock)
    assert clock.has_requests
    clock.admit()
    drain(clock)
    assert happened == ["request"]
    assert not clock.has_requests


def test_what_comes_from_outside_is_taken_one_at_a_time_in_its_order() -> None:
    clock, happened = SimClock(), []
    clock.at_rest(lambda: clock.at(5, lambda: happened.append("what the first causes")))
    clock.at_rest(lambda: happened.append("second"))
    drain(clock)
    assert happened == ["what the first causes", "second"]


def test_boards_that_never_rest_do_not_keep_the_host_out() -> None:
    clock, happened = SimClock(), []

    def tick() -> None:
        if len(happened) < 2:
            clock.at(clock.now + 1, tick)

    tick()
    clock.at_rest(lambda: happened.append(clock.now))
    clock.at_rest(lambda: happened.append(clock.now))
    drain(clock)
    assert happened == [RESTLESS_EVENTS, 2 * RESTLESS_EVENTS]


def test_a_host_that_always_has_answers_does_not_keep_its_requests_out() -> None:
    clock, happened = SimClock(), []

    def tick() -> None:
        if not happened:
            clock.at(clock.now + 1, tick)
            clock.at_standstill(lambda: None)

    tick()
    clock.at_rest(lambda: happened.append(clock.now))
    for _ in range(3 * RESTLESS_EVENTS):
        clock.step()
    assert happened == [RESTLESS_EVENTS]


def test_a_debt_is_owed_until_it_is_paid_or_forgiven() -> None:
    clock, one, two = SimClock(), object(), object()
    clock.owe(one)
    clock.owe(two)
    clock.paid(one)
    assert (clock.owes(one), clock.owes(two)) == (False, True)
    clock.forgive()
    assert not clock.owes(two)
