# SPDX-License-Identifier: MIT
"""Lines that a board seals (hil/protocol/console/line.py), and what is made of their values."""

import contextlib
from collections.abc import Iterator

from fuzz_targets.vectors import hexadecimal
from hil.console.health import Health
from hil.console.info import BoardInfo
from hil.console.refusal import raise_refusal
from hil.errors import BoardRefused, MessageLost
from hil.inference.completion import parse_completion
from hil.protocol.console.line import Answer, Event, Log, Noise, Refusal, crc16, parse_line

_INFER = (
    "! infer id=4 state=ok top5=12:250,3:1,0:0,1:0,2:0 act_crc=00000001 act_len=4704 "
    "rx_crc=00000001 load_us=1 invoke_us=2 send_us=3 wait_us=4 total_us=10 edge_us=1 "
    "edge_invoke_us=1 frames=1 resent=0 wire=4748 out_len=19 out_crc=00000002"
)
_INFO = (
    "#1 ok fw=0.1.0 src=0123456789abcdef proto=1 chip=esp32s3 mac=02:00:00:4c:00:01 simulated=1 "
    "kernels=reference role=head slot=ok model=0000000f name=dogs cut=- in=uint8:1x2x3 "
    "out=int8:1x9 arena=1 arena_used=1 psram=1 flash=1 app=ota_0 model_slot=model_0 trial=none "
    "test=0 key=none "
    "reset=power-on boot=00000001"
)


def run(data: bytes) -> None:
    health = Health()
    for raw in data.split(b"\n"):
        text = raw.decode("utf-8", "replace")
        sealed = f"{text} *{crc16(text.encode()):04x}"
        _use(parse_line(sealed))
        line = parse_line(text)
        _use(line)
        if isinstance(line, Log | Noise):
            health.observe(text)
    if health.at_fault:
        str(health.report().error())


def _use(line: Answer | Event | Log | Noise | Refusal) -> None:
    if isinstance(line, Answer | Event):
        for read in (parse_completion, BoardInfo.parse, lambda values: raise_refusal(values, "x")):
            with contextlib.suppress(BoardRefused, MessageLost):
                read(line.values)


def seeds() -> Iterator[bytes]:
    yield _INFER.encode()
    yield _INFO.encode()
    yield b'! infer id=4 state=err code=edge_timeout msg="the peer does not answer"'
    yield b"ESP-ROM:esp32s3-20210327\nrst:0x3 (RTC_SW_SYS_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"
    yield b"Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled."
    yield b"Backtrace: 0x42008a5d:0x3fc98f00 0x42008a5d:0x3fc98f20 |<-CORRUPTED"
    yield from hexadecimal("line")
