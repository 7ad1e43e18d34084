# SPDX-License-Identifier: MIT
"""Binary transfers against a board in memory that loses things."""

import hashlib
import itertools
import random
import threading
import zlib
from dataclasses import replace

import pytest
from console_lines import answer_with
from fake_port import FakePort

from hil.console import transfer
from hil.console.console import Console
from hil.console.incoming.reader import may_begin_chunk
from hil.console.incoming.stream import ConsoleStream, Frame
from hil.console.transfer import _IMAGE, read_blob, write_image, write_update
from hil.errors import BoardRefused, BoardSilent
from hil.protocol.codes import ProtocolError
from hil.protocol.console.chunk import CHUNK_SIZE, Chunk, ChunkType
from hil.protocol.console.line import crc16
from hil.symptoms import Misbehaviour


class TransferBoard:
    """Answers ``image``, ``update`` and ``read`` as docs/protocol.md says.

    ``lose`` drops frames to it, and as many uploads as ``spoil`` says arrive corrupt.
    """

    def __init__(self, port: FakePort, lose=lambda: False) -> None:
        self._port = port
        self._lose = lose
        self._stream = ConsoleStream(lambda encoded: True, may_begin_chunk)
        self.image = bytearray()
        self.images = 0
        self.spoil = 0
        self.output = b""
        self.damage = lambda data: data
        port.on_write = self._receive

    def _receive(self, data: bytes) -> None:
        for item in self._stream.feed(data):
            if isinstance(item, Frame):
                self._chunk(item.encoded)
            else:
                self._request(item.text)

    def say(self, text: str) -> None:
        self._port.feed(f"{text} *{crc16(text.encode()):04x}\r\n".encode())

    def _request(self, line: str) -> None:
        number, verb, *words = line.split()
        arguments = dict(word.split("=") for word in words[:-1])
        if verb in ("image", "update"):
            self._verb = verb
            self.image, self._size = bytearray(), int(arguments["size"])
            self._digest = arguments.get("crc") or arguments["sha256"]
            self.images += 1
            self.say(f"{number} ok chunk={CHUNK_SIZE} window=4")
        else:
            self.say(f"{number} ok size={len(self.output)} crc={zlib.crc32(self.output):08x}")
            for at in range(0, len(self.output), CHUNK_SIZE):
                piece = self.output[at : at + CHUNK_SIZE]
                self._port.feed(self.damage(Chunk(ChunkType.READ, at, piece).pack()))

    def _chunk(self, encoded: bytes) -> None:
        if self._lose():
            encoded = b"\x01" + encoded[1:]
        try:
            chunk = Chunk.parse(encoded)
        except ProtocolError:
            chunk = None
        if chunk is not None and chunk.offset == len(self.image):
            assert chunk.type is ChunkType[self._verb.upper()]
            self.image += chunk.data
        self.say(f"! {self._verb} next={len(self.image)}")
        if len(self.image) == self._size:
            image = bytes(self.image)
            crc, sha = f"{zlib.crc32(image):08x}", hashlib.sha256(image).hexdigest()
            if self._digest in (crc, sha) and not self.spoil:
                self.say(f"! {self._verb} state=ok")
                return
            self.spoil -= 1
            code = {"image": "image_crc", "update": "update_sha256"}[self._verb]
            self.say(f"! {self._verb} state=err code={code}")


@pytest.fixture
def port():
    return FakePort()


@pytest.fixture
def console(port):
    with Console(port, "test") as console:
        yield console


def test_an_image_arrives_whole(port, console):
    board = TransferBoard(port)
    image = random.Random(1).randbytes(10 * CHUNK_SIZE + 17)
    write_image(console, image)
    assert board.image == image


@pytest.mark.parametrize("seed", range(4))
def test_damaged_chunks_are_sent_again(port, console, seed):
    chance = random.Random(seed)
    board = TransferBoard(port, lose=lambda: chance.random() < 0.2)
    image = random.Random(seed).randbytes(20 * CHUNK_SIZE)
    write_image(console, image)
    assert board.image == image
    assert board.images == 1


def test_an_update_arrives_whole_and_tells_how_far_it_is(port, console):
    chance = random.Random(1)
    board = TransferBoard(port, lose=lambda: chance.random() < 0.1)
    content, shown = random.Random(4).randbytes(9 * CHUNK_SIZE + 5), []
    write_update(console, "app", content, shown.append)
    assert board.image == content
    assert shown == sorted(shown)
    assert shown[-1] == len(content)


def test_an_upload_that_arrives_corrupt_is_sent_again_but_not_for_ever(port, console):
    board = TransferBoard(port)
    board.spoil = 2
    write_update(console, "model", bytes(3000))
    assert board.images == 3
    assert [remark.split(" after")[0] for remark in console.remarks] == [
        "what 'update' sends was sent anew"
    ] * 2
    board.spoil = 3
    with pytest.raises(BoardRefused) as refusal:
        write_update(console, "model", bytes(3000))
    assert refusal.value.code == "update_sha256"


def test_a_board_that_stops_acknowledging_is_silent(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.upload_window._LEAST_S", 0.05)
    kind = replace(transfer._IMAGE, dead_s=0.3)
    monkeypatch.setattr(transfer, "_IMAGE", kind)
    board = TransferBoard(port)
    board._chunk = lambda encoded: None
    with pytest.raises(BoardSilent):
        write_image(console, bytes(500))


def test_a_refusal_of_the_image_is_passed_on(port, console):
    board = TransferBoard(port)
    board._request = lambda line: board.say(f'{line.split()[0]} err code=image_size msg="Wrong."')
    with pytest.raises(BoardRefused, match="Wrong"):
        write_image(console, bytes(5000))


def test_a_tensor_is_read_whole(port, console):
    board = TransferBoard(port)
    board.output = random.Random(2).randbytes(3 * CHUNK_SIZE + 5)
    assert read_blob(console, "output") == board.output


def test_a_tensor_with_a_damaged_chunk_is_read_again(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.transfer._STALL_S", 0.2)
    board = TransferBoard(port)
    board.output = random.Random(3).randbytes(2 * CHUNK_SIZE)
    damages = [True]

    def damage(data: bytes) -> bytes:
        return data[:5] + b"\x55" + data[6:] if damages and damages.pop() else data

    board.damage = damage
    assert read_blob(console, "output") == board.output


def test_a_tensor_larger_than_a_boards_memory_is_refused_before_it_is_made(port, console):
    answer_with(port, b"#N ok size=8388609 crc=00000000")
    with pytest.raises(Misbehaviour, match="at most 8388608 bytes"):
        read_blob(console, "output")


@pytest.mark.parametrize("offset", [0, 1 << 20])
def test_chunks_that_are_of_no_use_do_not_keep_a_download_waiting(
    port, console, monkeypatch, offset
):
    monkeypatch.setattr("hil.console.transfer._STALL_S", 0.05)
    monkeypatch.setattr("hil.console.transfer._WHOLE", 4)
    stop = threading.Event()

    def useless() -> None:
        while not stop.wait(0.01):
            port.feed(Chunk(ChunkType.READ, offset, b"x").pack())

    answer_with(port, b"#N ok size=100 crc=00000000")
    sender = threading.Thread(target=useless)
    sender.start()
    try:
        with pytest.raises(BoardSilent, match=r"of 100 bytes of output and does not|binary data"):
            read_blob(console, "output")
    finally:
        stop.set()
        sender.join()


def test_a_tensor_in_crumbs_is_given_up(port, console):
    answer_with(port, b"#N ok size=4194304 crc=00000000")
    real = console.take_chunk
    offsets = itertools.count()

    def crumbs(timeout):
        return Chunk(ChunkType.READ, next(offsets), b"x")

    console.take_chunk = crumbs
    with pytest.raises(BoardSilent, match="does not get on"):
        read_blob(console, "output")
    console.take_chunk = real
    assert next(offsets) < 3 * 70_000


def test_answers_to_an_upload_that_never_ends_end_it(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.transfer._IMAGE", replace(_IMAGE, dead_s=0.1))

    def again(data: bytes) -> None:
        line = f"! image next=0 *{crc16(b'! image next=0'):04x}\r\n".encode()
        port.feed(line * 100)

    def first(data: bytes) -> None:
        number = data.split()[0].lstrip(b"\0#").decode()
        answer = f"#{number} ok chunk=1024 window=16"
        port.feed(f"{answer} *{crc16(answer.encode()):04x}\r\n".encode())
        port.on_write = again
        again(data)

    port.on_write = first
    with pytest.raises(BoardSilent, match="stored 0 of 5000 bytes"):
        write_image(console, bytes(5000))


@pytest.mark.parametrize(
    "words", ["chunk=1024 window=4000", "chunk=-1 window=4", "chunk=1 window=x"]
)
def test_an_upload_in_pieces_that_cannot_be_is_refused(port, console, words):
    answer_with(port, f"#N ok {words}".encode())
    with pytest.raises(BoardRefused) as caught:
        write_image(console, bytes(5000))
    assert caught.value.code == "protocol"
