# SPDX-License-Identifier: MIT
"""Requests to the console: what is refused and how, and that sound ones are read as they are."""

import contextlib
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.console.exchange import exchange
from hil.errors import BoardRefused
from hil.links import LINKS
from hil.protocol.console.line import Answer, Refusal
from hil.suite.helpers.console.raw import (
    BATCH,
    FIRST,
    answered,
    answers_to,
    numbered,
    numbers_from,
    say,
    sealed,
)
from hil.suite.helpers.console.requests import (
    ALTERED,
    ENDS_A_BOOT,
    NUMBERS_OF_REQUESTS,
    VALUES,
    VERBS,
    refused,
)
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def test_each_refusal_names_what_is_wrong_and_leaves_the_board_as_it_was(
    small_board: Board, digits: list[Path]
) -> None:
    assert small_board.connection is not None
    up = small_board.connection.via
    down = next(via for via in LINKS if via != up)
    before = small_board.infer(digits[0])
    size, test_build = small_board.part.model.input.bytes, small_board.info.test_build
    cases = refused(up, down, size, test_build=test_build)
    requests = numbers_from([case.request for case in cases])
    answers, events = answers_to(small_board.console, requests, "refusals")
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
    expect(
        not events,
        "unsound-accepted",
        stage="refused requests",
        expected="no event",
        got=events,
    )
    event: dict[str, str] = {}
    with contextlib.suppress(BoardRefused):
        event = exchange(small_board.console, "infer", 30, via=up)
    expect(
        event.get("act_crc") == f"{before.activation_crc:08x}",
        "unsound-accepted",
        stage="an inference behind refused requests",
        expected=f"the activation of the same image before them, CRC {before.activation_crc:08x}",
        got=event or "a refusal: one of the requests has changed something",
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
    last = [verb for verb in named if verb in ENDS_A_BOOT]
    for verbs in ([verb for verb in named if verb not in last], last):
        requests = [f"{verb} nonsense=1" for verb in verbs]
        answers, _ = answers_to(small_board.console, numbers_from(requests), "unknown arguments")
        for request, answer in zip(requests, answers, strict=True):
            got = answer.code if isinstance(answer, Refusal) else answer
            expect(
                got == "bad_argument",
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
    first = answered(console, "rtt", via=via, size=1)
    line = sealed(f"#{FIRST} rtt via={via} size=1").encode()
    covered = len(line) - len(b" *1234")
    places = [(at, bit) for at in range(len(line)) for bit in (1, 4)]
    for start in range(0, len(places), BATCH):
        batch = places[start : start + BATCH]
        sent = [line[:at] + bytes([line[at] ^ bit]) + line[at + 1 :] for at, bit in batch]
        data = b"".join(b"\0" + damaged + b"\r\n" for damaged in sent)
        reply = say(console, data, "damaged requests")
        codes = [each.code if isinstance(each, Refusal) else "none" for each in reply.answers]
        expect(
            len(codes) == len(reply.lines) == len(batch) and "none" not in codes,
            "bad-crc-accepted",
            stage=f"{len(batch)} requests with a flipped bit each, such as {sent[0]!r}",
            expected="a refusal of each, and nothing else",
            got=[each for each in reply.lines if " code=crc " not in each],
        )
        for (at, _), damaged, code in zip(batch, sent, codes, strict=True):
            expect(
                code == "crc" or at >= covered,
                "bad-crc-accepted",
                stage=f"request {damaged!r}",
                expected="a refusal with code crc",
                got=code,
            )
    for typed in ("help *0000", "#1001 help *0000"):
        lines = say(console, f"\0{typed}\r\n".encode(), f"'{typed}'").lines
        number = typed.partition("help")[0]
        expect(
            len(lines) == 1 and lines[0].startswith(f"{number}err code=crc "),
            "bad-crc-accepted",
            stage=f"request '{typed}'",
            expected=f"{number}err code=crc",
            got=lines,
        )
    second = answered(console, "rtt", via=via, size=1)
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
        answers, _ = answers_to(small_board.console, requests, "values")
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
