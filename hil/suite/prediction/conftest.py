# SPDX-License-Identifier: MIT
"""``--hil-cut all``: the tests of exactness have a turn for each legal cut."""

from collections.abc import Generator

import pytest

from hil.errors import BadInputError, ModelRefused
from hil.pytestplugin.options import ALL, Settings
from hil.pytestplugin.turns.planned import Loader

_EXACTNESS = "test_exactness"
_CUT = "hil_cut"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each of these tests the cuts, the default one last, which other tests then find.

    A model that makes no sense is refused when everything has been collected.
    """
    if metafunc.definition.path.stem != _EXACTNESS or _CUT not in metafunc.fixturenames:
        return
    try:
        settings = Settings.of(metafunc.config)
        cuts = Loader(settings).every_cut() if settings.cut == ALL else []
    except BadInputError:
        return
    if cuts:
        names = [cut.short_name for cut in cuts]
        indices = [cut.index for cut in cuts]
        metafunc.parametrize(_CUT, indices, indirect=True, scope="session", ids=names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a cut that a board has no room for: that is not what these tests are about."""
    callspec = getattr(item, "callspec", None)
    try:
        yield
    except ModelRefused as error:
        if callspec is None or _CUT not in callspec.params:
            raise
        pytest.skip(f"the board cannot run this head: {error}")
