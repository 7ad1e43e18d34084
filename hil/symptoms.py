# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure

SYMPTOMS: Mapping[str, str] = {
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "wrong-classes": "a class id that is cut to 8 bits, or equal scores in another order",
}
"""The usual cause by symptom, as half a sentence."""

GUIDE = "docs/failures.md"


class Misbehaviour(ProductFailure):
    """A board does not behave as it must.

    Attributes:
        symptom: one of :data:`SYMPTOMS`.
        link: over which it happened; empty if it has nothing to do with one.
        stage: what was being done, in a word or two.
        expected: what should have come.
        got: what came.
    """

    def __init__(
        self, symptom: str, *, stage: str, expected: object, got: object, link: str = ""
    ) -> None:
        """Make one sentence of it.

        Raises:
            KeyError: there is no such symptom.
        """
        cause = SYMPTOMS[symptom]
        where = f"{link}, {stage}" if link else stage
        super().__init__(
            f"{where}: expected {expected}, got {got}; usually {cause} ({GUIDE}#{symptom})."
        )
        self.symptom = symptom
        self.link = link
        self.stage = stage
        self.expected = expected
        self.got = got


def expect(
    holds: bool, symptom: str, *, stage: str, expected: object, got: object, link: str = ""
) -> None:
    """Raise :class:`Misbehaviour` unless something holds; the arguments are its own."""
    if not holds:
        raise Misbehaviour(symptom, stage=stage, expected=expected, got=got, link=link)
