# SPDX-License-Identifier: MIT
"""Ports that come back, and ports that do not."""

import pytest

from hil.errors import BadInputError, InfrastructureError, PortBusyError, PortMissingError
from hil.serialport import returning
from hil.serialport.returning import open_when_back


@pytest.fixture
def opening(monkeypatch):
    """Have ``open_port`` raise or return one thing after the other."""

    def prepare(*outcomes):
        left = list(outcomes)

        def open_port(port, baudrate):
            outcome = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(returning, "open_port", open_port)

    return prepare


def test_a_port_is_opened_as_soon_as_it_can_be(opening):
    opening(
        PortMissingError("not there"),
        InfrastructureError("belongs to root until udev has seen it"),
        PortBusyError("its server has not noticed yet"),
        "open",
    )
    assert open_when_back("/dev/ttyACM0") == "open"


def test_a_port_that_stays_away_ends_the_wait(opening):
    opening(PortMissingError("not there"))
    with pytest.raises(PortMissingError, match=r"ttyACM0 has not come back within 0\.1 s; re-plug"):
        open_when_back("/dev/ttyACM0", patience_s=0.1)


def test_one_that_cannot_be_opened_tells_why(opening):
    opening(InfrastructureError("no permission"))
    with pytest.raises(PortMissingError, match=r"within 0 s \(no permission\); re-plug"):
        open_when_back("/dev/ttyACM0", patience_s=0)


def test_what_is_no_port_is_not_waited_for(opening):
    opening(BadInputError("no such form"))
    with pytest.raises(BadInputError):
        open_when_back("nonsense://")
