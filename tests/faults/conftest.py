# SPDX-License-Identifier: MIT
"""What takes long: boards that fall silent, and flashing that ends amid its work."""

from collections.abc import Iterator

import pytest

from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab


@pytest.fixture(scope="session")
def model() -> Model:
    """The tiny model."""
    return Model.load(resource("models/tiny"))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab with one board, for the tests of one file."""
    with Lab.start() as lab:
        yield lab
