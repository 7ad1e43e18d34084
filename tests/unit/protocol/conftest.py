# SPDX-License-Identifier: MIT
"""Access to the vectors that the C core is tested against too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], list[list[str]]]:
    """The lines of a file in tests/vectors as lists of fields; ``-`` has become empty."""

    def read(name: str) -> list[list[str]]:
        lines = (VECTORS / name).read_text(encoding="ascii").splitlines()
        rows = [line.split() for line in lines if not line.startswith("#")]
        assert len(rows) > 4
        return [["" if field == "-" else field for field in row] for row in rows]

    return read
