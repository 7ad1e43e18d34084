# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure

SYMPTOMS: Mapping[str, str] = {
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "bad-answer-taken": "a check of RESULT that is left out, or a failure told as a success",
    "bad-update-taken": "a check of what is uploaded that is left out, or whose verdict is lost",
    "damaged-model-used": "a check of the model slot that is left out when the model is opened",
    "memory-leak": "memory or stack that each use of a link or of the model takes and never returns",
    "no-rollback": "a trial that is confirmed unasked, or whose mark outlives the boot",
    "not-refused": "a check that is missing where the request begins",
    "stale-answer": "a result, a length or a flag of an earlier inference that was not reset",
    "update-lost": "a confirmation that is not written, or an update that is taken but never tried",
    "update-refused": "something of an earlier, broken-off update that was not reset",
    "upload-trouble": "chunks that are not compared with the place where the upload goes on",
    "wrong-classes": "a class id that is cut to 8 bits, or equal scores in another order",
    "wrong-count": "a counter that nobody moves, moves twice, or is told under another name",
    "wrong-figure": "a figure that is told from the wrong place, or not filled in",
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
