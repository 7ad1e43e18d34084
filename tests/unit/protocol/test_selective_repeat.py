# SPDX-License-Identifier: MIT
"""Laws of selective repeat between the two sides, over a link that does its worst."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import MessageType

KINDS = st.sampled_from([MessageType.DATA, MessageType.ECHO])
FRAGMENTS = st.integers(1, 40)
FATES = st.lists(
    st.one_of(
        st.just(()),
        st.just((0,)),
        st.lists(st.floats(0, 60), min_size=1, max_size=3).map(tuple),
    ),
    max_size=120,
).filter(lambda fates: fates.count(()) < 15)  # with 20 losses in a row it may give up
ON_TIME = (0,)


def scheduled(fates):
    """The greeting takes two frames; then these fates, then good weather."""
    return itertools.chain([ON_TIME, ON_TIME], fates, itertools.repeat(ON_TIME))


@given(FATES, KINDS, st.lists(FRAGMENTS, min_size=1, max_size=3), st.sampled_from([0, 90_000]))
def test_each_message_is_delivered_once_and_unaltered_whatever_the_link_does(
    simulation, fates, kind, sizes, tail_us
):
    link = simulation.Exchanges(scheduled(fates), tail_us)
    payloads = [simulation.payload_of(size, seed) for seed, size in enumerate(sizes)]
    for number, payload in enumerate(payloads, 1):
        answer = link.ask(kind, payload)
        assert answer == simulation.reply_to(link.delivered[number])
    assert [message.payload for message in link.delivered[1:]] == payloads


@given(st.integers(0, 2**32), st.floats(0, 1), st.floats(0, 1), KINDS, FRAGMENTS)
def test_without_loss_nothing_is_sent_twice(simulation, seed, doubled, overtaken, kind, fragments):
    link = simulation.Exchanges(simulation.weather(seed, 0, doubled, overtaken))
    for number in range(3):
        assert link.ask(kind, simulation.payload_of(fragments, number)) is not None
    assert link.resent == 0
    assert link.asking.polls == 0


@given(st.integers(0, 2**32), FRAGMENTS)
def test_what_was_sent_in_other_sessions_or_for_older_messages_changes_nothing(
    simulation, seed, fragments
):
    weather = simulation.weather(seed, 0.2, 0.2, 0.2)
    before = simulation.Exchanges(weather, session=1)
    before.ask(MessageType.DATA, simulation.payload_of(fragments, 1))
    link = simulation.Exchanges(weather, session=2, answering=before.answering)
    link.ask(MessageType.DATA, simulation.payload_of(fragments, 2))
    old_up, old_down = before.up + link.up, before.down + link.down

    request = simulation.payload_of(fragments, 3)
    asked = link.asking
    stale = [link.answering.receive(frame) for frame in old_up]
    assert [message for _, message in stale if message is not None] == []
    answer = link.ask(MessageType.DATA, request)
    stale = [link.answering.receive(frame) for frame in old_up]
    assert stale == [([], None)] * len(stale)
    assert [asked.receive(frame, link.now) for frame in old_down] == [[]] * len(old_down)
    assert asked.answer == answer == simulation.reply_to(link.delivered[-1])
    assert link.delivered[-1].payload == request


@pytest.mark.parametrize("kind", [MessageType.DATA, MessageType.ECHO])
@pytest.mark.parametrize(("fragments", "messages"), [(5, 200), (28, 120)])
def test_with_a_fifth_lost_hardly_more_is_sent_again_than_was_lost(
    simulation, kind, fragments, messages
):
    loss = 0.2
    link = simulation.Exchanges(simulation.weather(5, loss, 0.02, 0.05))
    for number in range(messages):
        payload = simulation.payload_of(fragments, number)
        assert link.ask(kind, payload) == simulation.reply_to(link.delivered[-1])
        assert link.delivered[-1].payload == payload
    assert len(link.delivered) == 1 + messages
    answers = fragments if kind is MessageType.ECHO else 1
    allowed = [messages * (1.3 * loss / (1 - loss) * n + 1) for n in (fragments, answers)]
    assert 0 < link.asking.resent < allowed[0]
    assert 0 < link.answering.resent < allowed[1]


def test_a_message_of_thousands_of_fragments_arrives(simulation):
    link = simulation.Exchanges(simulation.weather(5, 0.05, 0.02, 0.05))
    payload = simulation.payload_of(2_626)
    assert link.ask(MessageType.DATA, payload) is not None
    assert link.delivered[-1].payload == payload
