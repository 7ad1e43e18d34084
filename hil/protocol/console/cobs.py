# SPDX-License-Identifier: MIT
"""Consistent Overhead Byte Stuffing: bytes without zeros, so that zeros can delimit frames.

Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2),
1999.
"""

from hil.protocol.codes import ProtocolError

_RUN = 254
_CODES = [bytes([length + 1]) for length in range(_RUN + 1)]


def encode(data: bytes) -> bytes:
    """Return ``data`` encoded, without delimiters; at most one byte in 254 longer, plus one."""
    out: list[bytes] = []
    pieces = data.split(b"\0")
    for piece in pieces[:-1]:
        _append(out, piece)
    last = pieces[-1]
    # A full run implies no zero after it, so a last piece that ends in one needs no code more.
    if last and len(last) % _RUN == 0:
        for start in range(0, len(last), _RUN):
            out += (b"\xff", last[start : start + _RUN])
    else:
        _append(out, last)
    return b"".join(out)


def _append(out: list[bytes], piece: bytes) -> None:
    while len(piece) >= _RUN:
        out += (b"\xff", piece[:_RUN])
        piece = piece[_RUN:]
    out += (_CODES[len(piece)], piece)


def decode(encoded: bytes) -> bytes:
    """Return what :func:`encode` was given.

    Raises:
        ProtocolError: with reason cobs: empty, a zero inside, or cut short.
    """
    if not encoded or 0 in encoded:
        raise ProtocolError("cobs", "A COBS frame is empty or has a zero inside.")
    out: list[bytes] = []
    position, size = 0, len(encoded)
    while position < size:
        code = encoded[position]
        out.append(encoded[position + 1 : position + code])
        position += code
        if code <= _RUN and position < size:
            out.append(b"\0")
    if position > size:
        raise ProtocolError("cobs", "A COBS frame is cut short.")
    return b"".join(out)
