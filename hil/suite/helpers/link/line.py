# SPDX-License-Identifier: MIT
"""A link as tests of its connections use it: opened to somebody, asked, timed by the board."""

from pathlib import Path
from typing import TYPE_CHECKING

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.station import Station
from hil.console.exchange import exchange
from hil.errors import BluetoothError, BoardRefused, BoardSilent, MessageLost
from hil.inference.judgement import judge
from hil.model.topk import top_k
from hil.symptoms import expect

if TYPE_CHECKING:
    from hil.edge import TailSide

EVENT_S = 20.0
"""Real seconds for an event; a board's own patience is 10 s, to listen for a central 30 s."""

PATIENCE_US = (9_500_000, 11_500_000)
"""For 10 s (docs/protocol.md, sections 1.5 and 1.6): 20 expiries of a timer take 9.75 s, a request
and the opening of a radio come on top."""

UP = "up"
SILENT = "silent"
"""In place of a code, where no event came."""


class Line:
    """One kind of link of a board.

    Args:
        board: a head.
        via: which link.
        gateway: the board that carries ESP-NOW to this host.
    """

    def __init__(self, board: Board, via: str, gateway: Station | None = None) -> None:
        self.board = board
        self.via = via
        self.gateway = gateway

    @classmethod
    def of(cls, board: Board, link: Connection) -> "Line":
        """Return the line of a link that is up."""
        return cls(board, link.via, link.gateway)

    @property
    def repeats(self) -> bool:
        """Whether frames are acknowledged, there being no connection that could end."""
        return self.via in ("udp", "espnow")

    @property
    def unknown(self) -> str:
        """The code for which a question fails at an edge server that has forgotten the session.

        It can prove nothing to a board that has a key, and so says nothing to it.
        """
        link = self.board.connection
        silent = self.repeats and link is not None and link.authenticated
        return "edge_timeout" if silent else "edge_lost"

    def open(self, to: "TailSide | Station") -> str:
        """Open it; return ``up``, or the code for which it did not come up."""
        try:
            self.board.connect(to, self.via, gateway=self.gateway)
        except (BoardRefused, MessageLost) as failure:
            return failure.code
        except BluetoothError:
            return "not heard over BLE"
        return UP

    def expect_up(self, to: "TailSide | Station", stage: str) -> None:
        """Open it, which is to succeed."""
        code = self.open(to)
        expect(code == UP, "not-connected", link=self.via, stage=stage, expected=UP, got=code)

    def expect_event_up(self, stage: str) -> None:
        """Wait for the event that the link is up."""
        try:
            event = self.board.console.wait_event("link", EVENT_S, via=self.via)
        except BoardSilent:
            event = {"state": SILENT}
        expect(
            event["state"] == UP,
            "not-connected",
            link=self.via,
            stage=stage,
            expected=UP,
            got=event.get("code", event["state"]),
        )

    def expect_down(self, code: str, stage: str, symptom: str = "end-unnoticed") -> None:
        """Wait for the event that the link is down for `code`, and make sure that it is."""
        try:
            event = self.board.console.wait_event("link", EVENT_S, via=self.via)
            told = f"{event.get('state')} {event.get('code')}"
        except BoardSilent:
            told = "nothing"
        expect(
            told == f"down {code}",
            symptom,
            link=self.via,
            stage=stage,
            expected=f"down {code}",
            got=told,
        )
        self.expect_unusable(stage)

    def expect_nothing_to_close(self, stage: str) -> None:
        """Take it down, though it is not up; another is not to suffer from that."""
        self.board.console.request("link", via=self.via, state="down")
        try:
            event = self.board.console.wait_event("link", EVENT_S)
        except BoardSilent:
            event = {}
        told = (event.get("via"), event.get("state"), event.get("code"))
        expected = (self.via, "down", "link_down")
        expect(
            told == expected,
            "end-unnoticed",
            link=self.via,
            stage=f"{stage}, taken down",
            expected=expected,
            got=told,
        )

    def expect_unusable(self, stage: str) -> None:
        """Make sure that a link which is down is not used as if it were up."""
        for verb in ("rtt", "infer"):
            code = self.refusal(verb, via=self.via, **({"size": 1} if verb == "rtt" else {}))
            expect(
                code == "link_down",
                "used-while-down",
                link=self.via,
                stage=f"{stage}, then {verb}",
                expected="err code=link_down",
                got=code,
            )

    def refusal(self, verb: str, **arguments: str | int) -> str:
        """Return the code for which a request is refused, ``ok`` if it is not."""
        try:
            self.board.console.request(verb, timeout=EVENT_S, **arguments)
        except BoardRefused as refused:
            return refused.code
        return "ok"

    def outcome(self, verb: str, **arguments: str | int) -> dict[str, str]:
        """Make a request that is answered by a number; return the values of its closing event.

        Where there is none: ``state=err code=`` and the code of the refusal, or ``silent``.
        """
        try:
            return exchange(self.board.console, verb, EVENT_S, via=self.via, **arguments)
        except (BoardRefused, MessageLost) as failure:
            return {"state": "err", "code": failure.code, "msg": str(failure)}
        except BoardSilent:
            return {"state": "err", "code": SILENT}

    def expect_failure(
        self, verb: str, code: str, stage: str, taken: str = "wrong-code", **arguments: str | int
    ) -> None:
        """Ask for something that is to fail for `code`; the symptom is `taken` if it does not."""
        event = self.outcome(verb, **arguments)
        got = event.get("code", event["state"])
        symptom = taken if event["state"] == "ok" else "wrong-code"
        if (code, got) == ("edge_timeout", SILENT):
            symptom = "wrong-patience"  # it waits for ever
        expect(got == code, symptom, link=self.via, stage=stage, expected=code, got=got)

    def expect_echo(self, size: int, stage: str, lost: str = "not-answered") -> None:
        """Have so many bytes echoed; `lost` is the symptom if they are not."""
        event = self.outcome("rtt", size=size)
        expect(
            event["state"] == "ok",
            lost,
            link=self.via,
            stage=stage,
            expected="ok",
            got=event.get("code"),
        )

    def expect_exact(self, digit: Path, stage: str, lost: str = "not-answered") -> None:
        """Infer on one image, which is to give what the full model gives; `lost` if nothing."""
        board, part = self.board, self.board.part
        try:
            inference = board.infer(digit)
        except (BoardRefused, MessageLost) as failure:
            expect(False, lost, link=self.via, stage=stage, expected="ok", got=failure.code)
            raise
        assert part.cut is not None
        verdicts = judge(inference, part.model, part.cut, part.input_tensor(digit))
        is_reference = board.info.kernels == "reference"
        for verdict in (verdicts.transport, verdicts.composition, verdicts.kernel):
            is_right = verdict.exact or (verdict is verdicts.kernel and not is_reference)
            expect(
                is_right,
                "not-its-own-answer",
                link=self.via,
                stage=stage,
                expected="every bit",
                got=verdict.message,
            )
        told = [(each.class_id, each.score_raw) for each in inference.top5]
        best = top_k(inference.output)
        expect(
            told == best, "not-its-own-answer", link=self.via, stage=stage, expected=best, got=told
        )

    def now_us(self) -> int:
        """Return the board's clock."""
        return int(self.board.console.request("stats")["uptime_us"])
