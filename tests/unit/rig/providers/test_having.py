# SPDX-License-Identifier: MIT
"""A board of another package's, had for this process and given back."""

import os
import tty

import pytest

from hil.device.device import Device
from hil.errors import (
    BadInputError,
    BoardBusyError,
    InfrastructureError,
    PortMissingError,
    WrongChipError,
)
from hil.rig.lock import holder
from hil.rig.probe import Chip
from hil.rig.providers.extensions import BOARDS, require_board
from hil.rig.providers.having import had, have, is_extension
from hil.rig.providers.interface import Lease, Wanted
from hil.rig.providers.named import provider_of
from hil.rig.rig import BoardSpec
from hil.serialport.line import Line

MAC = "f4:12:fa:01:02:03"
URL = "rfc2217://farm:2217"


class Farm:
    """Gives one board, and remembers what has become of it."""

    def __init__(self):
        self.lease = {}
        self.said = []

    def acquire(self, name, wanted):
        self.said.append(f"acquire {name}")
        self.wanted = wanted
        return Lease(**{"port": URL, "release": self.release, **self.lease})

    def release(self):
        self.said.append("release")

    def offers(self):
        return []


@pytest.fixture
def farm(own_computer, monkeypatch):
    made = Farm()
    monkeypatch.setitem(BOARDS._made, "farm", made)
    return made


@pytest.fixture
def pty():
    """A device that can be opened."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("port", "provider"),
    [
        ("virtual", ("virtual", "")),
        ("farm:desk-1", ("farm", "desk-1")),
        ("farm:", ("farm", "")),
        ("farm:rack:3", ("farm", "rack:3")),
        (URL, ("port", URL)),
        ("/dev/ttyUSB0", ("port", "/dev/ttyUSB0")),
        ("/dev/serial/by-path/pci-0000:00:14.0", ("port", "/dev/serial/by-path/pci-0000:00:14.0")),
        (f"mac:{MAC}", ("mac", MAC)),
    ],
)
def test_a_name_says_which_provider_is_meant(port, provider):
    assert provider_of(port) == provider
    assert is_extension(port) == (provider[0] == "farm")


def test_a_board_has_what_its_provider_knows_of_it_and_its_name_in_place_of_another(farm):
    farm.lease = {
        "chip": Chip("ESP32-S3", False, mac=MAC.upper()),
        "baud": 460_800,
        "line": Line(slow=True),
    }
    farm.lease |= {"power_cycle": "relay:3", "edge_host": "10.0.0.1", "reset": "uart"}
    spec, _ = have(BoardSpec("farm:desk-1"))
    assert str(spec) == f"farm:desk-1 at {URL}"
    assert (spec.mac, spec.baud, spec.reset, spec.line) == (MAC, 460_800, "uart", Line(slow=True))
    assert (spec.power_cycle, spec.edge_host) == ("relay:3", "10.0.0.1")


def test_a_board_is_called_what_its_lease_says_but_what_hil_toml_says_counts_before(farm):
    farm.lease = {"name": "desk-1"}
    assert have(BoardSpec("farm:colour=red"))[0].name == "desk-1"
    assert have(BoardSpec("farm:colour=red", name="left"))[0].name == "left"


def test_a_name_that_its_provider_does_not_understand_is_bad_input_before_anybody_is_asked(farm):
    require_board("farm:anything")  # which need not have such a method

    def understand(name):
        raise BadInputError(f"{name!r} is no desk.")

    farm.understand = understand
    with pytest.raises(BadInputError, match="'7' is no desk"):
        require_board("farm:7")
    assert farm.said == []


def test_what_hil_toml_says_counts_before_that(farm):
    farm.lease = {
        "baud": 460_800,
        "power_cycle": "relay:3",
        "reset": "uart",
        "edge_host": "10.0.0.1",
    }
    said = BoardSpec(
        "farm:desk-1", None, "10.0.0.2", name="desk", baud=115_200, power_cycle="x", reset="none"
    )
    spec, _ = have(said)
    assert (spec.name, spec.baud, spec.power_cycle) == ("desk", 115_200, "x")
    assert (spec.reset, spec.edge_host) == ("none", "10.0.0.2")


def test_a_port_without_reset_lines_is_one_that_cannot_be_reset(farm):
    farm.lease = {"port": "socket://farm:2217"}
    assert have(BoardSpec("farm:desk-1"))[0].reset == "none"


@pytest.mark.parametrize(
    ("chip", "sentence"),
    [(Chip("ESP32-C3", False), "ESP32-C3"), (Chip("ESP32-S3", False, mac=MAC), f"{MAC}, not f4:")],
)
def test_another_board_than_is_meant_is_given_back_at_once(farm, chip, sentence):
    farm.lease = {"chip": chip}
    with pytest.raises(WrongChipError, match=sentence):
        have(BoardSpec("farm:desk-1", mac="f4:12:fa:00:00:00"))
    assert farm.said == ["acquire desk-1", "release"]


def test_it_is_told_how_long_to_wait_and_whom_to_tell(farm):
    told = []
    have(BoardSpec("farm:", wait_s=30.0, coordinator="lab:1"), told.append)
    asked = Wanted(30.0, farm.wanted.on_wait, "lab:1", farm.wanted.refuse)
    assert farm.wanted == asked
    farm.wanted.on_wait("Ada")
    assert told == ["Ada"]


def test_a_board_that_somebody_has_is_busy_as_the_provider_says(farm, monkeypatch):
    def acquire(name, wanted):
        raise BoardBusyError("desk-1 is held by Ada.")

    monkeypatch.setattr(farm, "acquire", acquire)
    with pytest.raises(BoardBusyError, match="held by Ada"):
        have(BoardSpec("farm:desk-1"))


def test_what_is_no_lease_is_the_providers_fault(farm, monkeypatch):
    monkeypatch.setattr(farm, "acquire", lambda name, wanted: URL)
    with pytest.raises(InfrastructureError, match=r"'farm'.*which is no Lease"):
        have(BoardSpec("farm:desk-1"))


def test_it_is_given_back_once_and_when_that_fails_it_is_the_rigs_fault(farm, monkeypatch):
    _, lease = have(BoardSpec("farm:desk-1"))
    lease.release()
    lease.release()
    assert farm.said == ["acquire desk-1", "release"]

    def fail():
        raise RuntimeError("the coordinator is gone")

    monkeypatch.setattr(farm, "release", fail)
    with (
        pytest.raises(InfrastructureError, match="coordinator is gone"),
        had(BoardSpec("farm:desk-1")),
    ):
        pass


def test_a_board_whose_port_cannot_be_opened_is_given_back(farm):
    farm.lease = {"port": "/dev/none"}
    with pytest.raises(PortMissingError):
        Device.open(BoardSpec("farm:desk-1"))
    assert farm.said == ["acquire desk-1", "release"]


def test_a_board_is_given_back_whatever_happens_with_it(farm, pty):
    farm.lease = {"port": pty}

    def use():
        with Device.open(BoardSpec("farm:desk-1")) as device:
            assert device.port == pty
            assert device.spec.name == "farm:desk-1"
            assert holder(pty)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    assert farm.said == ["acquire desk-1", "release"]
    assert not holder(pty)


def test_a_provider_says_why_a_connection_is_gone(farm, pty):
    def check():
        raise PortMissingError("The farm has taken the board away.")

    farm.lease = {"port": pty, "check": check}
    with Device.open(BoardSpec("farm:desk-1")) as device:
        device.console.close()
        with pytest.raises(PortMissingError, match="taken the board away"):
            device.reconnect()


def test_a_board_to_be_power_cycled_need_not_be_there(own_computer):
    with had(BoardSpec(f"mac:{MAC}")) as spec:
        assert spec.port == f"mac:{MAC}"
        assert holder(spec.port)
