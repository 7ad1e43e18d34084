# SPDX-License-Identifier: MIT
"""Who may connect to a lab: the user who started it, and root. Other users of the machine may not.

Every port of a lab is one of loopback, which all users of a machine share, and a virtual board can
be flashed, read and re-plugged there. Whose a connection is, Linux tells for both of its ends
(``sock_diag(7)``; where that cannot be asked, ``/proc/net/tcp``). Other systems do not tell, so
that anybody may come there (docs/security.md). A client whose process is in another user namespace
is of the user that the kernel says it is on this side, mostly ``nobody``, and may not.
"""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hil.host.files.shared_file import user_name

REFUSAL = b"hil: this port answers only to the user who started the virtual boards\r\n"

_ROOT = 0
_MOST_NAMED = 16
"""Users who are told of, each once."""

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR = 4, 20, 1, 2
"""NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, NLMSG_ERROR."""

_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBxI")
"""struct inet_diag_req_v2 up to its inet_diag_sockid: family, protocol, what besides, states."""
_ID = struct.Struct("!HH16s16s12s")
_ANSWER = struct.Struct(f"=4x{_ID.size}x12xII")
"""struct inet_diag_msg from its beginning to uid and inode."""
_ANY_INTERFACE = struct.pack("=III", 0, 0xFFFF_FFFF, 0xFFFF_FFFF)
"""And any cookie, INET_DIAG_NOCOOKIE."""

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Address = tuple[str, int]


class UnknowableError(Exception):
    """This system does not tell whose a connection is."""


class Visitors:
    """Lets in who may come, and says once of each other user that it was turned away.

    Args:
        say: is given the sentences.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[int | None] = set()

    def admit(self, transport: asyncio.BaseTransport) -> bool:
        """Tell whether the other end of a new connection may stay.

        An end that is gone already is nobody's, and may not.
        """
        connection = transport.get_extra_info("socket")
        try:
            uid = owner(connection.getpeername()[:2], connection.getsockname()[:2])
        except OSError:  # it is no connection any more
            return False
        except UnknowableError:
            self._tell(None, "cannot tell whose connections are: every user of it may come in")
            return True
        if uid is None or uid in (os.geteuid(), _ROOT):
            return uid is not None
        me = user_name(os.geteuid())
        self._tell(uid, f"turned user {user_name(uid)} away; it answers only to user {me}")
        return False

    def _tell(self, whom: int | None, what: str) -> None:
        if whom not in self._told and len(self._told) < _MOST_NAMED:
            self._told.add(whom)
            self._say(f"hil sim: the lab on this machine {what}")


def say_on_stderr(sentence: str) -> None:
    """Print a sentence where a lab's complaints go; a stream that is closed hears nothing."""
    with suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def owner(peer: Address, ours: Address) -> int | None:
    """Return the uid of the process at the other end of a TCP connection on this machine.

    Args:
        peer: IPv4 address and port of the other end.
        ours: those of this end.

    Returns:
        ``None`` where that end has been closed, so that it is nobody's any more.

    Raises:
        UnknowableError: this system does not tell.
    """
    if sys.platform != "linux":
        raise UnknowableError
    try:
        return _by_sock_diag(peer, ours)
    except OSError:  # a kernel without it, or a sandbox that forbids it
        return _by_table(peer, ours)


def _by_sock_diag(peer: Address, ours: Address) -> int | None:
    """Ask the kernel for the socket whose own address is the peer's; raises OSError."""
    sockets = _ID.pack(peer[1], ours[1], _packed(peer), _packed(ours), _ANY_INTERFACE)
    question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFF_FFFF) + sockets
    size = _HEADER.size + len(question)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
        kernel.settimeout(1.0)
        kernel.sendto(_HEADER.pack(size, _BY_FAMILY, _REQUEST, 1, 0) + question, (0, 0))
        answer = kernel.recv(8192)
    kind = _HEADER.unpack_from(answer)[1]
    if kind == _ERROR:
        (code,) = struct.unpack_from("=i", answer, _HEADER.size)
        if -code == 2:  # ENOENT: there is no such socket
            return None
        raise OSError(-code, os.strerror(-code))
    *_, uid, inode = _ANSWER.unpack_from(answer, _HEADER.size)
    return uid if inode else None  # one that has been closed is root's to the kernel


def _by_table(peer: Address, ours: Address) -> int | None:
    """Look the socket up among all that there are, those of IPv6 with such an address included."""
    wanted = tuple(f"{_in_table(each)}:{each[1]:04X}" for each in (peer, ours))
    try:
        tables = [table.read_text("ascii") for table in _TABLES if table.exists()]
    except OSError as error:
        raise UnknowableError from error
    if not tables:
        raise UnknowableError
    for words in (line.split() for table in tables for line in table.splitlines()):
        if len(words) > 9 and tuple(each[-13:] for each in words[1:3]) == wanted:
            return int(words[7]) if words[9] != "0" else None
    return None


def _packed(address: Address) -> bytes:
    return socket.inet_aton(address[0]).ljust(16, b"\0")


def _in_table(address: Address) -> str:
    (word,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{word:08X}"
