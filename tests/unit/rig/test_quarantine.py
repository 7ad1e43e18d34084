# SPDX-License-Identifier: MIT
"""A board that is set aside is not taken, by whatever name; another in its place is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hil.errors import BadInputError, BoardQuarantinedError, InfrastructureError
from hil.health.entry import Healed, Quarantined, Session, Sighting, Signs
from hil.health.limits import HealthLimits
from hil.health.store import Store
from hil.rig.file import RigFile
from hil.rig.providers.extensions import BOARDS
from hil.rig.providers.having import have
from hil.rig.providers.interface import Lease, Wanted
from hil.rig.quarantine import (
    Whereabouts,
    health_of,
    key_of,
    keys,
    named_board,
    require_in_use,
    whereabouts,
)
from hil.rig.rig import BoardSpec
from hil.rig.several.candidates import Candidates

pytestmark = pytest.mark.usefixtures("own_computer")

MAC, OTHER = "f4:12:fa:01:02:03", "f4:12:fa:0a:0b:0c"
URL, PLACE = "rfc2217://rig:4000", "rig:4000"
ESP, CH340 = (0x303A, 0x1001), (0x1A86, 0x7523)
SMOKE = Quarantined("monday", "smoke", "ada")


def seen(place: str, port: str, mac: str | None = MAC, *, simulated: bool = False) -> Session:
    return Session("now", Sighting("", place, port, mac, simulated), Signs(tests=1))


def test_a_chips_own_usb_tells_its_address_and_a_bridge_does_not(
    attach: Callable[..., str],
) -> None:
    chip, bridge = attach("ttyACM0", *ESP, MAC.upper()), attach("ttyUSB0", *CH340)
    assert whereabouts(chip).mac == MAC
    assert whereabouts(bridge).mac is None
    assert whereabouts(URL, name="desk-1") == Whereabouts(PLACE, None, f"desk-1 at {URL}", "desk-1")


def test_behind_a_bridge_it_is_the_board_that_was_last_there() -> None:
    store = Store.find()
    known = whereabouts(URL)
    assert keys(store, known) == [PLACE]
    store.add(MAC, seen(PLACE, URL))
    assert keys(store, known) == [MAC, PLACE]
    assert keys(store, whereabouts(URL, OTHER)) == [OTHER]


def test_what_is_damaged_of_one_board_costs_no_other() -> None:
    store = Store.find()
    store.add(MAC, seen(PLACE, URL))
    store.add(OTHER, seen("rig:4001", "rfc2217://rig:4001", OTHER))
    assert store.directory is not None
    (damaged,) = (store.directory / "boards" / MAC).iterdir()
    damaged.write_text("{")
    assert keys(store, whereabouts("rfc2217://rig:4001")) == [OTHER, "rig:4001"]
    with pytest.raises(InfrastructureError, match="is damaged"):
        require_in_use(whereabouts(None, MAC))


def test_a_board_that_was_opened_is_known_by_its_address_and_a_virtual_one_by_its_place() -> None:
    store, known = Store.find(), whereabouts(URL)
    board = Sighting("", PLACE, URL, MAC, False)
    assert key_of(store, board, known) == MAC
    virtual = Sighting("desk-1", PLACE, URL, MAC, True)
    assert key_of(store, virtual, known) == PLACE


def test_nothing_is_kept_of_what_nobody_would_know_again() -> None:
    store, known = Store.find(), whereabouts(URL)
    assert key_of(store, Sighting("", PLACE, URL, MAC, True), known) is None
    mute = Sighting("", PLACE, URL, None, False)
    assert key_of(store, mute, known) is None
    assert key_of(store, Sighting("desk-1", PLACE, URL, None, False), known) == PLACE
    store.add(MAC, seen(PLACE, URL))
    assert key_of(store, mute, known) == MAC


def test_a_board_that_is_set_aside_is_refused_in_a_sentence_before_it_is_touched() -> None:
    store = Store.find()
    store.add(MAC, seen(PLACE, URL))
    store.add(MAC, SMOKE)
    with pytest.raises(BoardQuarantinedError) as caught:
        have(BoardSpec(URL, name="desk-1"))
    assert str(caught.value) == (
        f"The board desk-1 at {URL} is set aside since monday (smoke); mend it and have 'hil "
        f"boards heal desk-1' take it back, or take another; if another board than {MAC} is "
        "there by now, name it by mac:ADDRESS."
    )
    assert caught.value.exit_code == 10
    assert health_of(whereabouts(URL), HealthLimits()).why == "smoke"
    require_in_use(whereabouts(URL, OTHER))
    store.add(MAC, Healed("tuesday", "ada"))
    require_in_use(whereabouts(URL))


def test_one_that_never_answered_is_refused_by_its_place() -> None:
    Store.find().add(PLACE, SMOKE)
    Store.find().add(MAC, seen(PLACE, URL))
    with pytest.raises(BoardQuarantinedError, match=r"or take another\.$"):
        require_in_use(whereabouts(URL))


def test_who_says_so_is_given_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    Store.find().add(PLACE, SMOKE)
    monkeypatch.setenv("HIL_QUARANTINE", "off")
    require_in_use(whereabouts(URL))
    monkeypatch.setenv("HIL_QUARANTINE", "maybe")
    with pytest.raises(BadInputError, match="HIL_QUARANTINE is 'maybe'; say on or off"):
        require_in_use(whereabouts(URL))


def test_a_farms_board_that_is_set_aside_is_not_asked_for_or_given_back_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []

    class Farm:
        def acquire(self, name: str, wanted: Wanted) -> Lease:
            assert wanted.refuse is not None
            said.append(f"acquire {name}: {wanted.refuse('desk-1')}"[:60])
            return Lease(URL, lambda: said.append("release"), name="desk-1")

    monkeypatch.setitem(BOARDS._made, "farm", Farm())
    found, lease = have(BoardSpec("farm:"))
    assert (found.place, found.name) == ("farm:desk-1", "desk-1")
    lease.release()
    assert said == ["acquire : None", "release"]
    Store.find().add("farm:desk-1", SMOKE)
    with pytest.raises(BoardQuarantinedError, match=r"^The board desk-1 at .* is set aside"):
        have(BoardSpec("farm:"))
    assert said[2:] == ["acquire : The board farm:desk-1 is set aside since monday (s", "release"]
    with pytest.raises(BoardQuarantinedError, match="have 'hil boards heal farm:desk-1' take"):
        have(BoardSpec("farm:desk-1"))
    assert len(said) == 4


def test_a_board_is_named_as_everywhere_and_need_not_be_attached(
    attach: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hil.toml"
    path.write_text(
        f'[[boards]]\nname = "one"\nmac = "{MAC}"\n[[boards]]\nname = "two"\nport = "{URL}"\n'
        '[[boards]]\nname = "three"\nport = "farm:desk-3"\n'
    )
    monkeypatch.setitem(BOARDS._made, "farm", object())
    file = RigFile.read(path)
    assert named_board(file, "one").mac == MAC
    assert named_board(file, MAC).title == "one"
    assert named_board(file, URL) == whereabouts(URL, name="two")
    assert named_board(file, "three") == Whereabouts("farm:desk-3", None, "three", "farm:desk-3")
    device = attach("ttyUSB0", *CH340, "A1")
    assert named_board(file, "serial:A1").place == whereabouts(device).place


def test_of_several_boards_those_that_are_set_aside_do_not_count_unless_all_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hil.toml").write_text(
        f'[[boards]]\nname = "one"\nmac = "{MAC}"\nroles = ["dut"]\n'
        f'[[boards]]\nname = "two"\nport = "{URL}"\nroles = ["dut"]\n'
        '[[boards]]\nname = "away"\nusb_serial = "A1"\nroles = ["dut"]\n'
        '[[boards]]\nname = "beside"\nport = "rfc2217://rig:4001"\nroles = ["peer"]\n'
    )
    store, found = Store.find(), Candidates.find([], [tmp_path])
    assert found.in_use([tmp_path]) == found
    store.add(MAC, SMOKE)
    store.add("rig:4001", SMOKE)
    usable = found.in_use([tmp_path])
    assert (usable.firsts, usable.seconds) == (("two", "away"), ())
    assert [each.partition(" is set aside")[0] for each in usable.aside] == [
        "one is not taken: The board one",
        "beside is not taken: The board beside at rfc2217://rig:4001",
    ]
    monkeypatch.setenv("HIL_QUARANTINE", "off")
    assert found.in_use([tmp_path]) == found
    monkeypatch.delenv("HIL_QUARANTINE")
    alone = Candidates(firsts=("one",))
    assert alone.in_use([tmp_path]) == alone


def test_a_board_that_another_process_lends_keeps_its_place_in_the_farm() -> None:
    lent = BoardSpec("loop://", place="farm:desk-1", name="desk-1")
    found, lease = have(lent)
    lease.release()
    assert found.place == "farm:desk-1"


@pytest.mark.parametrize("name", ["virtual", "farm:", "nobody"])
def test_what_would_not_be_known_again_cannot_be_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BOARDS._made, "farm", object())
    with pytest.raises(BadInputError):
        named_board(RigFile(), name)
