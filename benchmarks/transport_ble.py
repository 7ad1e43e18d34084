# SPDX-License-Identifier: MIT
"""BLE, bumble's peripheral here and bleak's central there, against the same without the edge."""

import asyncio
import queue
import threading
from collections.abc import Coroutine
from typing import Any

from bleak import BleakClient, BleakScanner
from transport_lanes import WAIT_S, Exchange

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    FrameHeader,
    Message,
    MessageType,
    Reassembler,
    fragment,
)
from hil.protocol.greeting.asking_keys import AskingKeys
from hil.protocol.packet import FIRST_LENGTH, agreed_length
from hil.protocol.payloads import Hello
from hil.sim.ble.adapter import HostRadio
from hil.sim.ble.hci import HciServer
from hil.sim.ble.lab_radio import lab_radio
from hil.sim.ble.medium import LARGEST_MTU
from hil.sim.ble.peripheral import Peripheral
from hil.transport.ble.link import BleLink
from hil.transport.ble.loop import loop_thread
from hil.transport.ble.service import NOTIFY_UUID, SERVICE_UUID, WRITE_UUID, board_name

_MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
_FRAME_LIMIT = LARGEST_MTU - 3


class BleLane:
    """A board that speaks the protocol, and one that only counts frames."""

    name, library = "ble", "bleak, bumble"
    head: HeadClient

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._loop = loop_thread()
        self._hci = HciServer(lambda: None)
        self._spec = self._call(self._hci.start())
        self._board, self._bare = (self._call(_Board.advertise(self._hci, mac)) for mac in _MACS)
        self._request = fragment(exchange.request, _FRAME_LIMIT - 16)
        self._answers = len(fragment(exchange.answer, _FRAME_LIMIT - 16))

    @property
    def invitation(self) -> str:
        """Where HCI is."""
        return self._spec

    @staticmethod
    def serve(edge: EdgeServer, exchange: Exchange, invitation: str) -> None:
        """Connect to both boards."""
        link = BleLink(board_name(_MACS[0]), radio=lab_radio(invitation))
        edge.attach(link)
        link.wait(WAIT_S)
        loop_thread().call(_serve_bare(invitation, exchange), WAIT_S)

    def connect(self, reply: None) -> None:
        """See Lane."""
        for board in (self._board, self._bare):
            if not board.ready.wait(WAIT_S):
                raise SystemExit("nobody has subscribed")
        self.head = self._exchange.head(_BleAsker(self._board, self._exchange.key))

    def bare(self) -> None:
        """See Lane."""
        self._bare.notify(self._request)
        for _ in range(self._answers):
            self._bare.written.get(timeout=WAIT_S)

    def close(self) -> None:
        """See Lane."""
        self._call(self._hci.close())

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.call(work, WAIT_S)


class _Board:
    """A peripheral, for synchronous code; hears of it on the loop's thread."""

    def __init__(self) -> None:
        self.written: queue.Queue[bytes] = queue.Queue()
        self.ready = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._peripheral: Peripheral | None = None

    @classmethod
    async def advertise(cls, hci: HciServer, mac: str) -> "_Board":
        """Return a board that can be found."""
        board = cls()
        board._peripheral = Peripheral(hci.ether, mac, LARGEST_MTU, board)
        return board

    def notify(self, frames: list[bytes]) -> None:
        """Send frames."""

        def send() -> None:
            assert self._peripheral is not None
            for frame in frames:
                self._peripheral.notify(frame)

        self._loop.call_soon_threadsafe(send)

    def advertised(self) -> None:
        """See Events."""

    def subscribed(self, mtu: int) -> None:
        """See Events."""
        self.ready.set()

    def wrote(self, frame: bytes) -> None:
        """See Events."""
        self.written.put(frame)

    def gone(self, reason: int) -> None:
        """See Events."""


class _BleAsker:
    """Asks without ACKs (docs/protocol.md, section 1.6)."""

    frame_limit = _FRAME_LIMIT

    def __init__(self, board: _Board, key: Unseen | None) -> None:
        self._board = board
        self._keys = None if key is None else AskingKeys(key)
        self._length = FIRST_LENGTH
        self._reassembler = Reassembler(FIRST_LENGTH, 1 << 20)

    def ask(self, message: Message) -> Message:
        """Return the answer."""
        keys, tag_key = self._keys, None
        is_hello = message.type is MessageType.HELLO
        if keys is not None:
            message, tag_key = keys.outgoing(message)
            self._reassembler.expect(keys.answer_key if is_hello else keys.session)
        frames = fragment(message, self._length, tag_key)
        self._board.notify(frames if keys is None else [keys.sealed(each) for each in frames])
        answer = None
        while answer is None:
            frame = self._board.written.get(timeout=WAIT_S)
            if keys is not None:
                frame = keys.opened(FrameHeader.parse(frame[:HEADER_SIZE]), frame)
            answer = self._reassembler.add(frame)
        if answer.type is MessageType.HELLO:
            if keys is not None:
                answer = keys.greeted(answer)
            self._length = agreed_length(self.frame_limit, Hello.parse(answer.payload))
            self._reassembler.agree(self._length)
        return answer

    def close(self) -> None:
        """The lane closes the radio."""


async def _serve_bare(spec: str, exchange: Exchange) -> None:
    """Answer as many notifications as a request has frames with the frames of an answer."""
    radio = await HostRadio.open(spec)
    name = board_name(_MACS[1])
    device = await BleakScanner.find_device_by_filter(
        lambda _, advertised: advertised.local_name == name,
        timeout=WAIT_S,
        service_uuids=[SERVICE_UUID],
        **radio.scanner,
    )
    if device is None:
        raise SystemExit(f"{name} does not advertise")
    client = BleakClient(device, services=[SERVICE_UUID], **radio.client)
    await client.connect()
    count = len(fragment(exchange.request, _FRAME_LIMIT - 16))
    answers = fragment(exchange.answer, _FRAME_LIMIT - 16)
    heard = 0
    answering: set[asyncio.Task[None]] = set()

    async def answer() -> None:
        for frame in answers:
            await client.write_gatt_char(WRITE_UUID, frame, response=False)

    def notified(_: object, data: bytearray) -> None:
        nonlocal heard
        heard += 1
        if heard % count == 0:
            task = asyncio.create_task(answer())
            answering.add(task)
            task.add_done_callback(answering.discard)

    await client.start_notify(NOTIFY_UUID, notified)
