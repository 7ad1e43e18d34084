# SPDX-License-Identifier: MIT
"""Where in the suite a mutant is looked for first: pure.

The tests are those of any run, in an order that costs less: a run ends where the defect is seen.
"""

from collections.abc import Collection

_BEGINNINGS = {
    "repair": ("repair", "roles"),
    "identity": ("freshness", "roles", "fragments"),
    "connections": ("connections", "fragments"),
    "storage": ("updates", "console_chunks"),
    "keys": ("roles_keys", "connections_keys", "secrets"),
    "blame": ("console", "connections_hello"),
}
"""What the tests' modules are called for a family of mutants, where not as the family."""


_QUICK = ("small_board", "armed_board")
"""Fixtures of tests on the small model, those on the test build behind the others."""


def rank(family: str, module: str, fixtures: Collection[str]) -> tuple[bool, int]:
    """Return by what to sort a test; what ranks alike keeps its order.

    Args:
        family: of the mutant.
        module: of the test, without ``test_``.
        fixtures: that it uses.
    """
    is_other = not module.startswith(_BEGINNINGS.get(family, (family,)))
    places = (place for place, name in enumerate(_QUICK) if name in fixtures)
    return is_other, next(places, len(_QUICK))
