# SPDX-License-Identifier: MIT
"""Bytes to a board's console that no request of a sound program would hold, and what it says.

A request that is sound goes behind them. So there is an end to what they can have caused, and it is
seen at once whether they have done harm.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hil.console.console import Console
from hil.console.exchange import exchange
from hil.console.log import Kind, LogLine
from hil.errors import BoardSilent
from hil.protocol.codes import ErrorCode
from hil.protocol.console.line import Answer, Event, Log, Noise, Refusal, crc16, parse_line
from hil.symptoms import Misbehaviour, expect

FIRST = 1_000
"""The number of the first request; the harness's own have three digits."""

BATCH = 40
"""Requests in a row: 2 KB, of which a board that is at work may keep 20."""

PATIENCE_S = 60.0
"""For an answer from the other end of a link."""

CODES = frozenset(code.name.lower() for code in ErrorCode)
"""Those of docs/protocol.md, section 3."""

_SENTENCE_WORDS = 3
"""Fewer are no sentence."""

_NEGATIVE = re.compile(r"#-\d+ (ok|err)\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")


@dataclass(frozen=True)
class Reply:
    """What a board has said to some bytes.

    Attributes:
        lines: answers, refusals and events without their CRC, in order; log lines are left out.
        stats: the answer to ``stats``, which was asked for behind the bytes.
    """

    lines: tuple[str, ...]
    stats: dict[str, str]

    @property
    def answers(self) -> list[Answer | Refusal]:
        """The answers and refusals among the lines."""
        parsed = [parse_line(sealed(line)) for line in self.lines]
        return [each for each in parsed if isinstance(each, (Answer, Refusal))]

    def count(self, counter: str) -> int:
        """Return a counter of ``stats``."""
        return int(self.stats[counter])


def sealed(line: str) -> str:
    """Return a line with its CRC, as a program sends it."""
    return f"{line} *{crc16(line.encode()):04x}"


def numbered(number: int, request: str | bytes) -> bytes:
    """Return a request with number and CRC, behind a zero byte, as a program sends it.

    The request may be one that :func:`hil.protocol.console.line.format_request` would not make.
    """
    line = f"#{number} ".encode() + (request.encode() if isinstance(request, str) else request)
    return b"\0" + line + f" *{crc16(line):04x}\r\n".encode()


def say(console: Console, data: bytes, stage: str, deaf: str = "answers-miscounted") -> Reply:
    """Send bytes, and ``stats`` behind them; return what comes until that is answered.

    Args:
        console: the board's.
        data: the bytes.
        stage: what is being done, for a failure.
        deaf: the symptom where nothing is answered any more.

    Raises:
        Misbehaviour: a line is malformed, or ``stats`` is not answered.
        BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    heard: list[str] = []

    def listener(line: LogLine) -> None:
        if line.kind is Kind.BOARD:
            heard.append(line.text)

    stop = console.listen(listener)
    try:
        console.send_bytes(data)
        stats = console.request("stats")
    except BoardSilent as silence:
        raise Misbehaviour(
            deaf, stage=stage, expected="an answer to the request behind it", got="none"
        ) from silence
    finally:
        stop()
    lines = [line for line in heard if not isinstance(parse_line(line), Log)]
    end = next(i for i, line in enumerate(lines) if _is_answer(line, stats))
    return Reply(tuple(_checked(line, stage) for line in lines[:end]), stats)


def answered(console: Console, verb: str, *, via: str, **arguments: str | int) -> dict[str, str]:
    """Have a board send something over its link; return the values of the event that closes it.

    Raises:
        Misbehaviour: that tells of a failure; otherwise as :func:`exchange`.
    """
    event = exchange(console, verb, PATIENCE_S, via=via, **arguments)
    expect(
        event.get("state") == "ok",
        "unanswered",
        link=via,
        stage=verb,
        expected="state=ok",
        got=event,
    )
    return event


def answers_to(
    console: Console, requests: Sequence[bytes], stage: str
) -> tuple[list[Answer | Refusal], list[str]]:
    """Send requests numbered from FIRST on.

    Returns:
        the one answer to each, and the events that came besides.

    Raises:
        Misbehaviour: a request was not answered, or twice; otherwise as :func:`say`.
    """
    found: dict[int | None, Answer | Refusal] = {}
    events: list[str] = []
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        reply = say(console, b"".join(batch), stage)
        numbers = sorted(-1 if each.number is None else each.number for each in reply.answers)
        wanted = list(range(FIRST + start, FIRST + start + len(batch)))
        expect(
            numbers == wanted,
            "answers-miscounted",
            stage=stage,
            expected=f"one answer to each request from {wanted[0]} to {wanted[-1]}",
            got=_apart(reply, wanted),
        )
        found.update((answer.number, answer) for answer in reply.answers)
        events += [line for line in reply.lines if line.startswith("!")]
    return [found[FIRST + i] for i in range(len(requests))], events


def _apart(reply: Reply, wanted: list[int]) -> str:
    """Return what sets the lines of a reply apart from one answer to each request."""
    numbers = [answer.number for answer in reply.answers]
    missing = [number for number in wanted if number not in numbers]
    stray = [line for line in reply.lines if not line.startswith(tuple(f"#{n} " for n in wanted))]
    doubled = sorted({n for n in numbers if n is not None and numbers.count(n) > 1})
    return f"none to {missing}, several to {doubled}, and besides {stray}"


def numbers_from(requests: Sequence[str | bytes]) -> list[bytes]:
    """Number requests from FIRST on."""
    return [numbered(FIRST + i, request) for i, request in enumerate(requests)]


def _is_answer(line: str, values: dict[str, str]) -> bool:
    parsed = parse_line(line)
    return isinstance(parsed, Answer) and parsed.values == values


def _checked(line: str, stage: str) -> str:
    """Return a line without its CRC, if it is as docs/protocol.md has it."""
    parsed = parse_line(line)
    expect(
        not isinstance(parsed, Noise) and not _CONTROL.search(line),
        "request-id-truncated" if _NEGATIVE.match(line) else "answer-malformed",
        stage=stage,
        expected="answers, refusals and events as docs/protocol.md, 2.1, has them, with their CRC",
        got=repr(line),
    )
    refusal = _refusal(parsed)
    if refusal is not None:
        code, sentence = refusal
        expect(
            code in CODES and len(sentence.split()) >= _SENTENCE_WORDS and sentence != code,
            "answer-malformed",
            stage=stage,
            expected="a refusal with a code of docs/protocol.md, section 3, and a sentence",
            got=repr(line),
        )
    return line[: line.rindex(" *")]


def _refusal(parsed: object) -> tuple[str, str] | None:
    if isinstance(parsed, Refusal):
        return parsed.code, parsed.message
    if isinstance(parsed, Event) and "code" in parsed.values:
        return parsed.values["code"], parsed.values.get("msg", "")
    return None
