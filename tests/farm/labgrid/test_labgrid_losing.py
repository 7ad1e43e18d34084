# SPDX-License-Identifier: MIT
"""Places that are lost while they are used: the error says to what, and the board is let go."""

import threading

import pytest
from labgrid_farm import EXPORTER, PATIENCE_S, Farm

from hil.device.device import Device
from hil.errors import BoardLostError, CoordinatorError
from hil.labgrid.session import Session
from hil.rig.providers.having import have
from hil.rig.rig import BoardSpec

DESK_1 = BoardSpec("labgrid:name=desk-1")


def test_a_coordinator_that_is_started_again_has_forgotten_who_has_the_board(
    own_farm: Farm,
) -> None:
    with Device.open(DESK_1) as device:
        own_farm.stop("coordinator")
        own_farm.start_coordinator()
        assert device.console.wait_end(PATIENCE_S)  # nobody speaks to the board any more
        why = r"desk-1 of labgrid is lost.* again forgets"
        with pytest.raises(BoardLostError, match=why), device.lend_port():
            pass
    own_farm.stop("exporter")
    own_farm.start_exporter()
    own_farm.add_places()
    _, lease = have(DESK_1)
    lease.release()


def test_while_the_coordinator_is_gone_nobody_can_have_a_board(own_farm: Farm) -> None:
    _, lease = have(DESK_1)
    own_farm.stop("coordinator")
    with pytest.raises(BoardLostError, match="cannot be reached"):
        lease.check()
    lease.release()  # there is nobody to give it back to
    with pytest.raises(CoordinatorError, match="start it, or mend its address"):
        have(DESK_1)


def test_a_board_whose_exporter_has_gone_is_gone_with_it(own_farm: Farm) -> None:
    _, lease = have(DESK_1)
    lease.check()
    own_farm.stop("exporter")
    own_farm.told(lambda session: not session.resources())
    with pytest.raises(BoardLostError, match=rf"exporter {EXPORTER} of labgrid has gone.*desk-1"):
        lease.check()
    lease.release()
    assert own_farm.holders() == {}


def taken(farm: Farm) -> Session:
    """Take the place away, and have it as somebody else."""
    session = farm.session()
    found = session.place("desk-1")
    assert found is not None
    session.release("desk-1", found.holder)
    for reservation in session.reservations():
        session.cancel(reservation.token)
    session.acquire("desk-1")
    return session


def test_a_place_that_somebody_else_has_taken_is_left_to_him(farm: Farm) -> None:
    with Device.open(DESK_1) as device:
        somebody = taken(farm)
        assert device.console.wait_end(PATIENCE_S)
        why = r"taken from this session \(elsewhere/ada since"
        with pytest.raises(BoardLostError, match=why), device.lend_port():
            pass
    assert farm.holders() == {"desk-1": "elsewhere/ada"}
    somebody.release("desk-1")
    somebody.close()


def test_whoever_asks_to_be_told_of_a_loss_is_told_also_when_it_is_past(farm: Farm) -> None:
    _, lease = have(DESK_1)
    lost = threading.Event()
    lease.on_lost(lost.set)
    farm.kick("desk-1")
    assert lost.wait(PATIENCE_S)
    with pytest.raises(BoardLostError, match=r"taken from this session \(nobody has it now\)"):
        lease.check()
    late = threading.Event()
    lease.on_lost(late.set)
    assert late.is_set()
    lease.release()
    assert farm.reservations() == 0


def test_a_place_that_is_deleted_is_lost(farm: Farm) -> None:
    farm.add_place("desk-3", f"{EXPORTER}/desk-1/*")
    _, lease = have(BoardSpec("labgrid:name=desk-3"))
    lost = threading.Event()
    lease.on_lost(lost.set)
    farm.kick("desk-3")  # labgrid forgets what belongs to a place that is deleted
    farm.delete_place("desk-3")
    assert lost.wait(PATIENCE_S)
    lease.release()
