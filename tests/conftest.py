# SPDX-License-Identifier: MIT
"""No test depends on how fast the machine is, or says anything of the health of real boards."""

import itertools

import pytest
from hypothesis import settings

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is known of boards is each test's own, and made when something is entered."""
    state = tmp_path_factory.getbasetemp() / f"state-{next(_NUMBERS)}"
    monkeypatch.setenv("HIL_STATE_DIR", str(state))
