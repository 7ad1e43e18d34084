# SPDX-License-Identifier: MIT
"""Every session inside the session has this plugin and no other, so that it starts quickly."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def only_this_plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin")
    # A session within this process would take SIGSEGV from wasmtime, whose traps rely on it.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:faulthandler")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Without the last, what is to be said at once has to come through a pipe by itself.
    hosts = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")
    for name in ("HIL_BOARD", *hosts, "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "300")  # a sentence is one line, and can be looked for
    monkeypatch.delenv("HIL_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(pytester.path / "config"))
    monkeypatch.setenv("HIL_STATE_DIR", str(pytester.path / "state"))
