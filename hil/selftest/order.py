# SPDX-License-Identifier: MIT
"""Where in the suite a mutant is looked for first: pure.

The tests are those of any run, in an order that costs less: a run ends where the defect is seen.
"""

from collections.abc import Sequence

_BEGINNINGS = {
    "repair": ("repair", "roles"),
    "identity": ("freshness", "roles", "fragments"),
    "connections": ("connections", "fragments"),
    "storage": ("updates", "console_chunks"),
    "blame": ("console", "connections_hello"),
}
"""What the tests' modules are called for a family of mutants, where not as the family."""


def rank(family: str, module: str, stage: str, stages: Sequence[str]) -> tuple[bool, int]:
    """Return by what to sort a test; what ranks alike keeps its order.

    Args:
        family: of the mutant.
        module: of the test, without ``test_``.
        stage: that it plays on.
        stages: all of them, the one on which a test takes longest first.
    """
    is_other = not module.startswith(_BEGINNINGS.get(family, (family,)))
    # The stages that are not the first keep their order: the test build comes last of these.
    at = stages.index(stage)
    return is_other, at if at else len(stages)
