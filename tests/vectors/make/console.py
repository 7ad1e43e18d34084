# SPDX-License-Identifier: MIT
"""Lines and binary chunks of the console, and the codes under them.

What others have published stands here as published: the check values of the CRC catalogue
(https://reveng.sourceforge.io/crc-catalogue/) and the worked examples for COBS
(https://en.wikipedia.org/wiki/Consistent_Overhead_Byte_Stuffing).
"""

import struct
import zlib
from collections.abc import Iterable

from common import RAMP, cobs, crc16, hexed

PUBLISHED_CRC16 = {b"123456789": 0x29B1}
PUBLISHED_CRC32 = {b"123456789": 0xCBF43926}
PUBLISHED_COBS = [
    ("00", "0101"),
    ("0000", "010101"),
    ("001100", "01021101"),
    ("11220033", "0311220233"),
    ("11223344", "0511223344"),
    ("11000000", "0211010101"),
    (bytes(range(0x01, 0xFF)).hex(), "ff" + bytes(range(0x01, 0xFF)).hex()),
    (bytes(range(0x00, 0xFF)).hex(), "01ff" + bytes(range(0x01, 0xFF)).hex()),
    (bytes(range(0x01, 0x100)).hex(), "ff" + bytes(range(0x01, 0xFF)).hex() + "02ff"),
    (
        (bytes(range(0x02, 0x100)) + b"\x00").hex(),
        "ff" + bytes(range(0x02, 0x100)).hex() + "0101",
    ),
    (
        (bytes(range(0x03, 0x100)) + b"\x00\x01").hex(),
        "fe" + bytes(range(0x03, 0x100)).hex() + "0201",
    ),
]


def crc_lines() -> Iterable[str]:
    for data, value in PUBLISHED_CRC16.items():
        assert crc16(data) == value
    for data, value in PUBLISHED_CRC32.items():
        assert zlib.crc32(data) == value
    for data in (b"123456789", b"", b"\0", b"\xff\xff\xff\xff", b"#7 infer via=tcp", RAMP):
        yield f"crc16 {hexed(data)} {crc16(data):04x}"
        yield f"crc32 {hexed(data)} {zlib.crc32(data):08x}"


def cobs_lines() -> Iterable[str]:
    for plain, encoded in PUBLISHED_COBS:
        assert cobs(bytes.fromhex(plain)).hex() == encoded, plain
        yield f"{plain} {encoded}"
    ones = b"\x01"
    for data in (
        b"",
        ones,
        ones * 253,
        ones * 255,
        ones * 508,
        ones * 509,
        b"\0" * 300,
        ones * 254 + b"\0",
        b"\0" + ones * 508 + b"\0\0",
        RAMP,
    ):
        yield f"{hexed(data)} {cobs(data).hex()}"
    for bad in ("02", "0511", "0311220533", "00", "021100", "ff01"):
        yield f"bad {bad}"


PAUSE = "pause"
SYNC = b"\xc0\0\x08\x24\0\0\0\0\0\x07\x07\x12\x20" + b"U" * 32 + b"\xc0"
"""ESPLoader.sync of esptool 5.6 (loader.py), as it goes onto the line."""


def input_lines() -> Iterable[str]:
    def case(*pieces: bytes | str, then: str) -> str:
        words = [piece if isinstance(piece, str) else piece.hex() for piece in pieces]
        return f"{' '.join(words)} : {then}"

    asked = b"\0" + with_crc("#7 info") + b"\r\n"
    line = f"line={with_crc('#7 info').hex()}"
    typed = f"line={b'info'.hex()}"
    frame = b"\x03\x01x"  # COBS of 01 78
    yield case(asked, then=line)
    yield case(b"in", PAUSE, b"fo\r", then=typed)
    yield case(b"\0" + frame + b"\0", then="frame=0178")
    yield case(b"\0" + frame, asked, then=f"frame=0178 {line}")
    yield case(b"\0\x05" + frame, asked, then=f"bad {line}")
    yield case(b"\0\x05" + frame, PAUSE, b"info\r", then=f"bad {typed}")
    yield case(SYNC, asked, then=f"bad {line}")
    yield case(SYNC, PAUSE, b"\r\ninfo\r\n", then=f"bad {typed}")
    yield case(SYNC * 2, asked, then=f"bad bad {line}")
    yield case(b"\0", PAUSE, b"info\r", then=typed)
    yield case(b"\0\0\0", asked, then=line)
    yield case(b"\0\x05", PAUSE, b"info\r", then=f"bad {typed}")
    yield case(b"garbage", asked, then=line)
    yield case(b"x" * 600, asked, then=line)
    yield case(b"x" * 600, b"\rinfo\r", then=f"long {typed}")
    yield case(b"\0" + b"\x01" * 2000, asked, then=f"bad {line}")
    yield case(b"\0" + b"\x01" * 2000, PAUSE, b"info\r", then=f"bad {typed}")
    yield case(b"\0\x03\x02x\0info\r", then=typed)


def with_crc(text: str) -> bytes:
    line = text.encode()
    return line + b" *" + f"{crc16(line):04x}".encode()


def line_lines() -> Iterable[str]:
    def case(kind: str, line: bytes, number: str, word: str, **values: str) -> str:
        pairs = "".join(f" {key}={hexed(value.encode())}" for key, value in values.items())
        return f"{kind} {line.hex()} {number} {word}{pairs}"

    yield case("request", with_crc("#7 infer via=tcp"), "7", "infer", via="tcp")
    yield case("request", with_crc("#4294967295 info"), "4294967295", "info")
    yield case("request", with_crc("#1 rtt via=tcp size=64"), "1", "rtt", via="tcp", size="64")
    for ssid, quoted in (
        ("", '""'),
        ("my net", '"my net"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a=b", '"a=b"'),
        ("back\\slash", "back\\slash"),
        ("back \\slash", r'"back \\slash"'),
        ("\\", "\\"),
        ('"', r'"\""'),
        ("*a1b2", "*a1b2"),
        ("x *a1b2", '"x *a1b2"'),
        ("#7", "#7"),
        ("Gästenetz", "Gästenetz"),
    ):
        text = f"#2 wifi ssid={quoted} password=secret"
        yield case("request", with_crc(text), "2", "wifi", ssid=ssid, password="secret")
        text = f"#3 wifi password=secret ssid={quoted}"
        yield case("request", with_crc(text), "3", "wifi", password="secret", ssid=ssid)
    yield case("typed", b"info", "-", "info")
    yield case("typed", b"infer via=tcp output=1", "-", "infer", via="tcp", output="1")
    yield case("typed", b'  wifi   ssid="a b"  ', "-", "wifi", ssid="a b")
    yield case(
        "typed", b'edge host="10.0.0.1" port=4000', "-", "edge", host="10.0.0.1", port="4000"
    )
    yield case("typed", b"#7 infer via=tcp", "7", "infer", via="tcp")
    yield case("typed", with_crc("infer via=tcp"), "-", "infer", via="tcp")
    for line, code in (
        (b"#7 infer via=tcp *0000", "crc"),
        (b"#7", "syntax"),
        (b"#x info", "syntax"),
        (b"# info", "syntax"),
        (b"#4294967296 info", "syntax"),
        (b"infer via", "syntax"),
        (b"infer =tcp", "syntax"),
        (b"infer via=tcp=udp", "syntax"),
        (b'wifi ssid="open', "syntax"),
        (b'wifi ssid="a"b', "syntax"),
        (b'wifi ssid=a"b', "syntax"),
        (rb'wifi ssid="a\n"', "syntax"),
        (b'wifi ssid="a\\', "syntax"),
    ):
        yield f"bad-request {line.hex()} {code}"

    yield case("answer", with_crc("#7 ok"), "7", "ok")
    yield case("answer", with_crc("#7 ok id=4"), "7", "ok", id="4")
    yield case("answer", with_crc("ok role=head"), "-", "ok", role="head")
    yield case("answer", with_crc('#1 ok verbs="help info"'), "1", "ok", verbs="help info")
    yield case(
        "answer",
        with_crc("#2 ok psram_free=4194304 psram_least=4000000 stacks=main:5120,nimble_host:900"),
        "2",
        "ok",
        psram_free="4194304",
        psram_least="4000000",
        stacks="main:5120,nimble_host:900",
    )
    yield case(
        "refusal",
        with_crc(r'#7 err code=busy msg="say \"wait\" \\ later"'),
        "7",
        "err",
        code="busy",
        msg='say "wait" \\ later',
    )
    yield case("refusal", with_crc('err code=syntax msg="no"'), "-", "err", code="syntax", msg="no")
    yield case("event", with_crc("! link via=tcp state=up"), "-", "link", via="tcp", state="up")
    yield case(
        "event",
        with_crc("! infer id=4 state=ok top5=12:250,3:1,0:0,1:0,2:0 total_us=12"),
        "-",
        "infer",
        id="4",
        state="ok",
        top5="12:250,3:1,0:0,1:0,2:0",
        total_us="12",
    )
    for line, level, time_ms, tag, text in (
        (b"I (123) tag: text", "I", 123, "tag", "text"),
        (b"E (0) splitnode: slot_sha256: a: b", "E", 0, "splitnode", "slot_sha256: a: b"),
        (b"W (4294967295) wifi:", "W", 4294967295, "wifi", ""),
        (b"D (5) esp_image: segment 0", "D", 5, "esp_image", "segment 0"),
        (b"\x1b[0;32mI (30) boot: ESP-IDF\x1b[0m", "I", 30, "boot", "ESP-IDF"),
    ):
        yield f"log {line.hex()} {level} {time_ms} {tag} {hexed(text.encode())}"
    for line in (
        b"",
        b"ESP-ROM:esp32s3-20210327",
        b"#7 ok id=4",
        b"#7 ok id=4 *0000",
        with_crc("#7 ok id=4")[:-1],
        with_crc("#7 ok msg"),
        with_crc("#7 okay id=4"),
        with_crc("#7"),
        with_crc("#x ok"),
        with_crc('#7 err msg="no code"'),
        with_crc("!"),
        with_crc("#7 ok id=4").replace(b"id=4", b"id=5"),
        b"! link via=tcp state=up",
        b"ok",
        b"I (x) tag: text",
        b"\xff\xfe",
    ):
        yield f"noise {hexed(line)}"


def chunk_lines() -> Iterable[str]:
    for kind, offset, data in (
        (1, 0, RAMP),
        (1, 0x12400, b"\0" * 1024),
        (2, 1024, b"\x01"),
        (7, 0, b"HILM"),
    ):
        plain = struct.pack("<BI", kind, offset) + data
        plain += struct.pack("<I", zlib.crc32(plain))
        yield f"{kind:x} {offset:x} {data.hex()} {plain.hex()} {cobs(plain).hex()}"
    good = struct.pack("<BI", 1, 0) + b"abcd"
    good += struct.pack("<I", zlib.crc32(good))
    long = struct.pack("<BI", 1, 0) + b"\0" * 1025
    long += struct.pack("<I", zlib.crc32(long))
    for plain, reason in (
        (b"", "length"),
        (good[:8], "length"),
        (good[:-1] + bytes([good[-1] ^ 0x80]), "crc"),
        (long, "length"),
    ):
        yield f"bad {hexed(cobs(plain))} {reason}"
