# SPDX-License-Identifier: MIT
"""Passwords of access points, right or wrong, and keys of links are nowhere to be read."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.keying import give
from hil.board.network import credentials
from hil.console.console import Console
from hil.console.log import Kind, LogLine
from hil.errors import BoardPanic
from hil.host.secret import Secret as HostSecret
from hil.protocol.auth import new_key
from hil.protocol.console.line import Answer, Event, Log, Refusal, parse_line
from hil.pytestplugin.run import Run
from hil.suite.helpers.console.raw import FIRST, numbered, say, sealed
from hil.suite.helpers.secret import Secret, shown
from hil.symptoms import expect

pytestmark = pytest.mark.hil

WRONG = "Zq7-wXv3_Kd9"
"""Four characters in a row of which are in no word and no other figure."""
PIECE = 4

KEY_PIECE = 12
"""Digits: `info` and the answer to `key` tell the first eight of what a key hashes to."""

WIFI_PATIENCE_S = 30.0
PANIC_PATIENCE_S = 10.0


def with_password(ssid: str) -> dict[str, bytes]:
    """Return lines that hold the wrong password, none of which joins anything, by what they are."""
    sound = f"wifi ssid={ssid} password={WRONG}"
    line = f"#{FIRST} {sound}"
    return {
        "too short": numbered(FIRST, f"wifi ssid={ssid} password={WRONG[:7]}"),
        "too long": numbered(FIRST, f"wifi ssid={ssid} password={WRONG * 6}"),
        "without ssid": numbered(FIRST, f"wifi password={WRONG}"),
        "with an ssid that is too long": numbered(FIRST, f"wifi ssid={'s' * 33} password={WRONG}"),
        "misspelt key": numbered(FIRST, f"wifi ssid={ssid} pasword={WRONG}"),
        "misspelt verb": numbered(FIRST, f"wfi ssid={ssid} password={WRONG}"),
        "given twice": numbered(FIRST, f"{sound} password={WRONG}"),
        "with a broken quote": numbered(FIRST, f'wifi ssid={ssid} password="{WRONG}'),
        "with an equals sign": numbered(FIRST, f"wifi ssid={ssid} password={WRONG}={WRONG}"),
        "no pair": numbered(FIRST, f"wifi {ssid} {WRONG}"),
        "as the verb": numbered(FIRST, WRONG),
        "with a bad number": f"\0{sealed(f'#{WRONG} wifi')}\r\n".encode(),
        "with a wrong CRC": f"\0{line} *0000\r\n".encode(),
        "too long a line": f"\0{sealed(line + WRONG * 50)}\r\n".encode(),
        "half a line": f"\0{line}".encode(),
        "behind noise": b"\0\x05\x01" + WRONG.encode() + b"\0",
        "for another verb": numbered(FIRST, f"stats password={WRONG}"),
        "for an update": numbered(FIRST, f"update what={WRONG} size=9"),
        "for a link": numbered(FIRST, f"link via={WRONG} state=up"),
    }


def test_nothing_shows_a_password(small_board: Board, request: pytest.FixtureRequest) -> None:
    console = small_board.console
    known = credentials(small_board.spec, small_board.info)
    ssid = known.ssid if known else "hil-suite"
    secrets = [Secret(WRONG, PIECE)]
    for what, data in with_password(ssid).items():
        with _listening(console, secrets, f"a request with a wrong password, {what}"):
            say(console, data, what)
    for name in (f"{ssid}-elsewhere"[:32], ssid):
        with _listening(console, secrets, f"joining {name} with a wrong password"):
            _join(console, name, WRONG)
    if known is not None:
        secrets.append(Secret(known.password))
        with _listening(console, secrets, f"joining {known.ssid}"):
            _join(console, known.ssid, known.password)
    for verb in ("info", "stats", "help", "role"):
        with _listening(console, secrets, f"the answer to {verb}"):
            console.request(verb)
    _check_what_stays(small_board, Run.of(request.config).log_dir, secrets)


def test_a_panic_shows_no_password(armed_board: Board) -> None:
    console = armed_board.console
    known = credentials(armed_board.spec, armed_board.info)
    secrets = [Secret(WRONG, PIECE)]
    _join(console, known.ssid if known else "hil-suite", WRONG)
    if known is not None:
        secrets.append(Secret(known.password))
        _join(console, known.ssid, known.password)
    with _listening(console, secrets, "a panic and the start behind it"):
        console.request("crash")
        with contextlib.suppress(BoardPanic):
            console.wait_line(lambda _: False, PANIC_PATIENCE_S)
        armed_board.reset()


def test_nothing_shows_a_key(small_board: Board, request: pytest.FixtureRequest) -> None:
    if small_board.info.key is None:
        pytest.skip("the firmware knows no keys.")
    small_board.disconnect()
    console, key = small_board.console, new_key()
    digits = HostSecret(key.hex())
    secrets = [Secret(digits, KEY_PIECE)]
    for what, text in _with_key(digits).items():
        with _listening(console, secrets, f"a request with a key, {what}"):
            say(console, numbered(FIRST, text), what)
    give(small_board, key)
    for verb in ("info", "stats", "help", "key"):
        with _listening(console, secrets, f"the answer to {verb}"):
            console.request(verb)
    give(small_board, key)
    _check_what_stays(small_board, Run.of(request.config).log_dir, secrets)


def _with_key(digits: str) -> dict[str, str]:
    return {
        "too long": f"key value={digits}0",
        "too short": f"key value={digits[:-1]}",
        "under another name": f"key valeu={digits}",
        "for another verb": f"kye value={digits}",
        "given twice": f"key value={digits} value={digits}",
        "no pair": f"key {digits}",
    }


def _join(console: Console, ssid: str, password: str) -> None:
    console.forget("wifi")
    console.request("wifi", ssid=ssid, password=password)
    console.wait_event("wifi", WIFI_PATIENCE_S)


@contextlib.contextmanager
def _listening(console: Console, secrets: list[Secret], stage: str) -> Iterator[None]:
    """Check the lines that come and go in a ``with`` block."""
    heard: list[LogLine] = []
    stop = console.listen(heard.append)
    try:
        yield
    finally:
        stop()
    for line in heard:
        _check(line, secrets, stage)


def _check(line: LogLine, secrets: list[Secret], stage: str) -> None:
    form = shown(line.text, secrets)
    expect(
        not form,
        "password-leaked",
        stage=stage,
        expected="no line with a password or a key",
        got=f"one {form} in {_kind_of(line)}",
    )


def _kind_of(line: LogLine) -> str:
    """Say what a line is without quoting it."""
    if line.kind is not Kind.BOARD:
        return "what the harness notes of its own requests"
    parsed = parse_line(line.text)
    if isinstance(parsed, Log):
        return f"a log line of '{parsed.tag}'"
    if isinstance(parsed, Refusal):
        return f"the sentence of a refusal with code {parsed.code}"
    if isinstance(parsed, Event):
        return f"the event '{parsed.name}'"
    return "an answer" if isinstance(parsed, Answer) else "a line of no kind"


def _check_what_stays(board: Board, logs: Path, secrets: list[Secret]) -> None:
    """Reset the board, and look through what it says then, the log, and what has been written."""
    console = board.console
    with _listening(console, secrets, "a reset and the start behind it"):
        board.reset()
    for line in tuple(console.log):
        _check(line, secrets, "the console's log of this session")
    began = time.time() - time.monotonic() + console.log[0].host_time
    _check_files(logs, began, secrets)


def _check_files(directory: Path, began: float, secrets: list[Secret]) -> None:
    """Look through what this run, which began at a time of ``time.time()``, has written."""
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or path.stat().st_mtime < began:
            continue
        form = shown(path.read_text(encoding="utf-8", errors="replace"), secrets)
        expect(
            not form,
            "password-leaked",
            stage=f"what the run has written to {directory.name}",
            expected="no file with a password or a key",
            got=f"one {form} in {path.relative_to(directory)}",
        )
