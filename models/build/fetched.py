# SPDX-License-Identifier: MIT
"""What is fetched is used only if it is, byte for byte, what somebody has vouched for."""

from pathlib import Path

from hil.model.manifest import sha256


def verified(path: Path, expected: str | None, mend: str) -> bytes:
    """Return the bytes of a fetched file.

    Args:
        path: the file.
        expected: SHA-256 that it has to have, in hexadecimal; None: nobody has said so yet.
        mend: what to do about it, the end of a sentence.

    Raises:
        SystemExit: it is not that file.
    """
    data = path.read_bytes()
    found = sha256(data)
    if expected is None or found != expected.lower():
        wanted = "no SHA-256 has been stated for it" if expected is None else f"expected {expected}"
        raise SystemExit(f"{path.name} has the SHA-256 {found}, but {wanted}: {mend}")
    return data
