# SPDX-License-Identifier: MIT
"""The laws of one way: what passes, when, and in which form."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import Ack, Flags, FrameHeader, Message, MessageType, fragment
from hil.protocol.packet import ack_frame
from hil.transport.impairment.counts import Counts
from hil.transport.impairment.plan import MOST_DELAY, Plan
from hil.transport.impairment.way import MOST_OVERTAKING, Way

RATES = st.sampled_from([0.0, 0.1, 0.5, 1.0])
SEEDS = st.integers(0, 2**16)
MOVES = st.lists(st.sampled_from(["frame", "tick"]), max_size=60)


def frames(messages, count=3, session=7):
    """Fragments that all differ."""
    return [
        FrameHeader(MessageType.DATA, Flags.NONE, session, number, index, count).pack()
        + bytes([number % 256, index]) * 8
        for number in range(1, messages + 1)
        for index in range(count)
    ]


SENT = frames(20)


def way(plan, *, seed="", repairs=True, from_board=True):
    counts = Counts()
    return Way(plan, counts, seed, repairs=repairs, from_board=from_board), counts


def run(way, moves, sent=SENT):
    """Return what came out, in order, and what was put in."""
    out, left = [], iter(sent)
    given_in = []
    for move in moves:
        if move == "tick":
            out += way.tick()
        else:
            given_in.append(next(left))
            out += way.through(given_in[-1])
    return out, given_in


@given(SEEDS, MOVES, st.booleans(), st.booleans())
def test_without_rates_nothing_changes(seed, moves, repairs, from_board):
    each, counts = way(Plan(), seed=seed, repairs=repairs, from_board=from_board)
    out, given_in = run(each, moves)
    assert out == given_in
    assert counts == Counts(frames=len(given_in))


@given(SEEDS, MOVES, RATES, RATES, RATES, RATES, st.booleans())
def test_at_full_loss_nothing_passes(seed, moves, duplicate, reorder, delay, corrupt, from_board):
    plan = Plan(loss=1, duplicate=duplicate, reorder=reorder, delay=delay, corrupt=corrupt)
    each, counts = way(plan, seed=seed, from_board=from_board)
    out, given_in = run(each, moves)
    assert (out, each.held) == ([], 0)
    assert counts == Counts(frames=len(given_in), dropped=len(given_in))


@given(SEEDS, MOVES, RATES, RATES, RATES, RATES, st.booleans())
def test_what_comes_out_was_put_in_or_is_a_double_and_the_counts_say_so(
    seed, moves, loss, duplicate, reorder, delay, from_board
):
    plan = Plan(loss=loss, duplicate=duplicate, reorder=reorder, delay=delay)
    each, counts = way(plan, seed=seed, from_board=from_board)
    out, given_in = run(each, moves)
    assert all(number <= 2 for number in Counter(out).values())
    assert set(out) <= set(given_in)
    passed = len(given_in) - counts.dropped + counts.duplicated
    assert len(out) + each.held == passed
    each.end()
    assert counts.withheld == passed - len(out)
    for _ in range(MOST_DELAY):
        assert each.tick() == []


@given(SEEDS, MOVES, RATES, RATES, st.integers(1, 10), st.booleans())
def test_what_is_held_back_comes_once_enough_frames_have_come_from_the_board(
    seed, moves, reorder, delay, delay_frames, from_board
):
    plan = Plan(reorder=reorder, delay=delay, delay_frames=delay_frames)
    each, _ = way(plan, seed=seed, from_board=from_board)
    out, given_in = run(each, moves)
    for _ in range(max(delay_frames, MOST_OVERTAKING)):
        out += each.tick()
    assert each.held == 0
    assert Counter(out) == Counter(given_in)


@given(SEEDS, MOVES, st.tuples(*[RATES] * 7), st.sampled_from([("session",), ("message", "model")]))
def test_the_same_seed_decides_alike_and_no_frame_is_made_of_nothing(seed, moves, rates, kinds):
    loss, duplicate, reorder, corrupt, delay, replay, foreign = rates
    plan = Plan(
        loss=loss,
        duplicate=duplicate,
        reorder=reorder,
        corrupt=corrupt,
        delay=delay,
        replay=replay,
        foreign=foreign,
        foreign_in=kinds,
    )
    (one, counted), (other, also) = way(plan, seed=seed), way(plan, seed=seed)
    out, _ = run(one, moves)
    assert run(other, moves)[0] == out
    assert also == counted
    made = counted.duplicated + counted.replayed + counted.foreign
    assert len(out) + one.held == counted.frames - counted.dropped + made


@given(SEEDS, st.integers(1, 20))
def test_a_frame_is_delayed_by_just_so_many_others(seed, behind):
    each, counts = way(Plan(delay=1, delay_frames=behind), seed=seed)
    assert each.through(SENT[0]) == []
    assert [each.tick() for _ in range(behind)] == [[]] * (behind - 1) + [[SENT[0]]]
    assert counts.delayed == 1


def test_towards_a_board_a_reordered_frame_comes_behind_others_or_when_the_board_asks_again():
    plan = Plan(reorder=0.3)
    each, counts = way(plan, seed="x", from_board=False)
    out = [frame for frame in SENT for frame in each.through(frame)]
    places = [out.index(frame) - SENT.index(frame) for frame in SENT if frame in out]
    assert max(places) <= MOST_OVERTAKING
    assert counts.reordered > 5
    assert min(places) < 0 < max(places)
    alone, _ = way(Plan(reorder=1), from_board=False)
    assert alone.through(SENT[0]) == []
    assert alone.tick() == [SENT[0]]


@given(SEEDS, st.binary(min_size=1, max_size=60))
def test_one_bit_behind_the_header_is_flipped(seed, piece):
    frame = SENT[0][:16] + piece
    each, counts = way(Plan(corrupt=1), seed=seed)
    (out,) = each.through(frame)
    assert out[:16] == frame[:16]
    assert sum((a ^ b).bit_count() for a, b in zip(out, frame, strict=True)) == 1
    assert counts.corrupted == 1


def test_a_header_alone_has_nothing_to_flip():
    each, counts = way(Plan(corrupt=1))
    assert each.through(SENT[0][:16]) == [SENT[0][:16]]
    assert counts.corrupted == 0


def test_a_replayed_frame_is_one_of_an_earlier_message_also_of_another_session():
    each, counts = way(Plan(replay=1))
    for frame in SENT[:3]:
        assert each.through(frame) == [frame]
    seen = set()
    for frame in SENT[3:6]:
        earlier, last = each.through(frame)
        assert last == frame
        seen.add(earlier)
    assert seen <= set(SENT[:3])
    other = frames(1, session=8)[0]
    assert each.through(other)[0] in SENT[:6]
    assert counts.replayed == 4


def test_where_nothing_is_repaired_frames_only_have_others_in_front_of_a_messages_last():
    plan = Plan(loss=1, duplicate=1, reorder=1, delay=1, replay=1, foreign=1)
    each, counts = way(plan, repairs=False)
    out = [each.through(frame) for frame in SENT[:6]]
    assert [len(some) for some in out] == [1, 1, 2, 1, 1, 3]
    assert [some[-1] for some in out] == SENT[:6]
    assert counts == Counts(frames=6, replayed=1, foreign=2)


def test_what_is_no_frame_passes_or_is_lost_like_one():
    each, counts = way(Plan(replay=1, foreign=1, duplicate=1))
    assert each.through(b"garbage") == [b"garbage"] * 2
    assert way(Plan(loss=1))[0].through(b"garbage") == []
    assert counts.foreign == 0


@pytest.mark.parametrize("kind", ["session", "message"])
def test_a_foreign_frame_comes_in_front_and_differs_in_what_it_is_to(kind):
    each, _ = way(Plan(foreign=1, foreign_in=(kind,)))
    foreign, own = map(FrameHeader.parse, (f[:16] for f in each.through(SENT[0])))
    assert own == FrameHeader.parse(SENT[0][:16])
    assert (foreign.session == own.session) == (kind == "message")
    assert (foreign.message_id == own.message_id) == (kind == "session")


def test_a_frame_of_another_model_takes_the_place_of_the_right_one_and_its_crc_is_right():
    message = Message(MessageType.RESULT, Flags.ANSWER, 7, 3, 0x1234, bytes(72))
    (frame,) = fragment(message, 200)
    each, counts = way(Plan(foreign=1, foreign_in=("model",)))
    (out,) = each.through(frame)
    changed = Message.parse(FrameHeader.parse(out[:16]), out[16:])
    assert changed.model_id != message.model_id
    assert changed._replace(model_id=message.model_id) == message
    acknowledgement = ack_frame(message, Flags.NONE, Ack(3))
    assert each.through(acknowledgement) == [acknowledgement]
    assert counts.foreign == 1


def test_where_there_is_a_key_nothing_is_made_another_models():
    message = Message(MessageType.RESULT, Flags.ANSWER, 7, 3, 0x1234, bytes(72))
    (frame,) = fragment(message, 200, bytes(range(16)))
    each, counts = way(Plan(foreign=1, foreign_in=("model",)))
    assert each.through(frame) == [frame]
    assert counts.foreign == 0
