# SPDX-License-Identifier: MIT
"""When the host's answers depart, in simulated time."""

import pytest

from hil.protocol import Flags, FrameHeader, MessageType
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.host_work import TOTAL_US, TURNAROUND_US
from hil.sim.clock.reaction import Reaction

TURNAROUND, TOTAL = TURNAROUND_US * CYCLES_PER_US, TOTAL_US * CYCLES_PER_US


def frame(kind: MessageType, message: int = 1, index: int = 0, session: int = 7) -> bytes:
    return FrameHeader(kind, Flags.ANSWER, session, message, index, 9).pack() + b"fragment"


@pytest.mark.parametrize("kind", [kind for kind in MessageType if kind is not MessageType.RESULT])
def test_all_but_a_result_takes_the_hosts_turnaround(kind: MessageType) -> None:
    assert Reaction().departure(1_000, frame(kind)) == 1_000 + TURNAROUND


@pytest.mark.parametrize("noise", [b"", b"SN", bytes(16)])
def test_so_does_what_is_no_frame(noise: bytes) -> None:
    assert Reaction().departure(1_000, noise) == 1_000 + TURNAROUND


def test_no_fragment_of_a_result_departs_before_the_tails_work_is_done() -> None:
    reaction = Reaction()
    for index, now in enumerate((0, 10, TOTAL - TURNAROUND)):
        assert reaction.departure(now, frame(MessageType.RESULT, index=index)) == TOTAL


def test_a_result_that_is_sent_again_costs_no_more_work() -> None:
    reaction = Reaction()
    reaction.departure(0, frame(MessageType.RESULT))
    again = reaction.departure(3 * TOTAL, frame(MessageType.RESULT))
    assert again == 3 * TOTAL + TURNAROUND


@pytest.mark.parametrize(("message", "session"), [(2, 7), (1, 8)])
def test_another_messages_result_is_work_of_its_own(message: int, session: int) -> None:
    reaction = Reaction()
    reaction.departure(0, frame(MessageType.RESULT))
    other = frame(MessageType.RESULT, message, session=session)
    assert reaction.departure(3 * TOTAL, other) == 4 * TOTAL


def keyed(kind: MessageType, session: int, message: int = 1, index: int = 0) -> bytes:
    """Return a frame with a check in place of its session."""
    flags = Flags.ANSWER | Flags.AUTHENTICATED
    return FrameHeader(kind, flags, session, message, index, 9).pack() + b"fragment"


def test_the_fragments_of_a_keyed_result_are_one_whatever_their_checks() -> None:
    reaction = Reaction()
    for index, now in enumerate((0, 10, TOTAL - TURNAROUND)):
        result = keyed(MessageType.RESULT, session=1_000 + index, index=index)
        assert reaction.departure(now, result) == TOTAL


def test_after_a_greeting_the_same_number_is_another_keyed_result() -> None:
    reaction = Reaction()
    reaction.departure(0, keyed(MessageType.RESULT, 1))
    reaction.departure(3 * TOTAL, keyed(MessageType.HELLO, 2))
    assert reaction.departure(3 * TOTAL, keyed(MessageType.RESULT, 3)) == 4 * TOTAL
