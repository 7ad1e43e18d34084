# SPDX-License-Identifier: MIT
"""Sessions inside the session, with workers; locks of boards are their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm_sessions import ROOT, TINY, Start


@pytest.fixture(autouse=True)
def only_these_plugins(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin,pytest_benchmark.plugin")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:faulthandler")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    workers = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")
    hosts = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")
    # Without the last, what is to be said at once has to come through a pipe by itself.
    for name in ("HIL_BOARD", "HIL_CONFIG", *hosts, *workers, "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "300")  # a sentence is one line, and can be looked for
    monkeypatch.setenv("XDG_CONFIG_HOME", str(pytester.path / "config"))
    monkeypatch.setenv("HIL_LOCK_DIR", str(pytester.path / "locks"))


@pytest.fixture
def start(pytester: pytest.Pytester) -> Start:
    """Run tests in a session of their own, which ends within a minute."""

    def start(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=source)
        return pytester.runpytest_subprocess(TINY, *options, timeout=60)

    return start


@pytest.fixture
def log(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that tests of all workers append lines to, by ``note`` of the module ``noting``."""
    path = pytester.path / "log"
    path.touch()
    pytester.makepyfile(
        noting=f"""
            import os

            def note(*words):
                line = " ".join(map(str, words)) + "\\n"
                file = os.open({str(path)!r}, os.O_WRONLY | os.O_APPEND)
                os.write(file, line.encode())
                os.close(file)
        """
    )
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    return path
