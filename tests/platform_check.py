# SPDX-License-Identifier: MIT
"""What hil does without boards on this system, or as another one: what ``docs/platforms.md`` says.

Usage: python tests/platform_check.py [--as PLATFORM]

On the hosted runners of the CI the system is the real one. ``--as darwin`` and ``--as win32`` take
away from Linux what these do not have, and say ``sys.platform`` is theirs.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LINUX_ONLY = {
    os: (
        *(
            "sched_getaffinity",
            "sched_setaffinity",
            "pipe2",
            "memfd_create",
            "eventfd",
            "getrandom",
        ),
        *("pidfd_open", "posix_fadvise", "posix_fallocate", "splice", "setresuid", "getresuid"),
        "copy_file_range",
    ),
    select: ("epoll",),
    signal: ("SIGPWR", "SIGSTKFLT", "SIGPOLL", "SIGRTMIN", "SIGRTMAX"),
    socket: ("AF_NETLINK", "AF_BLUETOOTH", "SO_BINDTODEVICE", "TCP_KEEPIDLE", "TCP_USER_TIMEOUT"),
}
_POSIX_ONLY = {
    os: (
        *("fork", "forkpty", "getuid", "geteuid", "getgid", "getgroups", "getgrouplist", "killpg"),
        *("posix_spawn", "set_blocking", "fchmod", "fchown", "chown", "mkfifo", "uname", "setsid"),
        *("waitstatus_to_exitcode", "ttyname", "openpty", "tcgetpgrp", "getloadavg", "sysconf"),
        *("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_NOFOLLOW", "WNOHANG", "RTLD_NOW"),
    ),
    select: ("poll",),
    signal: (
        *("SIGHUP", "SIGKILL", "SIGCHLD", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGALRM"),
        *("SIGSTOP", "SIGCONT", "SIGQUIT", "pthread_sigmask", "setitimer", "alarm"),
    ),
    socket: ("AF_UNIX", "send_fds", "recv_fds", "SOCK_NONBLOCK", "SOCK_CLOEXEC"),
}
LACKS: dict[str, dict[Any, tuple[str, ...]]] = {
    "darwin": _LINUX_ONLY,
    "win32": {module: (*_LINUX_ONLY[module], *_POSIX_ONLY[module]) for module in _LINUX_ONLY},
}
"""What modules do not have elsewhere, as far as code of this project might want it."""

NO_MODULE = {
    "darwin": {"spwd"},
    "win32": {"fcntl", "grp", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"},
}
"""Modules of Python's that are not there."""

MICRO, INSTEAD = "tflite_micro", "ai_edge_litert"
"""What has no wheel there, and what is installed for it."""

LINUX_FILES = ("/proc", "/sys", "/dev/serial", "/run/udev")

SENTENCE = "Boards, virtual ones too, need Linux, macOS or WSL: run this there"

_PLAIN = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:labgrid")
_TESTS = {
    "alone": "def test_needs_no_board():\n    pass\n",
    "with_board": "def test_needs_a_board(board):\n    pass\n",
}


class _Without:
    """A finder of modules that has not got some, as if they were not there."""

    def __init__(self, finder: Any, names: set[str]) -> None:
        self._finder = finder
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Return where a module is; None of those that are not there."""
        return None if name in self._names else self._finder.find_spec(name, path, target)


def pretend(platform: str) -> None:
    """Have this process be on another system, as far as modules imported from now on can tell.

    All that others have made is imported before, for it is not what is tried here.
    """
    import click._termui_impl  # noqa: F401 - click imports it late, and by platform
    import pytest  # noqa: F401

    import_all()
    for name in [name for name in sys.modules if name.split(".")[0] == "hil"]:
        del sys.modules[name]
    sys.platform = platform
    io._WindowsConsoleIO = type("_WindowsConsoleIO", (), {})  # type: ignore[attr-defined]  # pytest asks
    for module, names in LACKS[platform].items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    if platform == "win32":  # Python chooses by what there is when it is imported
        shutil._use_fd_functions = False  # type: ignore[attr-defined]
        shutil._rmtree_impl = getattr(shutil, "_rmtree_unsafe", None)  # type: ignore[attr-defined]
    micro = {MICRO} if importlib.util.find_spec(INSTEAD) is not None else set()
    missing = NO_MODULE[platform] | micro
    sys.meta_path[:] = [_Without(each, missing) for each in sys.meta_path]
    for name in missing:
        sys.modules.pop(name, None)
    sys.addaudithook(_refuse_linux_files)


def _refuse_linux_files(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        path = Path(arguments[0])
        if any(path.is_relative_to(each) for each in LINUX_FILES):
            raise FileNotFoundError(2, "No such file or directory", arguments[0])


def import_all() -> list[str]:
    """Import every module of the package and return their names."""
    import hil

    names = [each.name for each in pkgutil.walk_packages(hil.__path__, "hil.")]
    names = [name for name in names if not name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    return names


def _run(*arguments: str) -> tuple[int, str]:
    """Run the command line in this process; return its exit code and what it says."""
    from hil.cli import main

    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                main(list(arguments))
            except SystemExit as end:
                code = end.code
        said.seek(0)
        assert isinstance(code, int)
        return code, said.read()


def _pytest(name: str) -> tuple[int, str]:
    import pytest

    Path(f"test_{name}.py").write_text(_TESTS[name], encoding="utf-8")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main([*_PLAIN, f"test_{name}.py"])
        said.seek(0)
        return int(code), said.read()


def checks(windows: bool) -> Iterator[tuple[str, bool, str]]:
    """Yield what was tried, whether it went as it should, and what was said."""
    from hil.cli import COMMANDS
    from hil.resources import resource

    names = import_all()
    yield f"{len(names)} modules are imported", len(names) > 300, ""
    for command in ([], *([name] for name in COMMANDS)):
        code, said = _run(*command, "--help")
        yield f"hil {' '.join([*command, '--help'])}", code == 0 and "Usage:" in said, said
    model = str(resource("models/tiny"))
    code, said = _run("split", model, "--list")
    yield "hil split --list", code == 0 and "block_3_project" in said, said
    code, said = _run("split", model, "--at", "block_3_project", "-o", "cut")
    proven = code == 0 and Path("cut", "head.tflite").is_file()
    yield "hil split --at", proven, said
    code, said = _pytest("alone")
    yield "a test without a board", code == 0, said
    if windows:
        for command in (["run"], ["doctor"], ["test"], ["budgets", "learn"]):
            code, said = _run(*command)
            right = code == 10 and said.startswith(f"hil: {SENTENCE}") and said.count("\n") == 1
            yield f"hil {' '.join(command)}", right, said
        code, said = _pytest("with_board")
        yield "a test with a board", code == 10 and SENTENCE in said, said


def main() -> int:
    """Tell what does not go as it should; 0 if all does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as", dest="platform", choices=sorted(LACKS))
    platform = parser.parse_args().platform
    if platform:
        pretend(platform)
    wrong = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        here = Path.cwd()
        os.chdir(directory)
        try:
            for what, right, said in checks(sys.platform == "win32"):
                print(f"{'ok' if right else 'WRONG':<5} {what}")
                if not right:
                    wrong += 1
                    print(said)
        finally:
            os.chdir(here)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
