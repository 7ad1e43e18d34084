# SPDX-License-Identifier: MIT
"""Every run of bytes in the vectors that both implementations are tested against."""

import re
from collections.abc import Iterator

from fuzz_targets import ROOT

_HEX = re.compile(r"(?:[0-9a-f]{2})+")


def hexadecimal(*names: str) -> Iterator[bytes]:
    """Yield what stands in hexadecimal in some files of tests/vectors."""
    for name in names:
        text = (ROOT / "tests" / "vectors" / f"{name}.txt").read_text(encoding="ascii")
        for line in text.splitlines():
            if not line.startswith("#"):
                yield from map(bytes.fromhex, filter(_HEX.fullmatch, line.split()[1:]))
