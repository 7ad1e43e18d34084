# SPDX-License-Identifier: MIT
"""One user at a time for each board."""

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from hil.errors import BoardBusyError, InfrastructureError
from hil.host.files.shared_file import user_name
from hil.rig.lock import BoardLock, holder, lock_directory, lock_name

pytestmark = pytest.mark.usefixtures("own_computer")

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
import tempfile
from hil.rig.lock import BoardLock
lock = BoardLock.acquire(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
lock.release()
"""


@pytest.fixture
def other(request):
    """Hold a port in another process; return that process."""

    def hold(port):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, port],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        request.addfinalizer(lambda: end(process))
        assert process.stdout.readline() == b"held\n"
        return process

    return hold


def end(process):
    process.kill()
    process.communicate()


def test_a_board_that_another_process_holds_is_busy_and_the_message_says_whose_it_is(other):
    process = other("/dev/ttyACM0")
    with pytest.raises(BoardBusyError, match=rf"held by .* since 20.*pid {process.pid} on"):
        BoardLock.acquire("/dev/ttyACM0")
    found = holder("/dev/ttyACM0")
    assert found is not None
    assert (found.pid, holder("/dev/ttyACM1")) == (process.pid, None)


def test_a_killed_process_leaves_no_stale_lock(other):
    process = other("/dev/ttyACM0")
    process.kill()
    process.wait()
    assert holder("/dev/ttyACM0") is None
    with BoardLock.acquire("/dev/ttyACM0"):
        assert holder("/dev/ttyACM0").pid == os.getpid()


def test_a_waiting_process_gets_the_board_when_it_becomes_free_and_is_told_once_whose_it_was(other):
    process = other("/dev/ttyACM0")
    told = []

    def let_go(who):
        told.append(who.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()

    with BoardLock.acquire("/dev/ttyACM0", 30.0, let_go):
        assert told == [process.pid]


def test_a_board_that_does_not_become_free_in_time_is_busy(other):
    process = other("/dev/ttyACM0")
    told = []
    with pytest.raises(BoardBusyError, match=f"pid {process.pid}"):
        BoardLock.acquire("/dev/ttyACM0", 0.4, told.append)
    assert len(told) == 1


def test_a_process_may_take_its_own_board_again_and_holds_it_until_it_has_let_go_of_all(other):
    first = BoardLock.acquire("/dev/ttyACM0")
    second = BoardLock.acquire("/dev/ttyACM0")
    first.release()
    first.release()
    assert holder("/dev/ttyACM0") is not None
    second.release()
    assert holder("/dev/ttyACM0") is None


def test_a_link_to_a_device_is_the_same_board(tmp_path, other):
    device, link = tmp_path / "ttyACM0", tmp_path / "by-id"
    device.touch()
    link.symlink_to(device)
    other(str(link))
    with pytest.raises(BoardBusyError):
        BoardLock.acquire(str(device))


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("rfc2217://Rig-1:4000", "rfc2217://rig-1:4000?ign_set_control"),
        ("rfc2217://localhost:4000", "socket://127.0.0.1:4000"),
    ],
)
def test_two_spellings_of_an_address_are_the_same_board(one, another):
    assert lock_name(one) == lock_name(another)
    assert lock_name(one) != lock_name("rfc2217://rig-1:4001")


def test_only_one_of_many_threads_waits_for_a_lock_that_the_process_gets():
    started = threading.Barrier(8)
    locks = []

    def take():
        started.wait()
        locks.append(BoardLock.acquire("/dev/ttyACM0"))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(locks) == 8
    for lock in locks:
        assert holder("/dev/ttyACM0") is not None
        lock.release()
    assert holder("/dev/ttyACM0") is None


def test_directory_and_files_are_for_all_users_whatever_the_umask():
    before = os.umask(0o077)
    try:
        with BoardLock.acquire("/dev/ttyACM0"):
            assert lock_directory().stat().st_mode & 0o7777 == 0o1777
            modes = [path.stat().st_mode & 0o777 for path in lock_directory().iterdir()]
            assert modes == [0o666, 0o666]
    finally:
        os.umask(before)


def test_the_files_of_another_user_are_opened_without_creating_them(monkeypatch):
    """As the kernel demands where fs.protected_regular is on."""
    BoardLock.acquire("/dev/ttyACM0").release()
    real = os.open

    def protected(name, flags, *mode):
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied")
        return real(name, flags, *mode)

    monkeypatch.setattr(os, "open", protected)
    with BoardLock.acquire("/dev/ttyACM0"):
        assert holder("/dev/ttyACM0") is not None


def test_a_file_system_without_locks_is_an_infrastructure_error(monkeypatch):
    def none(lock, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(InfrastructureError, match="has no locks"):
        BoardLock.acquire("/dev/ttyACM0")


@pytest.mark.parametrize("directory", ["/proc/locks-of-nobody", "/dev/null"])
def test_a_lock_directory_that_cannot_be_used_is_an_infrastructure_error(monkeypatch, directory):
    monkeypatch.setenv("HIL_LOCK_DIR", directory)
    with pytest.raises(InfrastructureError, match="HIL_LOCK_DIR"):
        BoardLock.acquire("/dev/ttyACM0")


@pytest.mark.parametrize("suffix", [".lock", ".json"])
def test_a_pipe_in_place_of_a_locks_file_is_an_infrastructure_error_and_no_wait(suffix):
    BoardLock.acquire("/dev/ttyACM0").release()
    path = next(lock_directory().glob(f"*{suffix}"))
    path.unlink()
    os.mkfifo(path)
    for use in (BoardLock.acquire, holder):
        if (suffix, use) == (".json", holder):
            continue  # nobody holds the lock, so nobody looks who
        with pytest.raises(InfrastructureError, match="HIL_LOCK_DIR"):
            use("/dev/ttyACM0")


def test_a_pipe_in_place_of_what_says_who_holds_a_lock_is_an_infrastructure_error(other):
    other("/dev/ttyACM0")
    path = next(lock_directory().glob("*.json"))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InfrastructureError, match="it is a pipe, not a file"):
        BoardLock.acquire("/dev/ttyACM0")


@pytest.fixture
def shared(monkeypatch):
    """A lock directory that every user reaches; those of pytest are this user's alone."""
    with tempfile.TemporaryDirectory(prefix="hil-locks-") as name:
        directory = Path(name)
        directory.chmod(0o1777)
        monkeypatch.setenv("HIL_LOCK_DIR", name)
        yield directory


WRONG = {
    "pipe": lambda path, victim: os.mkfifo(path),
    "directory": lambda path, victim: path.mkdir(),
    "link": lambda path, victim: path.symlink_to(victim),
    "dangling link": lambda path, victim: path.symlink_to(victim.with_name("nothing")),
    "hard link": lambda path, victim: os.link(victim, path),
}


@pytest.mark.parametrize("suffix", [".lock", ".json"])
@pytest.mark.parametrize("kind", WRONG)
def test_what_others_put_in_the_place_of_a_locks_file_is_named_with_its_owner_and_left_as_it_is(
    shared, tmp_path, kind, suffix
):
    victim = tmp_path / "victim"
    victim.write_text("of value")
    path = shared / f"ttyACM0{suffix}"
    WRONG[kind](path, victim)
    with pytest.raises(InfrastructureError) as caught:
        BoardLock.acquire("/dev/ttyACM0")
    told = str(caught.value)
    assert str(path) in told
    assert user_name(os.getuid()) in told
    assert "HIL_LOCK_DIR" in told
    assert victim.read_text() == "of value"
    assert not victim.with_name("nothing").exists()
    path.rmdir() if kind == "directory" else path.unlink()
    BoardLock.acquire("/dev/ttyACM0").release()  # nothing is held by what has failed


def test_a_lock_directory_whose_files_everybody_may_take_away_is_refused_with_its_owner(shared):
    shared.chmod(0o777)
    with pytest.raises(InfrastructureError, match=r"take away.*of user .*mode 1777"):
        BoardLock.acquire("/dev/ttyACM0")


def test_the_usual_lock_directory_is_none_where_a_link_has_its_name(monkeypatch, tmp_path):
    monkeypatch.delenv("HIL_LOCK_DIR")
    (tmp_path / "locks").symlink_to(tmp_path)
    monkeypatch.setattr("hil.rig.lock._DIRECTORY", tmp_path / "locks")
    with pytest.raises(InfrastructureError, match="it is no directory, and of user"):
        BoardLock.acquire("/dev/ttyACM0")


def test_a_lock_file_that_is_taken_away_meanwhile_is_not_what_is_locked(shared, monkeypatch):
    real, taken_away = fcntl.flock, []

    def flock(lock, operation):
        real(lock, operation)
        if not taken_away:
            taken_away.append(os.fstat(lock).st_ino)
            (shared / "ttyACM0.lock").unlink()

    monkeypatch.setattr(fcntl, "flock", flock)
    with BoardLock.acquire("/dev/ttyACM0"):
        assert (shared / "ttyACM0.lock").exists()
        monkeypatch.undo()
        with (shared / "ttyACM0.lock").open() as again, pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)


HOLD_AS_ANOTHER = """
import fcntl, os, sys
os.setuid(65534)
path = sys.argv[1]
lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
os.fchmod(lock, 0o666)
fcntl.flock(lock, fcntl.LOCK_EX)
with open(path.replace(".lock", ".json"), "w") as said:
    said.write(sys.argv[2])
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(
    os.getuid() != 0 or not Path("/proc/locks").exists(), reason="takes root to be somebody else"
)
@pytest.mark.parametrize(
    "said",
    [
        "",
        "[" * 4000,
        '{"user": "root", "pid": 1, "host": "x", "command": "init", "since": "1970"}',
        '{"user": 5, "pid": "1", "host": {}, "command": [], "since": null}',
    ],
)
def test_who_holds_a_lock_is_the_kernels_word_whatever_another_user_has_written(
    shared, request, said
):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_AS_ANOTHER, str(shared / "ttyACM0.lock"), said],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    request.addfinalizer(lambda: end(process))
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(BoardBusyError) as caught:
        BoardLock.acquire("/dev/ttyACM0")
    told = str(caught.value)
    assert f"held by {user_name(65534)} since unknown (pid {process.pid} on " in told
    assert "ask that user to end it" in told
    assert holder("/dev/ttyACM0").user == user_name(65534)
    end(process)
    with BoardLock.acquire("/dev/ttyACM0"):  # in spite of files that are another user's
        assert holder("/dev/ttyACM0").pid == os.getpid()
