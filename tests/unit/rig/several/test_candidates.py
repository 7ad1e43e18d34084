# SPDX-License-Identifier: MIT
"""Which boards a session over several of them may have."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from hil.errors import BadInputError
from hil.rig.providers.extensions import BOARDS
from hil.rig.providers.interface import Offer
from hil.rig.several import candidates
from hil.rig.several.candidates import Candidates
from hil.serialport.ports import SerialPort


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a hil.toml; return how candidates are found with it."""
    monkeypatch.delenv("HIL_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))

    def find(text: str, *named: str) -> Candidates:
        (tmp_path / "hil.toml").write_text(text)
        return Candidates.find(named, [tmp_path])

    return find


def board(name: str, *roles: str, port: str | None = None) -> str:
    words = ", ".join(f'"{role}"' for role in roles)
    return f'[[boards]]\nname = "{name}"\nport = "{port or "/dev/tty" + name}"\nroles = [{words}]\n'


def test_without_a_file_there_are_as_many_virtual_boards_as_wanted(described) -> None:
    found = described("")
    assert found.virtual
    assert found.suffice_for(2) is None
    found.require(1_000, 2)


def test_a_files_duts_come_in_its_order_and_then_those_that_stand_beside(described) -> None:
    text = board("p", "peer") + board("b", "dut") + board("a", "dut") + board("x")
    found = described(text)
    assert (found.firsts, found.seconds) == (("b", "a"), ("p",))
    assert [found.suffice_for(each) for each in (1, 2)] == [2, 1]


def test_boards_that_are_named_come_in_that_order(described) -> None:
    text = board("p", "peer") + board("b", "dut") + board("a", "dut")
    found = described(text, "a", "p", "/dev/ttyACM7", "b")
    assert (found.firsts, found.seconds) == (("a", "/dev/ttyACM7", "b"), ("p",))


def test_a_dut_that_is_virtual_is_started_by_each_worker(described) -> None:
    assert described(board("v", "dut", port="virtual")).virtual
    assert described("", "virtual", "virtual").virtual


def test_of_usb_each_board_that_is_attached_is_meant(described, monkeypatch) -> None:
    ports = [SerialPort(f"/dev/ttyACM{n}", "", True, serial_number=f"S{n}") for n in range(3)]
    bridge = SerialPort("/dev/ttyUSB0", "", False)
    monkeypatch.setattr(candidates, "discover_ports", lambda: [*ports, bridge])
    text = board("peer", "peer", port="/dev/ttyACM1") + board("dut", "dut", port="/dev/ttyACM2")
    found = described(text, "usb")
    assert (found.firsts, found.seconds) == (("/dev/ttyACM0", "dut"), ("peer",))


@pytest.fixture
def provider(monkeypatch):
    """A provider of which one board is free, one taken and one out of order."""
    offers = [Offer("a"), Offer("b", holder="me"), Offer("c", problem="It is out of order.")]
    made = SimpleNamespace(offers=lambda: iter(offers), acquire=None)
    monkeypatch.setattr(type(BOARDS), "others", lambda self: {"farm": []})
    monkeypatch.setitem(BOARDS._made, "farm", made)
    return made


@pytest.mark.parametrize(("name", "free"), [("farm:", 1), ("farm:a", 1), ("farm:b", 0)])
def test_of_a_providers_boards_those_count_that_are_free(described, provider, name, free) -> None:
    found = described("", name)
    assert (found.any_of, found.suffice_for(1)) == (name, free)


def test_of_a_name_that_is_not_offered_nobody_can_tell(described, provider) -> None:
    assert described("", "farm:chip=esp32s3").suffice_for(1) is None


def test_a_provider_may_tell_which_boards_a_name_means(described, provider) -> None:
    provider.matching = lambda name, wanted: [Offer(each) for each in name.split("+")]
    assert described("", "farm:x+y+z").suffice_for(1) == 3


def test_boards_that_somebody_has_are_enough_to_be_waited_for(described, provider) -> None:
    found = described("", "farm:")
    found.require(2, 1)
    with pytest.raises(BadInputError, match="there are 2 of farm: that can be used"):
        found.require(3, 1)


@pytest.mark.parametrize(
    ("workers", "each", "sentence"),
    [
        (3, 1, "3 workers need 3 boards, and there are 2 (named: a, b); name more of them, or"),
        (1, 2, None),
        (2, 2, "2 workers need 4 boards, 2 each, and there are 3 (named: a, b, p); name more"),
        (2, 1, None),
    ],
)
def test_too_few_boards_are_named_in_a_sentence(workers, each, sentence) -> None:
    found = Candidates(("a", "b"), ("p",))
    if sentence is None:
        found.require(workers, each)
        return
    with pytest.raises(BadInputError) as caught:
        found.require(workers, each)
    assert str(caught.value).startswith(sentence)
