# SPDX-License-Identifier: MIT
"""Every session inside the session has the plugin, from the entry point or by name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def plugin(
    request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.config.pluginmanager.get_plugin("hil") is None:
        pytester.plugins = ["hil.plugin"]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("HIL_BOARD", raising=False)
