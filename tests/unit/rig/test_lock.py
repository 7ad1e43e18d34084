# SPDX-License-Identifier: MIT
"""One user at a time for each board."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import SoftFileLock

from hil.errors import BoardBusyError, InfrastructureError
from hil.rig import lock as board_lock
from hil.rig.lock import BoardLock, holder, lock_directory, lock_name

pytestmark = pytest.mark.usefixtures("own_computer")

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
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

    monkeypatch.setattr(board_lock.os, "open", protected)
    with BoardLock.acquire("/dev/ttyACM0"):
        assert holder("/dev/ttyACM0") is not None


def test_a_file_system_without_locks_is_an_infrastructure_error(monkeypatch):
    monkeypatch.setattr(board_lock, "FileLock", SoftFileLock)
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
