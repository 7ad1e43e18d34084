# SPDX-License-Identifier: MIT
"""What is known of boards, in files: nothing lost, nothing believed that is damaged or planted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hil.errors import InfrastructureError
from hil.health.books import enter
from hil.health.entry import Healed, Quarantined, Session, Sighting, Signs, written
from hil.health.limits import MOST_SESSIONS, HealthLimits
from hil.health.store import Store

ROOT = Path(__file__).parents[3]
MAC = "f4:12:fa:01:02:03"
ADD = """
import sys
from pathlib import Path
from hil.health.entry import Quarantined
from hil.health.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    store.add(sys.argv[2], Quarantined("now", f"{sys.argv[3]} {number}", "test"))
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "hil")


def session(number: int, place: str = "ttyUSB0") -> Session:
    return Session("now", Sighting("", place, f"/dev/{place}", MAC, False), Signs(tests=number))


def files(store: Store, board: str = MAC) -> list[Path]:
    assert store.directory is not None
    return sorted((store.directory / "boards" / board).iterdir())


def test_of_a_board_that_nobody_knows_there_is_nothing(store: Store) -> None:
    assert store.read(MAC) == []
    assert store.boards() == []
    assert store.last_at("ttyUSB0") is None
    assert store.directory is not None
    assert not store.directory.exists()


@pytest.mark.parametrize("board", [MAC, "127.0.0.1:4000", "labgrid:name=a b/c", "..", ".x", "é%2F"])
def test_entries_are_read_in_the_order_in_which_they_came(store: Store, board: str) -> None:
    entries = [session(1), Quarantined("now", "smoke", "ada"), session(2), Healed("now", "ada")]
    for each in entries:
        store.add(board, each)
    assert store.read(board) == entries
    assert store.boards() == [board]


def test_sessions_that_end_at_the_same_time_lose_nothing_of_each_others(store: Store) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", ADD, str(store.directory), MAC, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        for name in ("a", "b", "c")
    ]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    for each in writers:
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    assert [each.wait(60) for each in writers] == [0, 0, 0]
    for each in writers:
        each.communicate()
    why = [entry.why for entry in store.read(MAC) if isinstance(entry, Quarantined)]
    assert sorted(why) == sorted(f"{name} {number}" for name in "abc" for number in range(20))
    for name in "abc":
        assert [each for each in why if each[0] == name] == [f"{name} {n}" for n in range(20)]


def test_only_the_last_sessions_are_kept_and_whatever_has_set_the_board_aside(store: Store) -> None:
    old = [Quarantined("now", "old", "ada"), Healed("now", "ada")]
    aside = [Quarantined("now", "smoke", "ada"), Quarantined("now", "noise", "ada")]
    for entry in (*old, session(1), *aside):
        store.add(MAC, entry)
    for number in range(2, MOST_SESSIONS + 5):
        store.add(MAC, session(number))
    found = store.read(MAC)
    assert found[:3] == [old[1], *aside]
    assert found[3:] == [session(n) for n in range(5, MOST_SESSIONS + 5)]


def test_what_a_process_that_was_killed_has_left_goes_with_the_sessions_of_its_time(
    store: Store,
) -> None:
    store.add(MAC, session(1))
    left = files(store)[0].with_name("00000002-0123abcd.json.part")
    left.write_bytes(b"{")
    for number in range(2, MOST_SESSIONS + 1):
        store.add(MAC, session(number))
        assert left.exists()
    for number in range(4):
        store.add(MAC, session(number))
    assert not left.exists()
    assert len(store.read(MAC)) == MOST_SESSIONS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JSON, line 1"),
        (b"{", "no JSON, line 1"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"[" * 100_000, "it has more than 64 kB"),
        (b'{"schema": "hil-health-2"}', "its schema is 'hil-health-2', not hil-health-1"),
    ],
)
def test_a_damaged_or_later_entry_ends_in_a_sentence_and_nothing_is_lost(
    store: Store, content: bytes, told: str
) -> None:
    store.add(MAC, session(1))
    damaged = files(store)[0].with_name("00000002-0123abcd.json")
    damaged.write_bytes(content)
    with pytest.raises(InfrastructureError) as caught:
        store.read(MAC)
    sentence = str(caught.value)
    assert told in sentence
    assert str(damaged) in sentence
    assert sentence.endswith("or name another directory by HIL_STATE_DIR.")
    with pytest.raises(InfrastructureError, match="is damaged"):
        enter(store, MAC, session(3), HealthLimits())
    assert damaged.read_bytes() == content
    damaged.unlink()
    assert store.read(MAC) == [session(1), session(3)]


def test_files_of_other_names_are_nobodys_business(store: Store) -> None:
    store.add(MAC, session(1))
    (files(store)[0].parent / "notes.txt").write_text("it smokes")
    assert store.directory is not None
    (store.directory / "boards" / ".DS_Store").write_text("")
    assert store.read(MAC) == [session(1)]
    assert store.boards() == [MAC]


@pytest.mark.parametrize("kind", ["pipe", "link", "second name"])
def test_what_another_user_may_have_put_there_is_not_read(
    store: Store, tmp_path: Path, kind: str
) -> None:
    store.add(MAC, session(1))
    planted = files(store)[0].with_name("00000002-0123abcd.json")
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(written(Healed("now", "mallory")))
    if kind == "pipe":
        os.mkfifo(planted)
    elif kind == "link":
        planted.symlink_to(elsewhere)
    else:
        planted.hardlink_to(elsewhere)
    with pytest.raises(InfrastructureError, match=r"cannot be used .*0123abcd\.json: it is"):
        store.read(MAC)


def test_a_board_that_is_a_link_to_elsewhere_is_refused(store: Store, tmp_path: Path) -> None:
    store.add(MAC, session(1))
    assert store.directory is not None
    (tmp_path / "elsewhere").mkdir()
    (store.directory / "boards" / "other").symlink_to(tmp_path / "elsewhere")
    for attempt in (lambda: store.read("other"), lambda: store.add("other", session(1))):
        with pytest.raises(InfrastructureError, match="it is a symbolic link, not a directory"):
            attempt()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_whose_files_everybody_may_take_away_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    tmp_path.chmod(0o777)
    for attempt in (lambda: store.read(MAC), lambda: store.add(MAC, session(1)), store.boards):
        with pytest.raises(InfrastructureError, match="everybody may take away the files in it"):
            attempt()


@pytest.mark.parametrize("mode", [0o1777, 0o2770, 0o700, 0o755])
def test_who_may_write_to_the_directory_may_write_to_what_is_in_it(
    tmp_path: Path, mode: int
) -> None:
    store = Store(tmp_path / "shared")
    assert store.directory is not None
    store.directory.mkdir()
    store.directory.chmod(mode)
    before = os.umask(0o077)
    try:
        store.add(MAC, session(1))
    finally:
        os.umask(before)
    for each in (store.directory / "boards", store.directory / "boards" / MAC):
        assert each.stat().st_mode & 0o7777 == mode
    assert files(store)[0].stat().st_mode & 0o777 == mode & 0o666


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    for attempt in (lambda: store.read(MAC), lambda: store.add(MAC, session(1)), store.boards):
        with pytest.raises(InfrastructureError, match=r"\(.*file.*\); mend that, or name another"):
            attempt()


def test_the_directory_is_the_one_that_is_named_else_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("HIL_STATE_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store.find().directory == tmp_path / ".local" / "state" / "hil"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert Store.find().directory == tmp_path / "xdg" / "hil"
    monkeypatch.setenv("HIL_STATE_DIR", str(tmp_path / "named"))
    assert Store.find().directory == tmp_path / "named"


def test_a_user_without_a_home_keeps_nothing() -> None:
    store = Store(None)
    store.add(MAC, session(1))
    assert (store.read(MAC), store.boards(), store.last_at("ttyUSB0")) == ([], [], None)


def test_the_board_that_was_last_at_a_place_is_found_by_place_and_by_port(store: Store) -> None:
    store.add("first", session(1))
    store.add("second", session(1, "ttyUSB1"))
    assert store.last_at("ttyUSB0") == "first"
    assert store.last_at("/dev/ttyUSB1") == "second"
    store.add("second", session(2))  # plugged in there in its place
    for path, age in ((files(store, "first")[0], 1), (files(store, "second")[-1], 2)):
        os.utime(path, ns=(age, age))
    for each in (store, store.indexed()):
        assert each.last_at("ttyUSB0") == "second"
        assert each.last_at("ttyUSB1") is None


def test_a_session_too_many_sets_the_board_aside(store: Store) -> None:
    sick = Session("now", session(1).board, Signs(tests=1, retries=9))
    assert [enter(store, MAC, sick, HealthLimits()).quarantined for _ in range(3)] == [0, 0, 1]
    assert sum(isinstance(each, Quarantined) for each in store.read(MAC)) == 1
    enter(store, MAC, sick, HealthLimits())
    assert sum(isinstance(each, Quarantined) for each in store.read(MAC)) == 1
