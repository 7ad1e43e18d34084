# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure

SYMPTOMS: Mapping[str, str] = {
    "accepts-a-forgery": "a field of the frame's header that is not compared",
    "accepts-a-misfit": "a field of the peer's HELLO that is not compared",
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "altered-echo": "bytes that are taken from another place than the image's memory",
    "connection-kept": "a link that is given up without closing the connection under it",
    "end-unnoticed": "the event of a link's end that is not passed on, or under another name",
    "gateway-miscounts": "a count that is not begun anew, or a record that is filled wrongly",
    "not-answered": "something left over from the message or the connection before",
    "not-connected": "something left over from the connection before: a state, a deadline",
    "not-its-own-answer": "a buffer or a number that is left over from an earlier message",
    "not-resumed": "a message that is forgotten with its connection, or not sent again after HELLO",
    "request-misread": "an argument that is not checked at the edge of what is allowed",
    "uncounted-drop": "a frame that is dropped without being counted",
    "used-while-down": "a state that stays up when the connection ends",
    "wrong-classes": "a class id that is cut to 8 bits, or equal scores in another order",
    "wrong-code": "one kind of failure that is reported under another's name",
    "wrong-cost": "frames or bytes that are counted twice, or not at all",
    "wrong-echo": "a reply that is not compared with what was sent, or not put together",
    "wrong-fragments": "an offset or a count that is off by one at the edge of a fragment",
    "wrong-hello": "a field of HELLO that is filled from the wrong place",
    "wrong-limit": "a limit that forgets a header, or the smaller of two buffers",
    "wrong-patience": "a deadline in the wrong unit, never set, or set again and again",
    "wrong-polls": "the wait between polls, which doubles from 40 to 640 ms",
    "wrong-window": "a window that does not end 32 fragments behind the first unacknowledged one",
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
