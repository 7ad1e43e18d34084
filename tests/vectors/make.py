# SPDX-License-Identifier: MIT
"""Writes the vectors in this directory: ``python tests/vectors/make.py``.

The values come from the tables of docs/protocol.md by way of ``struct``, ``zlib`` and ``hashlib``
alone; nothing of ``hil`` is imported, so that the vectors judge both implementations. What others
have published stands here as published: the check values of the CRC catalogue
(https://reveng.sourceforge.io/crc-catalogue/) and the worked examples for COBS
(https://en.wikipedia.org/wiki/Consistent_Overhead_Byte_Stuffing).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
HELLO, DATA, RESULT, ERROR, ECHO, ECHO_REPLY, ACK = range(1, 8)
AUTHENTICATED, ANSWER, WANT_OUTPUT = 1, 2, 4
INT8, UINT8, FLOAT32 = 1, 2, 3
RAMP = bytes((7 * i + 3) & 0xFF for i in range(1000))
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


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit as the polynomial division that it is."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def cobs(plain: bytes) -> bytes:
    """COBS with the plain double loop of its definition."""
    encoded = bytearray()
    pieces = plain.split(b"\0")
    for number, piece in enumerate(pieces):
        rest = piece
        while len(rest) >= 254:
            encoded += b"\xff" + rest[:254]
            rest = rest[254:]
        if rest or number < len(pieces) - 1 or not piece:
            encoded += bytes([len(rest) + 1]) + rest
    return bytes(encoded)


def hexed(data: bytes) -> str:
    return data.hex() or "-"


def write(name: str, comment: str, lines: Iterable[str]) -> None:
    head = "".join(f"# {line}\n" for line in ("Written by make.py.", *comment.splitlines()))
    (HERE / name).write_text(head + "".join(f"{line}\n" for line in lines), encoding="ascii")


def header(
    kind: int,
    flags: int,
    session: int,
    message: int,
    index: int = 0,
    count: int = 1,
    version: int = 1,
    magic: int = 0x4E53,
) -> bytes:
    return struct.pack(
        "<HBBIIHH", magic, version << 4 | kind, flags, session, message, index, count
    )


def body(model_id: int, payload: bytes) -> bytes:
    data = struct.pack("<II", len(payload), model_id) + payload
    return data + struct.pack("<I", zlib.crc32(data))


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


def header_lines() -> Iterable[str]:
    for kind, flags, session, message, index, count in (
        (HELLO, 0, 1, 1, 0, 1),
        (HELLO, ANSWER, 0xDEADBEEF, 1, 0, 1),
        (DATA, 0, 0x01020304, 0x05060708, 0x090A, 0x0B0C),
        (DATA, WANT_OUTPUT, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFE, 0xFFFF),
        (RESULT, ANSWER, 0, 4, 0, 1),
        (ERROR, ANSWER, 7, 0, 0, 1),
        (ECHO, AUTHENTICATED, 7, 9, 0, 3),
        (ECHO_REPLY, ANSWER | AUTHENTICATED | WANT_OUTPUT, 7, 9, 2, 3),
        (ACK, 0, 0x80000000, 0x7FFFFFFF, 0, 1),
    ):
        packed = header(kind, flags, session, message, index, count).hex()
        yield f"1 {kind:x} {flags:x} {session:x} {message:x} {index:x} {count:x} {packed}"
    good = header(DATA, 0, 7, 9)
    for packed, reason in (
        (b"", "length"),
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (header(DATA, 0, 7, 9, magic=0x534E), "magic"),
        (header(DATA, 0, 7, 9, version=0), "version"),
        (header(DATA, 0, 7, 9, version=2), "version"),
        (header(0, 0, 7, 9), "type"),
        (header(8, 0, 7, 9), "type"),
        (header(15, 0, 7, 9), "type"),
        (header(DATA, 0x08, 7, 9), "flags"),
        (header(DATA, 0x80, 7, 9), "flags"),
        (header(DATA, 0, 7, 9, 0, 0), "count"),
        (header(DATA, 0, 7, 9, 1, 1), "index"),
        (header(DATA, 0, 7, 9, 0xFFFF, 0xFFFF), "index"),
    ):
        yield f"bad {hexed(packed)} {reason}"


def message_lines() -> Iterable[str]:
    for kind, flags, session, message, model_id, length, payload in (
        (ECHO, 0, 7, 1, 0, 0x100, b""),
        (ECHO, 0, 7, 2, 0, 12, b""),
        (ECHO, 0, 7, 3, 0, 6, b""),
        (ECHO, 0, 7, 4, 0, 5, b""),
        (DATA, WANT_OUTPUT, 0xDEADBEEF, 5, 0x12345678, 234, RAMP[:222]),
        (DATA, 0, 0xDEADBEEF, 6, 0x12345678, 234, RAMP[:223]),
        (DATA, 0, 0xDEADBEEF, 7, 0x12345678, 234, RAMP[:456]),
        (DATA, 0, 0xDEADBEEF, 8, 0x12345678, 234, RAMP[:457]),
        (DATA, 0, 0xDEADBEEF, 9, 0x12345678, 100, RAMP),
        (DATA, 0, 0xDEADBEEF, 10, 0x12345678, 1012, RAMP),
        (DATA, 0, 0xDEADBEEF, 11, 0x12345678, 1011, RAMP),
        (ERROR, ANSWER, 0xCAFEF00D, 12, 0x12345678, 1, b"\x00\xff"),
    ):
        whole = body(model_id, payload)
        pieces = [whole[i : i + length] for i in range(0, len(whole), length)]
        frames = " ".join(
            (header(kind, flags, session, message, i, len(pieces)) + piece).hex()
            for i, piece in enumerate(pieces)
        )
        yield (
            f"{kind:x} {flags:x} {session:x} {message:x} {model_id:x} {length:x} "
            f"{hexed(payload)} {frames}"
        )


def on_stream(frame: bytes) -> bytes:
    return struct.pack("<I", len(frame)) + frame


def tcp_lines() -> Iterable[str]:
    for kind, flags, session, message, model_id, payload in (
        (HELLO, 0, 0xDEADBEEF, 1, 0x12345678, hello(1, INT8, 0, 4704, 19)),
        (ECHO, 0, 0xDEADBEEF, 2, 0, b""),
        (ECHO_REPLY, ANSWER, 0xCAFEF00D, 2, 0, RAMP[:33]),
        (DATA, WANT_OUTPUT, 0xDEADBEEF, 3, 0x12345678, RAMP),
    ):
        stream = on_stream(header(kind, flags, session, message) + body(model_id, payload))
        yield (
            f"{kind:x} {flags:x} {session:x} {message:x} {model_id:x} "
            f"{hexed(payload)} {stream.hex()}"
        )
    good = header(ECHO, 0, 7, 9) + body(0, b"abcd")
    short_length = struct.pack("<II", 3, 0) + b"abcd"
    short_length += struct.pack("<I", zlib.crc32(short_length))
    long_length = struct.pack("<II", 0xFFFFFFFF, 0) + b"abcd"
    long_length += struct.pack("<I", zlib.crc32(long_length))
    for stream, reason in (
        (struct.pack("<I", 27) + good[:27], "prefix"),
        (struct.pack("<I", 0), "prefix"),
        (struct.pack("<I", 0x1001), "prefix"),
        (struct.pack("<I", 0xFFFFFFFF), "prefix"),
        (on_stream(good[:-1] + bytes([good[-1] ^ 1])), "crc"),
        (on_stream(good[:24] + b"b" + good[25:]), "crc"),
        (on_stream(header(ECHO, 0, 7, 9) + short_length), "length"),
        (on_stream(header(ECHO, 0, 7, 9) + long_length), "length"),
        (on_stream(header(ECHO, 0, 7, 9, 0, 2) + body(0, b"abcd")), "count"),
    ):
        yield f"bad {stream.hex()} {reason}"


def hello(role: int, dtype: int, frame_limit: int, size: int, classes: int) -> bytes:
    return struct.pack("<BBHIII", role, dtype, frame_limit, size, classes, 0)


def hello_lines() -> Iterable[str]:
    for fields in (
        (1, INT8, 0, 4704, 19),
        (2, UINT8, 250, 5488, 1000),
        (3, FLOAT32, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    ):
        yield " ".join(f"{field:x}" for field in fields) + f" {hello(*fields).hex()}"
    good = hello(1, INT8, 0, 4704, 19)
    for packed, reason in (
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (hello(0, INT8, 0, 1, 1), "role"),
        (hello(4, INT8, 0, 1, 1), "role"),
        (hello(1, 0, 0, 1, 1), "dtype"),
        (hello(1, 4, 0, 1, 1), "dtype"),
    ):
        yield f"bad {packed.hex()} {reason}"


def result(
    dtype: int,
    classes: int,
    entries: list[tuple[int, int]],
    activation_crc: int,
    total_us: int,
    invoke_us: int,
    vector: bytes,
    sent: bytes,
) -> bytes:
    packed = struct.pack("<BBH", len(entries), dtype, classes)
    for class_id, score in entries + [(0, 0)] * (5 - len(entries)):
        packed += struct.pack("<HHI", class_id, 0, score & 0xFFFFFFFF)
    packed += struct.pack("<III8x", activation_crc, total_us, invoke_us)
    return packed + struct.pack("<II", len(vector), zlib.crc32(vector)) + sent


def float_bits(value: float) -> int:
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


def result_lines() -> Iterable[str]:
    int8 = bytes([0x80, 0x80, 0x7F, 0x00, 0x7F, 0x80])
    uint8 = bytes([3, 250])
    float32 = struct.pack("<3f", 0.25, -1.5, 0.75)
    for dtype, classes, entries, times, vector, wanted in (
        (INT8, 6, [(2, 127), (4, 127), (3, 0), (0, -128), (1, -128)], (1500, 1200), int8, True),
        (INT8, 6, [(2, 127), (4, 127), (3, 0), (0, -128), (1, -128)], (1500, 1200), int8, False),
        (UINT8, 2, [(1, 250), (0, 3)], (0, 0), uint8, True),
        (
            FLOAT32,
            3,
            [(2, float_bits(0.75)), (0, float_bits(0.25)), (1, float_bits(-1.5))],
            (0xFFFFFFFF, 0xFFFFFFFE),
            float32,
            True,
        ),
    ):
        sent = vector if wanted else b""
        packed = result(dtype, classes, entries, 0x89ABCDEF, *times, vector, sent)
        top = ",".join(f"{class_id:x}:{score & 0xFFFFFFFF:x}" for class_id, score in entries)
        yield (
            f"{dtype:x} {classes:x} {top} 89abcdef {times[0]:x} {times[1]:x} "
            f"{len(vector):x} {zlib.crc32(vector):08x} {hexed(sent)} {packed.hex()}"
        )
    good = result(UINT8, 2, [(1, 250), (0, 3)], 0, 0, 0, uint8, uint8)
    six = bytearray(good)
    six[0] = 6
    no_type = bytearray(good)
    no_type[1] = 0
    bad_crc = bytearray(good)
    bad_crc[-1] ^= 1
    for packed, reason in (
        (good[:60], "length"),
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (bytes(six), "k"),
        (bytes(no_type), "dtype"),
        (bytes(bad_crc), "crc"),
    ):
        yield f"bad {packed.hex()} {reason}"


def error_lines() -> Iterable[str]:
    for code, text in ((45, "model_mismatch: flash a head of model 12345678"), (23, ""), (1, "ä")):
        encoded = text.encode()
        packed = struct.pack("<HH", code, len(encoded)) + encoded
        yield f"{code:x} {hexed(encoded)} {packed.hex()}"
    for packed in (b"", b"\x01\0\0", b"\x01\0\x02\0x", b"\x01\0\x01\0xy"):
        yield f"bad {hexed(packed)} length"
    yield "bad 01000100ff utf8"


def topk_lines() -> Iterable[str]:
    formats = {INT8: "b", UINT8: "B", FLOAT32: "f"}
    for dtype, values in (
        (INT8, [-128, -128, 127, 0, 127, -128]),
        (INT8, [5] * 7),
        (INT8, [-1, 0, 1]),
        (UINT8, [0, 255, 128, 127, 1, 2]),
        (UINT8, [9]),
        (FLOAT32, [0.25, -1.5, 0.75, -0.5, 0.75, 1e-30, -1e30]),
    ):
        packed = struct.pack(f"<{len(values)}{formats[dtype]}", *values)
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))[:5]
        top = " ".join(
            f"{i:x}:{float_bits(values[i]) if dtype == FLOAT32 else values[i] & 0xFFFFFFFF:x}"
            for i in order
        )
        yield f"{dtype:x} {packed.hex()} {top}"
    values = [0] * 300
    values[299] = 9
    values[256] = 9
    yield f"2 {bytes(values).hex()} 100:9 12b:9 0:0 1:0 2:0"


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
    yield case("answer", with_crc("#7 ok msg=4"), "7", "ok", msg="4")
    yield case("answer", with_crc("ok role=head"), "-", "ok", role="head")
    yield case("answer", with_crc('#1 ok verbs="help info"'), "1", "ok", verbs="help info")
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
        with_crc("! infer msg=4 state=ok top5=12:250,3:1,0:0,1:0,2:0 total_us=12"),
        "-",
        "infer",
        msg="4",
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
        b"#7 ok msg=4",
        b"#7 ok msg=4 *0000",
        with_crc("#7 ok msg=4")[:-1],
        with_crc("#7 ok msg"),
        with_crc("#7 okay msg=4"),
        with_crc("#7"),
        with_crc("#x ok"),
        with_crc('#7 err msg="no code"'),
        with_crc("!"),
        with_crc("#7 ok msg=4").replace(b"msg=4", b"msg=5"),
        b"! link via=tcp state=up",
        b"ok",
        b"I (x) tag: text",
        b"\xff\xfe",
    ):
        yield f"noise {hexed(line)}"


def chunk_lines() -> Iterable[str]:
    for kind, offset, data in ((1, 0, RAMP), (1, 0x12400, b"\0" * 1024), (2, 1024, b"\x01")):
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


Tensor = tuple[int, tuple[int, ...], float, int, int]


def tensor(dtype: int, shape: tuple[int, ...], scale: float, zero: int, size: int) -> bytes:
    dimensions = shape + (0,) * (6 - len(shape))
    return struct.pack("<BBH6IfiI", dtype, len(shape), 0, *dimensions, scale, zero, size)


def slot(
    role: int,
    flatbuffer: bytes,
    model_id: int,
    full: bytes,
    tensors: tuple[Tensor, Tensor],
    classes: int,
    names: tuple[bytes, bytes],
    **damage: object,
) -> bytes:
    digest = hashlib.sha256(flatbuffer).digest()
    packed = struct.pack(
        "<IHBBII32s32s",
        damage.get("magic", 0x4D4C4948),
        damage.get("version", 1),
        role,
        0,
        len(flatbuffer),
        model_id,
        digest if damage.get("digest") is None else damage["digest"],
        full,
    )
    packed += tensor(*tensors[0]) + tensor(*tensors[1])
    packed += struct.pack("<I64s128s3736x", classes, *names)
    crc = zlib.crc32(packed) ^ int(bool(damage.get("crc")))
    packed += struct.pack("<I", crc)
    assert len(packed) == 4096
    return packed


def short(packed: bytes) -> str:
    return f"{packed[:356].hex()} 00*3736 {packed[4092:].hex()}"


def slot_lines() -> Iterable[str]:
    image: Tensor = (UINT8, (1, 160, 160, 3), 0.0078125, 128, 76800)
    crossing: Tensor = (INT8, (1, 10, 10, 32), 0.1, -128, 3200)
    scores: Tensor = (UINT8, (1, 19), 0.00390625, 0, 19)
    six: Tensor = (FLOAT32, (1, 2, 3, 4, 5, 6), 0.0, 0, 2880)
    full = hashlib.sha256(b"full model").digest()
    long_name = b"n" * 63
    long_cut = "ü".encode() * 63 + b"x"

    def text(item: Tensor) -> str:
        dtype, shape, scale, zero, size = item
        dims = "x".join(f"{d:x}" for d in shape)
        return f"{dtype:x}:{dims}:{float_bits(scale):08x}:{zero}:{size:x}"

    cases = (
        (1, RAMP[:100], 0x12345678, (image, crossing), 19, (b"dogs19", b"block_6_project")),
        (2, RAMP[:999], 0x12345678, (crossing, scores), 19, (b"dogs19", b"block_6_project")),
        (3, RAMP[:16], 0xFFFFFFFF, (image, scores), 19, (b"dogs19", b"")),
        (1, RAMP[:1], 0, (six, six), 0xFFFF, (long_name, long_cut)),
    )
    for role, flatbuffer, model_id, tensors, classes, names in cases:
        packed = slot(role, flatbuffer, model_id, full, tensors, classes, names)
        yield (
            f"{role:x} {model_id:08x} {flatbuffer.hex()} {full.hex()} {text(tensors[0])} "
            f"{text(tensors[1])} {classes:x} {hexed(names[0])} {hexed(names[1])} {short(packed)}"
        )
    role, flatbuffer, model_id, tensors, classes, names = cases[0]

    def bad(code: str, packed: bytes) -> str:
        return f"bad {code} {flatbuffer.hex()} {short(packed)}"

    good = (flatbuffer, model_id, full, tensors, classes, names)
    yield bad("slot_magic", slot(role, *good, magic=0x4D4C4949))
    yield bad("slot_version", slot(role, *good, version=2))
    yield bad("slot_version", slot(role, *good, version=0))
    yield bad("slot_header_crc", slot(role, *good, crc=True))
    yield bad("slot_sha256", slot(role, *good, digest=hashlib.sha256(b"other").digest()))
    yield bad("slot_role", slot(0, *good))
    yield bad("slot_role", slot(4, *good))
    packed = slot(role, b"", *good[1:])
    yield bad("slot_length", packed)
    sound = (INT8, (1, 1, 1, 1, 1, 1), 1.0, 0, 1)
    for broken in (
        (0, (1,), 1.0, 0, 1),
        (4, (1,), 1.0, 0, 1),
        (INT8, (), 1.0, 0, 1),
        (INT8, (0,), 1.0, 0, 0),
        (INT8, (2, 3), 1.0, 0, 7),
        (FLOAT32, (0x40000001,), 1.0, 0, 4),
    ):
        packed = slot(role, flatbuffer, model_id, full, (broken, sound), classes, names)
        yield bad("tensor_size", packed)
    packed = bytearray(slot(role, *good)[:-4])
    packed[81] = 7  # the rank of the input
    yield bad("tensor_size", packed + struct.pack("<I", zlib.crc32(packed)))


def main() -> None:
    """Writes every file."""
    write("crc.txt", "crc16|crc32 <bytes> <value>", crc_lines())
    write(
        "cobs.txt",
        "<plain> <encoded without the zero delimiters>\nbad <not an encoding of anything>",
        cobs_lines(),
    )
    write(
        "header.txt",
        "<version> <type> <flags> <session> <message> <index> <count> <header>; numbers in hex\n"
        "bad <header> <length|magic|version|type|flags|count|index>",
        header_lines(),
    )
    write(
        "message.txt",
        "<type> <flags> <session> <message> <model id> <fragment length> <payload> <frame>...\n"
        "numbers in hex; a frame is header and fragment",
        message_lines(),
    )
    write(
        "tcp.txt",
        "<type> <flags> <session> <message> <model id> <payload> <stream with its prefix>\n"
        "bad <stream, for a receiver whose largest frame is 0x1000> <prefix|crc|length|count>",
        tcp_lines(),
    )
    write(
        "hello.txt",
        "<role> <data type> <frame limit> <tensor size> <classes> <payload>; numbers in hex\n"
        "bad <payload> <length|role|dtype>",
        hello_lines(),
    )
    write(
        "result.txt",
        "<data type> <classes> <class:score,...> <activation crc> <total us> <invoke us>\n"
        "<output length> <output crc> <output that follows> <payload>; numbers in hex,\n"
        "scores as the 32 bits on the wire\n"
        "bad <payload> <length|k|dtype|crc>",
        result_lines(),
    )
    write("error.txt", "<code> <text> <payload>\nbad <payload> <length|utf8>", error_lines())
    write(
        "topk.txt",
        "<data type> <elements, little-endian> <class:score>... (the best five, in hex)",
        topk_lines(),
    )
    write(
        "line.txt",
        "request|typed <line> <number or -> <verb> <key=value>...   host to board; values in hex\n"
        "bad-request <line> <code of the refusal>\n"
        "answer|refusal|event <line> <number or -> <word> <key=value>...   board to host\n"
        "log <line> <level> <milliseconds> <tag> <text>\n"
        "noise <line that is none of these, or whose CRC fails>\n"
        "Lines are hex, without their ending; request lines are what a program writes.",
        line_lines(),
    )
    write(
        "chunk.txt",
        "<type> <offset> <data> <payload> <payload in COBS>; numbers in hex\n"
        "bad <payload in COBS> <length|crc>",
        chunk_lines(),
    )
    write(
        "slot.txt",
        "<role> <model id> <flatbuffer> <SHA-256 of the full model> <input> <output> <classes>\n"
        "<name> <cut> <header>; numbers in hex; a tensor is\n"
        "<data type>:<dimensions>:<bits of the scale>:<zero point, decimal>:<bytes>;\n"
        "a header is its bytes 0 to 355, 00*3736, its CRC\n"
        "bad <code> <flatbuffer> <header>: one defect each",
        slot_lines(),
    )


if __name__ == "__main__":
    main()
