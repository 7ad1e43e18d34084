# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure

SYMPTOMS: Mapping[str, str] = {
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "answer-malformed": "a line that is written past its end, or left without its CRC or sentence",
    "answers-miscounted": "a request that is taken twice, or dropped without a word",
    "bad-crc-accepted": "a CRC that is not compared, or after the request has been carried out",
    "chunk-misjudged": "a chunk's CRC, offset or length that is not checked",
    "line-limit": "a buffer that is one byte shorter or longer than the protocol says",
    "miscounted": "an event that is counted twice, not at all, or under another name",
    "noise-harms": "half a frame or line that is kept and swallows what comes behind it",
    "refusal-misleads": "checks in another order, or one whose sentence is another's",
    "request-id-truncated": "a request's number that is kept in too narrow an integer",
    "sound-refused": "a limit that is too tight, or text that is taken apart wrongly",
    "unsound-accepted": "an argument that is not checked, or a number that wraps round",
    "value-altered": "escapes, quotes or UTF-8 that are not carried both ways alike",
    "verbs-amiss": "a verb that is not in the table, or a list that is cut to its buffer",
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
