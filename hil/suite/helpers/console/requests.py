# SPDX-License-Identifier: MIT
"""Requests of a board's console, and what is to come of them.

In those that are to be refused, a word in braces is filled in: ``{up}`` is the link that is up,
``{down}`` another, ``{size}`` the size in bytes of the model's input.
"""

from typing import NamedTuple

_SHA256 = "5a" * 32
_SSID = "hil-suite"

VERBS = (
    *("help", "info", "role", "baud", "wifi", "edge", "peer", "link"),
    *("image", "infer", "read", "rtt", "stats", "update", "reboot"),
)
"""Those of docs/protocol.md, 2.3, that every build has."""

ENDS_A_BOOT = ("reboot", "crash", "hang")
"""Verbs behind which a board says no more."""

NUMBERS_OF_REQUESTS = (
    *(0, 1, 9, 10, 99, 255, 256, 1_001, 32_767, 32_768, 65_535, 65_536),
    *(2**24 - 1, 2**24, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1),
)
"""From the least to the largest that the protocol has, with the ends of narrower integers."""


class Refused(NamedTuple):
    """A request that is to be refused.

    Attributes:
        request: without number and CRC.
        code: of the refusal.
        word: that its sentence has to have; empty for any.
    """

    request: str
    code: str
    word: str


MISSPELT_VERBS = (
    "hel",
    "helpx",
    "HELP",
    "inf",
    "infos",
    "stat",
    "statsx",
    "_",
    "-",
    "é",
)
"""Near those that there are."""

UNREADABLE = (
    "baud rate",
    "baud rate=",
    "baud =9600",
    "baud rate=96=00",
    'baud rate="9600',
    'baud rate=9600"',
    'baud rate="9600"0',
    r'baud rate="96\00"',
    "baud RATE=9600",
    "baud rate =9600",
    'edge host="',
    "help =",
    "",
)
"""Requests that cannot be read; the last has no verb."""

NUMBERS_AMISS = (
    "",
    "-1",
    "+1",
    "0x1",
    "1.0",
    "1e3",
    "1k",
    " 1",
    "1 ",
    "1_0",
    "4294967296",
    "4294967297",
    "18446744073709551617",
)
"""None of them is a number from 0 to 2^32 - 1; some are 1 to who reads them carelessly."""

TWICE = ("baud rate=115200 rate=115200", "edge host=a port=1 host=b", "help " + "a=1 " * 2)

TOO_MANY = "help " + " ".join(f"{key}=1" for key in "abcdefghi")

OUT_OF_RANGE = (
    ("baud", "bad_argument", "rate"),
    ("baud rate=0", "bad_argument", "rate"),
    ("baud rate=9599", "bad_argument", "rate"),
    ("baud rate=5000001", "bad_argument", "rate"),
    ("wifi password=12345678", "bad_argument", "ssid"),
    ('wifi ssid="" password=12345678', "bad_argument", "ssid"),
    (f"wifi ssid={'s' * 33} password=12345678", "bad_argument", "ssid"),
    (f"wifi ssid={_SSID} password=1234567", "bad_argument", "password"),
    (f"wifi ssid={_SSID} password={'p' * 65}", "bad_argument", "password"),
    ("edge port=4000", "bad_argument", "host"),
    ('edge host="" port=4000', "bad_argument", "host"),
    (f"edge host={'h' * 64} port=4000", "bad_argument", "host"),
    ("edge host=localhost", "bad_argument", "port"),
    ("edge host=localhost port=0", "bad_argument", "port"),
    ("edge host=localhost port=65536", "bad_argument", "port"),
    ("edge host=localhost port=69536", "bad_argument", "port"),
    ("peer mac=02:00:00:4c:00", "bad_argument", "mac"),
    ("peer mac=02:00:00:4c:00:01:02", "bad_argument", "mac"),
    ("peer mac=02-00-00-4c-00-01", "bad_argument", "mac"),
    ("peer mac=02:00:00:4c:00:0g", "bad_argument", "mac"),
    ("peer mac=03:00:00:4c:00:01", "bad_argument", "mac"),
    ("peer mac=0b:00:00:4c:00:01", "bad_argument", "mac"),
    ("peer mac=02:00:00:4c:00:01 channel=0", "bad_argument", "channel"),
    ("peer mac=02:00:00:4c:00:01 channel=14", "bad_argument", "channel"),
    ("role set=edge", "bad_argument", "set"),
    ("role channel=14", "bad_argument", "channel"),
    ("role set=gateway", "busy", "link"),
    ("link state=up", "bad_argument", "via"),
    ("link via=zigbee state=up", "bad_argument", "via"),
    ("link via=TCP state=up", "bad_argument", "via"),
    ("link via=tcpip state=up", "bad_argument", "via"),
    ("link via={up}", "bad_argument", "state"),
    ("link via={up} state=upwards", "bad_argument", "state"),
    ("link via={up} state=1", "bad_argument", "state"),
    ("image size={size}", "bad_argument", "crc"),
    ("image crc=00000000", "bad_argument", "size"),
    ("image size={size} crc=123456789", "bad_argument", "crc"),
    ("image size={size} crc=12x4", "bad_argument", "crc"),
    ('image size={size} crc=""', "bad_argument", "crc"),
    ("image size=0 crc=00000000", "image_size", "{size}"),
    ("image size=1 crc=00000000", "image_size", "{size}"),
    ("image size=4294967295 crc=00000000", "image_size", "{size}"),
    ("infer", "bad_argument", "via"),
    ("infer via={up} output=2", "bad_argument", "output"),
    ("infer via={up} output=01", "bad_argument", "output"),
    ('infer via={up} output=""', "bad_argument", "output"),
    ("infer via={up} output=yes", "bad_argument", "output"),
    ("infer via={down}", "link_down", "link"),
    ("read", "bad_argument", "what"),
    ("read what=image", "bad_argument", "what"),
    ("read what=outputs", "bad_argument", "what"),
    ("rtt size=1", "bad_argument", "via"),
    ("rtt via={up}", "bad_argument", "size"),
    ("rtt via={up} size=4294967295", "bad_argument", "size"),
    ("rtt via={up} size=100000000", "bad_argument", "size"),
    ("rtt via={down} size=1", "link_down", "link"),
    ("update", "bad_argument", "what"),
    (f"update what=slot size=9 sha256={_SHA256}", "bad_argument", "what"),
    (f"update what=app sha256={_SHA256}", "bad_argument", "size"),
    (f"update what=app size=0 sha256={_SHA256}", "bad_argument", "size"),
    ("update what=app size=9", "bad_argument", "sha256"),
    (f"update what=app size=9 sha256={_SHA256[1:]}", "bad_argument", "sha256"),
    (f"update what=app size=9 sha256={_SHA256}0", "bad_argument", "sha256"),
    (f"update what=app size=9 sha256={_SHA256[1:]}x", "bad_argument", "sha256"),
    (f"update what=model size=4096 sha256={_SHA256}", "bad_argument", "header"),
    ("update what=app confirm=0", "bad_argument", "confirm"),
    ("update what=app confirm=1 size=9", "bad_argument", "confirm"),
    ("update what=app confirm=1", "bad_argument", "trial"),
    ("update what=model confirm=1", "bad_argument", "trial"),
)
"""What is missing, not among the values that there are, or beyond their range."""

OF_TEST_BUILDS = ("crash", "hang", "fail what=invoke", "counter name=message value=1")
"""Verbs that no other build has (docs/protocol.md, 2.8)."""

NUMBERS = (
    ("baud rate={n}", "rate"),
    ("edge host=localhost port={n}", "port"),
    ("peer channel={n}", "channel"),
    ("image crc=00000000 size={n}", "size"),
    ("rtt via={up} size={n}", "size"),
)
"""Arguments that are numbers, and their names."""


VALUES: tuple[tuple[str | bytes, dict[str, str]], ...] = (
    *(
        (f"edge host=localhost port={port}", {"host": "localhost", "port": str(port)})
        for port in (1, 80, 255, 256, 4_000, 32_767, 32_768, 65_535)
    ),
    *(
        (f"edge host={sent} port=9", {"host": told, "port": "9"})
        for sent, told in (
            ("h" * 63, "h" * 63),
            ('"two words"', "two words"),
            ('" x  y "', " x  y "),
            (r'"a \"b\" c"', 'a "b" c'),
            (r'"a\\b c"', r"a\b c"),
            (r'"\\"', "\\"),
            (r'"\""', '"'),
            (r"a\b", r"a\b"),
            ('"a=b"', "a=b"),
            ('"x *1234"', "x *1234"),
            ("#7", "#7"),
            ("!", "!"),
            ("gr\u00fc\u00df", "gr\u00fc\u00df"),
            ("\u65e5\u672c", "\u65e5\u672c"),
            ("\U0001f415", "\U0001f415"),
        )
    ),
    ("edge   host=a   port=9", {"host": "a", "port": "9"}),
    ("edge port=9 host=a", {"host": "a", "port": "9"}),
    ("peer mac=02:AA:BB:CC:DD:EF channel=13", {"mac": "02:aa:bb:cc:dd:ef", "channel": "13"}),
    ("peer mac=12:34:56:78:90:0f", {"mac": "12:34:56:78:90:0f", "channel": "1"}),
    ("peer", {"mac": "-", "channel": "1"}),
    ("role", {"role": "head"}),
    ("role set=model", {"role": "head"}),
)
"""Requests that are answered by what they name."""

ALTERED: tuple[tuple[str | bytes, dict[str, str]], ...] = tuple(
    (b"edge port=9 host=<" + sent + b">", {"host": f"<{told}>", "port": "9"})
    for sent, told in (
        (b"\x01\x09\x1f\x7f", "????"),
        (b"\x1b[31m", "?[31m"),
        (b"\x80\xbf\xfe\xff", "????"),
        (b"\xc0\x80", "??"),
        (b"\xc1\xbf", "??"),
        (b"\xc2\x80\xc2\x9f\xc2\xa0", "????\u00a0"),
        (b"\xc3(", "?("),
        (b"\xe2\x82", "??"),
        (b"\xe0\x9f\xbf\xe0\xa0\x80", "???\u0800"),
        (b"\xed\x9f\xbf\xed\xa0\x80", "\ud7ff???"),
        (b"\xf0\x8f\xbf\xbf\xf0\x90\x80\x80", "????\U00010000"),
        (b"\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "\U0010ffff????"),
        (b"\xf0\x9f\x90", "???"),
    )
)
"""Values with bytes that are no printable UTF-8, which come back as question marks."""


def refused(up: str, down: str, size: int, *, test_build: bool) -> list[Refused]:
    """Return the requests that are to be refused."""
    values = {"up": up, "down": down, "size": str(size)}
    found = [Refused(verb, "unknown_verb", "verb") for verb in MISSPELT_VERBS]
    found += [Refused(request, "syntax", "") for request in UNREADABLE]
    found += [Refused(request, "bad_argument", "twice") for request in TWICE]
    found += [Refused(TOO_MANY, "bad_argument", "many")]
    found += [
        Refused(_fill(request, values), code, _fill(word, values))
        for request, code, word in OUT_OF_RANGE
    ]
    for request, key in NUMBERS:
        for n in NUMBERS_AMISS:
            quoted = f'"{n}"' if not n or " " in n else n
            filled = _fill(request, {**values, "n": quoted})
            found.append(Refused(filled, "bad_argument", key))
    if not test_build:
        found += [Refused(request, "unsupported", "test build") for request in OF_TEST_BUILDS]
    return found


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
