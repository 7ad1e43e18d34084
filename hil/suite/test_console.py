# SPDX-License-Identifier: MIT
"""The console: what is refused and how, and that nothing on the line does harm."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.console.exchange import exchange
from hil.links import LINKS
from hil.protocol.console.line import Answer, Refusal
from hil.suite.console_requests import ALTERED, NUMBERS_OF_REQUESTS, VALUES, VERBS, refused
from hil.suite.raw import Reply, numbered, say, sealed
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

FIRST = 70_000
"""The number of the first request; the harness's own have three digits."""

BATCH = 40
"""Requests in a row: 2 KB, of which a board that is at work may keep 20."""

LINE_LIMIT = 512
"""Bytes of the longest line to a board."""

PAUSES_S = (0.6, 1.2, 2.4)
"""Longer than the 0.5 s after which a board drops half a frame: a busy host may cut one short."""


def answers_to(board: Board, requests: list[bytes], stage: str) -> list[Answer | Refusal]:
    """Send requests numbered from FIRST on; return the one answer to each."""
    found: dict[int | None, Answer | Refusal] = {}
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        reply = say(board.console, b"".join(batch), stage)
        answers = reply.answers
        numbers = sorted(answer.number for answer in answers if answer.number is not None)
        wanted = list(range(FIRST + start, FIRST + start + len(batch)))
        expect(
            numbers == wanted and len(answers) == len(reply.lines) == len(wanted),
            "answers-miscounted",
            stage=stage,
            expected=f"one answer to each request from {wanted[0]} to {wanted[-1]}",
            got=_apart(reply, wanted),
        )
        found.update((answer.number, answer) for answer in answers)
    return [found[FIRST + i] for i in range(len(requests))]


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


def test_each_refusal_names_what_is_wrong_and_leaves_the_board_as_it_was(
    small_board: Board, digits: list[Path]
) -> None:
    assert small_board.connection is not None
    up = small_board.connection.via
    down = next(via for via in LINKS if via != up)
    before = small_board.infer(digits[0])
    cases = refused(up, down, small_board.part.model.input.bytes)
    answers = answers_to(small_board, numbers_from([case.request for case in cases]), "refusals")
    for case, answer in zip(cases, answers, strict=True):
        stage = f"request '{case.request}'"
        said = (answer.code, answer.message) if isinstance(answer, Refusal) else None
        expect(
            said is not None,
            "unsound-accepted",
            stage=stage,
            expected=f"a refusal with code {case.code}",
            got=answer,
        )
        assert said is not None
        expect(
            said[0] == case.code and case.word in said[1],
            "refusal-misleads",
            stage=stage,
            expected=f"code {case.code} and a sentence about '{case.word}'",
            got=f"code {said[0]} and '{said[1]}'",
        )
    after = small_board.infer(digits[0])
    expect(
        (after.top5, after.activation_crc) == (before.top5, before.activation_crc),
        "unsound-accepted",
        stage="an inference behind refused requests",
        expected=f"the result of the same image before them, {before.top5_ids}",
        got=after.top5_ids,
    )


def test_the_verbs_are_those_of_the_protocol_and_take_no_other_arguments(
    small_board: Board,
) -> None:
    named = small_board.console.request("help").get("verbs", "").split()
    expect(
        set(named) >= set(VERBS) and len(set(named)) == len(named),
        "verbs-amiss",
        stage="help",
        expected=f"each of {', '.join(VERBS)} once",
        got=", ".join(named),
    )
    requests = [f"{verb} nonsense=1" for verb in named]
    for request, answer in zip(
        requests, answers_to(small_board, numbers_from(requests), "unknown arguments"), strict=True
    ):
        got = answer.code if isinstance(answer, Refusal) else answer
        fine = ("bad_argument", "unsupported")  # the latter: a verb of test builds in another
        expect(
            got in fine,
            "unsound-accepted",
            stage=f"request '{request}'",
            expected="a refusal with code bad_argument",
            got=got,
        )


def test_each_answer_bears_the_whole_number_of_its_request(small_board: Board) -> None:
    console = small_board.console
    console.restart_numbers()  # none of those asked for here is the harness's own now
    data = b"".join(numbered(number, "role") for number in NUMBERS_OF_REQUESTS)
    got = [answer.number for answer in say(console, data, "request numbers").answers]
    expect(
        got == list(NUMBERS_OF_REQUESTS),
        "request-id-truncated",
        stage="request numbers",
        expected=NUMBERS_OF_REQUESTS,
        got=tuple(got),
    )
    for number in ("", "x", "-1", "1x", "4294967296", "18446744073709551617"):
        line = f"\0{sealed(f'#{number} role')}\r\n".encode()
        lines = say(console, line, f"request number '#{number}'").lines
        expect(
            len(lines) == 1 and lines[0].startswith("err code=syntax "),
            "refusal-misleads",
            stage=f"request number '#{number}'",
            expected="one refusal with code syntax and no number",
            got=lines,
        )


def test_a_request_whose_crc_is_wrong_is_refused_and_not_carried_out(small_board: Board) -> None:
    assert small_board.connection is not None
    via = small_board.connection.via
    console = small_board.console
    first = exchange(console, "rtt", 10, via=via, size=1)
    line = sealed(f"#{FIRST} rtt via={via} size=1").encode()
    covered = len(line) - len(b" *1234")
    for at in range(len(line)):
        for bit in (1, 4):
            damaged = line[:at] + bytes([line[at] ^ bit]) + line[at + 1 :]
            reply = say(console, b"\0" + damaged + b"\r\n", "a damaged request")
            codes = [each.code for each in reply.answers if isinstance(each, Refusal)]
            fine = codes == ["crc"] if at < covered else len(codes) == 1
            expect(
                fine and len(reply.lines) == 1,
                "bad-crc-accepted",
                stage="a request with a flipped bit",
                expected=f"one refusal with code crc to {damaged!r}",
                got=reply.lines,
            )
    for typed in ("help *0000", "#70001 help *0000"):
        lines = say(console, f"\0{typed}\r\n".encode(), f"'{typed}'").lines
        number = typed.partition("help")[0]
        expect(
            len(lines) == 1 and lines[0].startswith(f"{number}err code=crc "),
            "bad-crc-accepted",
            stage=f"request '{typed}'",
            expected=f"{number}err code=crc",
            got=lines,
        )
    second = exchange(console, "rtt", 10, via=via, size=1)
    expect(
        int(second["id"]) == int(first["id"]) + 1,
        "bad-crc-accepted",
        link=via,
        stage="a round trip behind damaged requests for one",
        expected=f"message {int(first['id']) + 1}",
        got=f"message {second['id']}",
    )


def test_values_come_back_as_they_were_sent(small_board: Board) -> None:
    cases = [*VALUES, *ALTERED]
    try:
        requests = numbers_from([request for request, _ in cases])
        answers = answers_to(small_board, requests, "values")
    finally:
        small_board.disconnect()  # whoever connects next names edge server and peer anew
    for (request, values), answer in zip(cases, answers, strict=True):
        shown = request if isinstance(request, str) else repr(request)
        got = answer.values if isinstance(answer, Answer) else answer
        expect(
            got == values,
            "value-altered" if isinstance(answer, Answer) else "sound-refused",
            stage=f"request '{shown}'",
            expected=values,
            got=got,
        )


def test_lines_end_as_they_like_and_are_at_most_512_bytes_long(small_board: Board) -> None:
    ends = (b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n\n")
    requests = [sealed(f"#{FIRST + i} role").encode() + end for i, end in enumerate(ends)]
    answers_to(small_board, requests, "line endings")
    for size in (LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1, 2 * LINE_LIMIT, 3_000):
        start, rest = f"#{FIRST} edge port=1 host=", len(" *1234")
        line = sealed(start + "h" * (size - len(start) - rest))
        lines = say(small_board.console, f"\0{line}\r\n".encode(), f"{size} bytes").lines
        fits = size <= LINE_LIMIT
        wanted = f"#{FIRST} err code=bad_argument" if fits else "err code=syntax"
        expect(
            len(lines) == 1 and lines[0].startswith(f"{wanted} "),
            "line-limit",
            stage=f"a line of {size} bytes",
            expected=f"'{wanted}', once",
            got=lines,
        )


def noise() -> list[bytes]:
    """Return what may come between two lines, whoever is to blame for it."""
    random_bytes = random.Random(11).randbytes
    return [
        *(bytes([byte]) for byte in range(256)),
        *(bytes([0, 3, byte]) for byte in range(256)),
        *(bytes([byte, 0, 0]) for byte in range(0, 256, 16)),
        b"\0\x07\x07\x12\x20" + b"U" * 20,  # esptool's SYNC begins so
        *(random_bytes(40 * size) for size in range(1, 9)),
        *(b"\0\x05" + bytes([kind]) + b"\xff" * 1200 for kind in range(1, 8)),
        b"#70000 rol",
        b'edge host="',
        b"\xff" * 1500,
        b"\0" * 50,
    ]


def test_noise_between_lines_harms_nothing(small_board: Board) -> None:
    blobs = noise()
    for start in range(0, len(blobs), BATCH):
        batch = list(enumerate(blobs[start : start + BATCH], FIRST + start))
        data = b"".join(blob + numbered(number, "role") for number, blob in batch)
        reply = say(small_board.console, data, "noise", deaf="noise-harms")
        heard = [answer.number for answer in reply.answers if isinstance(answer, Answer)]
        for number, blob in batch:
            expect(
                heard.count(number) == 1,
                "noise-harms",
                stage=f"a request behind the noise {blob[:40]!r} of {len(blob)} bytes",
                expected="one answer to it",
                got=heard.count(number),
            )


def test_half_a_frame_is_dropped_when_the_line_falls_silent(small_board: Board) -> None:
    console = small_board.console
    request = f"{sealed(f'#{FIRST} role')}\r\n".encode()
    for pause_s in PAUSES_S:
        before = say(console, b"", "before half a frame").count("rx_bad_chunk")
        console.send_bytes(b"\0\x05\x01abc")
        console.wait_line(lambda _: False, pause_s)
        reply = say(console, request, "a line behind half a frame", deaf="noise-harms")
        if reply.answers:
            break
    else:
        raise Misbehaviour(
            "noise-harms",
            stage=f"a line {pause_s} s behind half a frame",
            expected="its answer: what pauses for 0.5 s is no frame",
            got="none",
        )
    counted = reply.count("rx_bad_chunk") - before
    expect(
        counted == 1,
        "miscounted",
        stage="half a frame",
        expected="rx_bad_chunk to grow by 1",
        got=counted,
    )
