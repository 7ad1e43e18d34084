# SPDX-License-Identifier: MIT
"""Lines of text on the console (docs/protocol.md, section 2.1)."""

import binascii
import re
from dataclasses import dataclass

from hil.errors import BadInputError

LINE_LIMIT = 512
"""Most bytes of a line to the board."""

_WORD = re.compile(r"[a-z0-9_]+")
_BARE = re.compile(r'[^ "=]+')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PAIR = re.compile(r' +([a-z0-9_]+)=(?:"((?:[^"\\]|\\["\\])*)"|([^ "=]+))(?= |$)')
_ESCAPE = re.compile(r"\\(.)")
_CRC = re.compile(r" \*([0-9a-f]{4})$")
_ANSWER = re.compile(r"(?:#([0-9]{1,10}) )?(ok|err)(?= |$)")
_EVENT = re.compile(r"! ([a-z0-9_]+)")
_LOG = re.compile(r"([EWIDV]) \(([0-9]{1,16})\) ([^:]+):(?: (.*))?$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Answer:
    """``#number ok key=value ...``; number is None if the request had none."""

    number: int | None
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """``#number err code=... msg="..."``."""

    number: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Event:
    """``! name key=value ...``."""

    name: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """A log line as ESP-IDF writes it; ``time_ms`` counts from the start of the board."""

    level: str
    time_ms: int
    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Any other line, or one whose CRC is wrong."""

    text: str


Line = Answer | Refusal | Event | Log | Noise


def crc16(data: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE of ``data``."""
    return binascii.crc_hqx(data, 0xFFFF)


def format_request(number: int, verb: str, **arguments: str | int) -> str:
    """Return a request as a program sends it, with number and CRC, without its line ending.

    Raises:
        BadInputError: a value cannot stand on one line of 512 bytes.
    """
    words = [f"#{number}", verb]
    for key, value in arguments.items():
        words.append(f"{key}={_quote(key, str(int(value) if isinstance(value, bool) else value))}")
    line = " ".join(words)
    try:
        encoded = line.encode()
    except UnicodeEncodeError:
        raise BadInputError(
            f"A value for {verb} holds half of a surrogate pair; give it as valid Unicode."
        ) from None
    line += f" *{crc16(encoded):04x}"
    size = len(encoded) + 6
    if size > LINE_LIMIT:
        raise BadInputError(
            f"The request {verb} has {size} bytes; the console takes 512, so shorten its values."
        )
    return line


def sent(line: str) -> bytes:
    """Return a request as a program puts it on the line.

    The zero byte in front ends whatever was there before: half a frame, as esptool's SYNC leaves
    one, half a line, noise (docs/protocol.md, section 2.1).
    """
    return b"\0" + line.encode() + b"\r\n"


def _quote(key: str, value: str) -> str:
    if _CONTROL.search(value):
        raise BadInputError(
            f"The value of {key} holds a control character, which a console line cannot; remove it."
        )
    if _BARE.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wrong_crc(text: str) -> tuple[str, str]:
    """Return the CRC that a line claims to have, empty if none, and the one that is right."""
    claimed = _CRC.search(text)
    if claimed is None:
        return "", f"{crc16(text.encode('utf-8', 'replace')):04x}"
    covered = text[: claimed.start()]
    return claimed[1], f"{crc16(covered.encode('utf-8', 'replace')):04x}"


def parse_values(text: str) -> dict[str, str] | None:
    """Read `` key=value key="a b" ...``; None if it is anything else or has a key twice."""
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None or pair[1] in values:
            return None
        values[pair[1]] = _ESCAPE.sub(r"\1", pair[2]) if pair[3] is None else pair[3]
        position = pair.end()
    return values


def parse_line(text: str) -> Line:
    """Read one line from the board, without its ending. Never fails: what is unclear is noise."""
    checked = _CRC.search(text)
    if checked:
        covered = text[: checked.start()]
        if crc16(covered.encode("utf-8", "replace")) == int(checked[1], 16):
            return _parse_checked(covered) or Noise(text)
    log = _LOG.match(uncoloured(text))
    if log:
        return Log(log[1], int(log[2]), log[3], log[4] or "")
    return Noise(text)


def uncoloured(text: str) -> str:
    """Return a line without the colours that ESP-IDF gives its log."""
    return _COLOUR.sub("", text)


def _parse_checked(text: str) -> Line | None:
    if answer := _ANSWER.match(text):
        values = parse_values(text[answer.end() :])
        number = int(answer[1]) if answer[1] else None
        if values is None:
            return None
        if answer[2] == "ok":
            return Answer(number, values)
        if "code" in values:
            return Refusal(number, values["code"], values.get("msg", ""))
    elif event := _EVENT.match(text):
        values = parse_values(text[event.end() :])
        if values is not None:
            return Event(event[1], values)
    return None
