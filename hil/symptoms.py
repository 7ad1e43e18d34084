# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure

SYMPTOMS: Mapping[str, str] = {
    "accepts-a-misfit": "a field of the peer's HELLO that is not compared",
    "accuracy-lost": "the board's kernels, or classes that its top five mixes up",
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "altered-output": "a tail that ran on other bytes, or an earlier answer that the board kept",
    "arena-misreported": "a figure that is read before the model is opened, or from another build",
    "chunk-lost": "a UART that loses bytes at the raised rate, or a buffer that overruns",
    "damage-not-noticed": "the CRC-32 of a message is not computed, or not compared",
    "disagreement": "kernels that round otherwise, or pre-processing that differs",
    "figures-missing": "firmware that is older than this harness, or a build without the figure",
    "flash-altered": "firmware that writes to its own partitions, or flash that forgets",
    "gateway-drops": "records that are counted wrongly, so that credit is used up",
    "heap-low": "buffers that are too large for what the radios need beside them",
    "loss-not-repaired": "a fragment that is missing is not asked for, or not sent again",
    "memory-leak": "a frame, an event or a tensor that each inference allocates and nobody frees",
    "number-truncated": "a message number that is kept in 16 bits, or compared without wrapping",
    "other-answer": "state that an earlier inference left behind, or an answer taken for another's",
    "other-firmware": "a boot chain that took the other slot, or a digest of other sources",
    "other-identity": "an eFuse that is read from the wrong place or in the wrong order",
    "other-model": "a slot header that is read wrongly, or the other model slot",
    "other-prediction": "what the judgement of transport, tail or kernels names",
    "repaired-late": "a timer of the wrong length, or a loss that only a timer finds",
    "repaired-wrongly": "a fragment that came late, twice or damaged was taken for another",
    "reset-unexplained": "a port that does not read the chip's reason of reset",
    "sent-too-often": "frames are sent again that had arrived, or whose ACK was not waited for",
    "session-repeated": "a session that is not drawn at random at each boot",
    "stack-low": "a task whose path grew: a large local array, deeper calls, printing",
    "stage-times": "a stage that begins or ends at the wrong moment, or a clock of the wrong unit",
    "stranger-heeded": "a frame's session, message number or model is not compared",
    "unanswered": "requests or answers that get lost, or a link that gives up",
    "uncounted-drop": "a frame that is dropped without being counted",
    "wire-miscounted": "frames that are sent and not counted",
    "wrong-ack": "what has come is told otherwise than it is, or not when it is asked for",
    "wrong-activation": "the head's kernels, its arena, or another image than was sent",
    "wrong-answer": "a request that is taken for another, or answered out of turn",
    "wrong-code": "one kind of failure that is reported under another's name",
    "wrong-hello": "a field of HELLO that is filled from the wrong place",
    "wrong-patience": "a deadline in the wrong unit, never set, or set again and again",
    "wrong-result": "a field of RESULT that is filled from the wrong place",
    "wrong-timer": "a timer in another unit, not doubled, or restarted at the wrong moment",
    "wrong-top-five": "classes cut to eight bits, ties broken otherwise, or signs lost",
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
