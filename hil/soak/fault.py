# SPDX-License-Identifier: MIT
"""The faults that a soak draws: over which links, what they take, and what each one promises.

How an inference ends is one word: ``right``; the code of docs/protocol.md of what the board or the
link says; ``watchdog``; or the name of the error's class, such as ``BoardPanic``. A fault promises
some of these words, over each link its own; without one the word is ``right``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hil.links import IP_LINKS, LINKS

RIGHT = "right"
WATCHDOG = "watchdog"

Leaves = Literal["all", "link", "boot"]
"""What is still as it was behind an inference: all, all but the link, nothing but the flash."""

Need = Literal["lab", "power", "test build"]
"""What a rig must have for a fault: an access point that is a lab's, a power switch, a firmware
with the verbs of docs/protocol.md, section 2.8."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: of it.
        what: is done, in a few words.
        promises: for each link over which it is drawn, how the inference may end.
        leaves: what is as it was behind it.
        needs: what the rig must have.
        with_key: what it promises instead where the link is authenticated (docs/protocol.md,
            section 1.8): what does not verify is dropped, and nobody is told.
    """

    name: str
    what: str
    promises: Mapping[str, Words]
    leaves: Leaves = "all"
    needs: frozenset[Need] = frozenset()
    with_key: Mapping[str, Words] = field(default_factory=dict)

    def can(self, via: str, has: Collection[Need]) -> bool:
        """Whether it can be drawn over a link of a rig that has this."""
        return via in self.promises and self.needs <= set(has)


def _over(*links: str, by: str) -> dict[str, Words]:
    return dict.fromkeys(links, (by,))


_PACKETS = ("udp", "espnow")
_STREAMS = ("tcp", "ble")
_RIGHT = _over(*LINKS, by=RIGHT)
_DROPPED = {**_over("tcp", *_PACKETS, by="edge_lost"), "ble": (RIGHT,)}
_FORGOTTEN = _over(*_PACKETS, by="edge_timeout")
_TEST_BUILD = frozenset[Need]({"test build"})

_ALL = (
    Fault("loss", "a tenth of the frames is lost", _over(*_PACKETS, by=RIGHT)),
    Fault("duplicates", "a third of the frames comes twice", _over(*_PACKETS, by=RIGHT)),
    Fault("overtaking", "a quarter of the frames is overtaken", _over(*_PACKETS, by=RIGHT)),
    Fault("delay", "a fifth of the frames comes late", _over(*_PACKETS, by=RIGHT)),
    Fault(
        "strangers",
        "old and foreign frames come between",
        _RIGHT,
        with_key={"tcp": (RIGHT, "edge_lost")},  # what does not verify closes a stream
    ),
    Fault("dead-link", "no frame arrives any more", _over(*_PACKETS, by="edge_timeout")),
    Fault(
        "altered-request",
        "a bit of each frame to the edge server is flipped",
        {**_over("ble", *_PACKETS, by="protocol"), "tcp": ("edge_lost",)},
        leaves="link",
        with_key=_over("ble", *_PACKETS, by="edge_timeout"),
    ),
    Fault(
        "altered-answer",
        "a bit of each frame to the board is flipped",
        _over(*LINKS, by="protocol"),
        leaves="link",
        with_key={**_over("ble", *_PACKETS, by="edge_timeout"), "tcp": ("edge_lost",)},
    ),
    Fault(
        "other-model",
        "the answer is another model's",
        _over(*LINKS, by="model_mismatch"),
        with_key=_RIGHT,  # nobody can make one
    ),
    Fault(
        "dropped-request",
        "the connection ends amid the activation",
        _DROPPED,
        leaves="link",
        with_key=_FORGOTTEN,
    ),
    Fault(
        "dropped-answer",
        "the connection ends amid the result",
        _DROPPED,
        leaves="link",
        with_key=_FORGOTTEN,
    ),
    Fault(
        "dropped-idle",
        "the connection ends before the inference",
        {**_over(*_STREAMS, by="link_down"), **_over(*_PACKETS, by="edge_lost")},
        leaves="link",
        with_key=_FORGOTTEN,
    ),
    Fault("reconnection", "the link is closed and opened again", _RIGHT),
    Fault("edge-restart", "another edge server takes the place of this one", _RIGHT),
    Fault("edge-gone", "the edge server ends", _over(*LINKS, by="EdgeError"), leaves="link"),
    Fault("serial-noise", "bytes that are no request come over the serial line", _RIGHT),
    Fault("reset", "the board is reset by its lines", _RIGHT),
    Fault("reboot", "the board is told to restart", _RIGHT),
    Fault(
        "power-cycle",
        "the board's power is switched off and on",
        _RIGHT,
        needs=frozenset({"power"}),
    ),
    Fault(
        "panic",
        "the firmware panics",
        _over(*LINKS, by="BoardPanic"),
        leaves="boot",
        needs=_TEST_BUILD,
    ),
    Fault(
        "hang",
        "the firmware hangs",
        _over(*LINKS, by=WATCHDOG),
        leaves="boot",
        needs=_TEST_BUILD,
    ),
    Fault("failed-head", "the model fails once", _over(*LINKS, by="invoke"), needs=_TEST_BUILD),
    Fault("no-memory", "there is no memory for a frame, once", _RIGHT, needs=_TEST_BUILD),
    Fault(
        "no-access-point",
        "the access point is switched off",
        {**_over(*IP_LINKS, by="InfrastructureError"), **_over("espnow", "ble", by=RIGHT)},
        leaves="link",
        needs=frozenset({"lab"}),
    ),
)


def _at(point: str, blow: str, what: str, promises: Mapping[str, Words], leaves: Leaves) -> Fault:
    return Fault(f"{blow}@{point}", what, promises, leaves, frozenset({"lab"}))


_AT_POINTS = (
    *(
        _at(point, "panic", "the firmware panics there", _over(*LINKS, by="BoardPanic"), "boot")
        for point in ("load", "invoke", "send", "wait", "result")
    ),
    *(
        _at(point, "hang", "the firmware hangs there", _over(*LINKS, by=WATCHDOG), "boot")
        for point in ("invoke", "wait")
    ),
    *(
        _at(point, "reset", "the chip is reset there", _over(*LINKS, by="BoardPanic"), "boot")
        for point in ("invoke", "send", "result")
    ),
    _at("send", "brownout", "the supply breaks down", _over(*LINKS, by="BoardPanic"), "boot"),
    _at("wait", "unplug", "the plug is pulled", _over(*LINKS, by="ConsoleError"), "boot"),
    _at("invoke", "noise", "noise comes out of the serial port", _RIGHT, "all"),
    _at("result", "half-line", "half a line comes out of it", _RIGHT, "all"),
    _at("wait", "long-line", "a line of 1 MB comes out of it", _RIGHT, "all"),
    _at("send", "bad-utf8", "a line comes that is no UTF-8", _RIGHT, "all"),
    _at(
        "send",
        "wifi-off",
        "the access point is off for ten seconds",
        _over(*IP_LINKS, by="InfrastructureError"),
        "link",
    ),
    _at(
        "send",
        "out-of-range",
        "the board is out of range for ten seconds",
        {"ble": ("BluetoothError",)},
        "link",
    ),
    _at(
        "send",
        "channel",
        "the channel is another one",
        {"espnow": ("InfrastructureError",)},
        "link",
    ),
)
"""Those that docs/faults.md has strike at a point of the inference."""

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (*_ALL, *_AT_POINTS)}
"""By name."""


def promised(fault: str, via: str, *, has_key: bool = False) -> Words:
    """Return how an inference may end.

    Args:
        fault: empty for none.
        via: the link.
        has_key: whether that is authenticated.
    """
    if not fault:
        return (RIGHT,)
    kind = FAULTS[fault]
    return (has_key and kind.with_key.get(via)) or kind.promises[via]
