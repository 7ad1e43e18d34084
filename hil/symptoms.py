# SPDX-License-Identifier: MIT
"""What a board does wrong, as its owner sees it: a name for each symptom, and its usual cause.

docs/failures.md has an entry for each, with the same name, on how to tell the causes apart.
"""

from collections.abc import Mapping

from hil.errors import ProductFailure
from hil.host.shortened import shortened

SYMPTOMS: Mapping[str, str] = {
    "accepts-a-forgery": "a field of the frame's header that is not compared",
    "accepts-a-misfit": "a field of the peer's HELLO that is not compared",
    "accuracy-lost": "the board's kernels, or classes that its top five mixes up",
    "altered-activation": "a fragment was lost, doubled or misplaced and nothing noticed",
    "altered-echo": "bytes that are taken from another place than the image's memory",
    "altered-output": "a tail that ran on other bytes, or an earlier answer that the board kept",
    "answer-malformed": "a line that is written past its end, or left without its CRC or sentence",
    "answers-miscounted": "a request that is taken twice, or dropped without a word",
    "arena-misreported": "a figure that is read before the model is opened, or from another build",
    "bad-answer-taken": "a check of RESULT that is left out, or a failure told as a success",
    "bad-crc-accepted": "a CRC that is not compared, or after the request has been carried out",
    "bad-update-taken": "a check of what is uploaded that is left out, or whose verdict is lost",
    "chunk-lost": "a UART that loses bytes at the raised rate, or a buffer that overruns",
    "chunk-misjudged": "a chunk's CRC, offset or length that is not checked",
    "clock-wraps": "a time that is kept in 32 bits, which hold 72 minutes of microseconds",
    "coarse-clock": "a clock that counts milliseconds or ticks of the operating system",
    "connection-kept": "a link that is given up without closing the connection under it",
    "console-flooded": "a task that logs in an endless loop, or memory that is sent as text",
    "damage-not-noticed": "the CRC-32 of a message is not computed, or not compared",
    "damaged-model-used": "a check of the model slot that is left out when the model is opened",
    "disagreement": "kernels that round otherwise, or pre-processing that differs",
    "edge-times": "the fields of RESULT read from each other's place, or from this side's clock",
    "end-unnoticed": "the event of a link's end that is not passed on, or under another name",
    "fast-clock": "a timer's divider that is half of what it should be",
    "figures-missing": "firmware that is older than this harness, or a build without the figure",
    "flash-altered": "firmware that writes to its own partitions, or flash that forgets",
    "gateway-drops": "records that are counted wrongly, so that credit is used up",
    "gateway-miscounts": "a count that is not begun anew, or a record that is filled wrongly",
    "heap-low": "buffers that are too large for what the radios need beside them",
    "hello-wrong": "a HELLO that was made of other fields than `info` tells",
    "key-not-kept": "a key that is stored in another order, or told before it is stored",
    "line-limit": "a buffer that is one byte shorter or longer than the protocol says",
    "link-not-up": "a connection that is never asked for, or an answer to HELLO that is not taken",
    "log-times": "a log line whose time has another unit or another clock",
    "loss-not-repaired": "a fragment that is missing is not asked for, or not sent again",
    "memory-leak": "a frame, an event or a tensor that each inference allocates and nobody frees",
    "message-misnumbered": "a message id that is kept in too few bits, or counted twice",
    "miscounted": "an event that is counted twice, not at all, or under another name",
    "network-not-joined": "credentials that are cut, or an event that is not waited for",
    "no-rollback": "a trial that is confirmed unasked, or whose mark outlives the boot",
    "noise-harms": "half a frame or line that is kept and swallows what comes behind it",
    "not-answered": "something left over from the message or the connection before",
    "not-connected": "something left over from the connection before: a state, a deadline",
    "not-its-own-answer": "a buffer or a number that is left over from an earlier message",
    "not-refused": "a check that is missing where the request begins",
    "not-resumed": "a message that is forgotten with its connection, or not sent again after HELLO",
    "number-truncated": "a message number that is kept in 16 bits, or compared without wrapping",
    "other-answer": "state that an earlier inference left behind, or an answer taken for another's",
    "other-firmware": "a boot chain that took the other slot, or a digest of other sources",
    "other-identity": "an eFuse that is read from the wrong place or in the wrong order",
    "other-model": "a slot header that is read wrongly, or the other model slot",
    "other-prediction": "what the judgement of transport, tail or kernels names",
    "password-leaked": "a line for debugging, or a refusal that quotes what it refuses",
    "readout-damaged": "a tensor that is written to while it is read, or chunks at wrong offsets",
    "refusal-misleads": "checks in another order, or one whose sentence is another's",
    "repaired-late": "a timer of the wrong length, or a loss that only a timer finds",
    "repaired-wrongly": "a fragment that came late, twice or damaged was taken for another",
    "request-id-truncated": "a request's number that is kept in too narrow an integer",
    "request-misread": "an argument that is not checked at the edge of what is allowed",
    "reset-unexplained": "a port that does not read the chip's reason of reset",
    "round-trip-times": "a time that begins or ends at the wrong moment, or one way taken for both",
    "sent-too-often": "frames are sent again that had arrived, or whose ACK was not waited for",
    "session-repeated": "a session or a nonce that is not drawn at random",
    "slow-clock": "a timer's divider that is twice what it should be, or time that is not counted",
    "sound-refused": "a limit that is too tight, or text that is taken apart wrongly",
    "stack-low": "a task whose path grew: a large local array, deeper calls, printing",
    "stage-times": "a stage that begins or ends at the wrong moment, or a clock of the wrong unit",
    "stranger-heeded": "a frame's session, message number, model, tag or check is not compared",
    "tensor-cut": "a length in elements taken for bytes, or a tensor that was cut",
    "unanswered": "requests or answers that get lost, or a link that gives up",
    "uncounted-drop": "a frame that is dropped without being counted",
    "unsound-accepted": "an argument that is not checked, or a number that wraps round",
    "update-lost": "a confirmation that is not written, or an update that is taken but never tried",
    "update-refused": "something of an earlier, broken-off update that was not reset",
    "used-while-down": "a state that stays up when the connection ends",
    "value-altered": "escapes, quotes or UTF-8 that are not carried both ways alike",
    "verbs-amiss": "a verb that is not in the table, or a list that is cut to its buffer",
    "wire-miscounted": "frames that are sent and not counted",
    "wrong-ack": "what has come is told otherwise than it is, or not when it is asked for",
    "wrong-activation": "the head's kernels, its arena, or another image than was sent",
    "wrong-answer": "a request that is taken for another, or answered out of turn",
    "wrong-code": "one kind of failure that is reported under another's name",
    "wrong-cost": "frames or bytes that are counted twice, or not at all",
    "wrong-echo": "a reply that is not compared with what was sent, or not put together",
    "wrong-figure": "a figure that is told from the wrong place, or not filled in",
    "wrong-fragments": "an offset or a count that is off by one at the edge of a fragment",
    "wrong-hello": "a field of HELLO that is filled from the wrong place",
    "wrong-limit": "a limit that forgets a header, or the smaller of two buffers",
    "wrong-patience": "a deadline in the wrong unit, never set, or set again and again",
    "wrong-polls": "the wait between polls, which doubles from 40 to 640 ms",
    "wrong-result": "a field of RESULT that is filled from the wrong place",
    "wrong-timer": "a timer in another unit, not doubled, or restarted at the wrong moment",
    "wrong-top-five": "classes cut to eight bits, ties broken otherwise, or signs lost",
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
        super().__init__(sentence(symptom, stage=stage, expected=expected, got=got, link=link))
        self.symptom = symptom
        self.link = link
        self.stage = stage
        self.expected = expected
        self.got = got


LONGEST = 600
"""Characters of what was expected or came, in a message."""


def sentence(symptom: str, *, stage: str, expected: object, got: object, link: str = "") -> str:
    """Return what a :class:`Misbehaviour` says, for an error of another class.

    Raises:
        KeyError: there is no such symptom.
    """
    cause = SYMPTOMS[symptom]
    where = f"{link}, {stage}" if link else stage
    told = f"expected {shortened(str(expected), LONGEST)}, got {shortened(str(got), LONGEST)}"
    return f"{where}: {told}; usually {cause} ({GUIDE}#{symptom})."


def expect(
    holds: bool, symptom: str, *, stage: str, expected: object, got: object, link: str = ""
) -> None:
    """Raise :class:`Misbehaviour` unless something holds; the arguments are its own."""
    if not holds:
        raise Misbehaviour(symptom, stage=stage, expected=expected, got=got, link=link)
