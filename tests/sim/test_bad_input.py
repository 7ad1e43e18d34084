# SPDX-License-Identifier: MIT
"""What cannot work ends at once, in one sentence of the right kind."""

import contextlib
import dataclasses
import hashlib
import re
import socket
import threading
import time
from collections import Counter

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.edge.hearing import Hearing
from hil.errors import (
    BadInputError,
    BluetoothError,
    BoardRefused,
    BootFailure,
    EdgeError,
    HilError,
    InfrastructureError,
    LabError,
    MessageLost,
    ModelRefused,
    PortBusyError,
    PortMissingError,
    WrongChipError,
)
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.flash.flash import FlashFile, flash
from hil.inference.part import ModelPart
from hil.model.inputs.photos import load_photos
from hil.model.model import Model
from hil.resources import resource
from hil.rig.rig import BoardSpec
from hil.rig.wifi import WifiCredentials
from hil.sim.ble.lab_radio import lab_radio
from hil.sim.process import Lab
from hil.sim.radio.wifi import LAB_ACCESS_POINT
from hil.transport.ble.bluez import open_own_radio

_SIZE_OF_FIRST_PARTITION = 8  # in the first entry of a partition table
_NAME_OF_FIRST_PARTITION = 12
HANGS_S = 25.0
"""Far more than any of these needs, far less than a hang."""


@contextlib.contextmanager
def refused(kind: type[HilError], pattern: str):
    """Expect an error of exactly this kind whose one sentence matches, before it is a hang."""
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        yield caught
    assert time.monotonic() - started < HANGS_S
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert re.search(pattern, str(caught.value)), str(caught.value)


@pytest.fixture(scope="module")
def ready(lab, model):
    """Return a flashed board that no test changes."""
    with Board.open(lab=lab, index=1) as board:
        board.flash(None, model)
        yield board


@pytest.fixture
def tail(ready):
    split = ready.part.split
    with EdgeServer(split.tail, split.model_id, stopwatch=ready.stopwatch) as edge:
        yield edge


@pytest.fixture(scope="module")
def build():
    return default_firmware()


@pytest.fixture
def board(lab):
    """Return a board of unknown state."""
    with Board.open(lab=lab) as board:
        yield board


def sealed(image: bytes) -> bytes:
    """Return an application image with checksum and SHA-256 made right again."""
    data = bytearray(image[:-32])
    at, checksum = 24, 0xEF
    for _ in range(data[1]):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        for byte in data[at + 8 : at + 8 + length]:
            checksum ^= byte
        at += 8 + length
    data[-1] = checksum
    return bytes(data) + hashlib.sha256(data).digest()


def raw_flash(board: Board, build: FirmwareBuild, **replaced: bytes) -> None:
    """Flash a build with the content of some roles replaced, past all checks of the host."""
    board.console.close()
    files = [
        FlashFile(file.offset, replaced.get(file.role.replace(" ", "_"), file.data), file.role)
        for file in build.files
    ]
    if "model" in replaced:
        files.append(FlashFile(build.model_slot().offset, replaced["model"], "model"))
    flash(board.port, files, simulated_image=True)


def content(build: FirmwareBuild, role: str) -> bytes:
    return next(file.data for file in build.files if file.role == role)


# Ports


@pytest.mark.parametrize("port", ["/dev/ttyNoSuchPort", "rfc2217://127.0.0.1:1"])
def test_a_port_that_does_not_exist(port, build):
    with refused(PortMissingError, re.escape(port)):
        Board.open(BoardSpec(port))
    with refused(PortMissingError, re.escape(port)):
        flash(port, build.files, simulated_image=True)


def test_a_port_that_is_no_port(build):
    with refused(BadInputError, "nonsense://"):
        Board.open(BoardSpec("nonsense://"))


def test_a_port_in_use(board, build):
    with refused(PortBusyError, "in use by another program"):
        Board.open(BoardSpec(board.port))
    with refused(PortBusyError, "in use by another program"):
        flash(board.port, build.files, simulated_image=True)


def test_another_chip_is_refused_and_not_written(build):
    with Lab.start(chip="esp32") as lab, refused(WrongChipError, "is an ESP32, not an ESP32-S3"):
        flash(lab.boards[0].url, build.files, simulated_image=True)


# Firmware


@pytest.mark.parametrize("damage", ["truncated", "corrupted"])
def test_a_damaged_application_is_refused_before_flashing(tmp_path, build, damage):
    copy_build(build, tmp_path, "app", damaged(content(build, "app"), damage))
    with refused(BadInputError, "application in .* is truncated or damaged"):
        FirmwareBuild.load(tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "corrupted"])
def test_a_damaged_application_on_the_board_does_not_boot(board, build, damage):
    raw_flash(board, build, app=damaged(content(build, "app"), damage))
    with Board.open(BoardSpec(board.port)) as again, refused(BootFailure, "esp_image"):
        again.reset()


def test_an_application_that_is_not_ours_says_so(board, build):
    foreign = sealed(content(build, "app").replace(b"HILWASM\0", bytes(8)))
    raw_flash(board, build, app=foreign)
    with Board.open(BoardSpec(board.port)) as again, refused(BootFailure, "Xtensa code"):
        again.reset()


@pytest.mark.parametrize("at", [0, _SIZE_OF_FIRST_PARTITION, _NAME_OF_FIRST_PARTITION])
def test_a_partition_table_with_a_wrong_md5_is_refused_before_flashing(tmp_path, build, at):
    table = damaged(content(build, "partition table"), "corrupted", at=at)
    copy_build(build, tmp_path, "partition table", table)
    with refused(BadInputError, "partition table in .* is damaged"):
        FirmwareBuild.load(tmp_path)


def test_a_partition_table_with_a_wrong_md5_on_the_board_does_not_boot(board, build):
    table = damaged(content(build, "partition table"), "corrupted", at=_SIZE_OF_FIRST_PARTITION)
    raw_flash(board, build, partition_table=table)
    with Board.open(BoardSpec(board.port)) as again, refused(BootFailure, "MD5"):
        again.reset()


def test_an_empty_build_directory(tmp_path):
    with refused(BadInputError, "name the build directory"):
        FirmwareBuild.load(tmp_path)


def damaged(data: bytes, how: str, at: int | None = None) -> bytes:
    if how == "truncated":
        return data[: len(data) // 2]
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def copy_build(build: FirmwareBuild, directory, role: str, data: bytes) -> None:
    """Copy a build directory, with the content of one role replaced."""
    original = content(build, role)
    for path in build.directory.rglob("*"):
        if path.is_file():
            target = directory / path.relative_to(build.directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            read = path.read_bytes()
            target.write_bytes(data if read == original else read)


# Models


def test_a_model_slot_with_a_wrong_sha256(board, build, model):
    part = ModelPart.of(model, None, "head")
    slot = part.slot_file(build.model_slot().size)
    raw_flash(board, build, model=damaged(slot, "corrupted", at=len(slot) - 100))
    with Board.open(BoardSpec(board.port)) as again:
        again.reset()
        with refused(BoardRefused, "SHA-256") as caught:
            again.use(model)
    assert caught.value.code == "slot_sha256"


def test_a_model_too_big_for_the_slot_says_by_how_much(model):
    part = ModelPart.of(model, None, "head")
    size = len(part.flatbuffer) + 4096
    with refused(BadInputError, f"{size} bytes, 100 more than the model slot"):
        part.slot_file(size - 100)


def test_a_model_too_big_for_the_arena_says_by_how_much(board):
    large = Model.load(resource("models/dogs19") / "full_float32.tflite")
    with refused(ModelRefused, r"arena.*\d{5,}"):
        board.flash(None, large, 5)


def test_an_unknown_cut_names_the_nearest(board, model):
    with refused(BadInputError, "block_3_project"):
        board.flash(None, model, "block_3_projct")


def test_an_illegal_cut(board, model):
    legal = {cut.index for cut in model.cuts}
    illegal = next(index for index in range(100) if index not in legal)
    with refused(BadInputError, "."):
        board.flash(None, model, illegal)


def test_a_truncated_model(tmp_path, model):
    path = tmp_path / "model.tflite"
    path.write_bytes(model.int8[: len(model.int8) // 2])
    with refused(BadInputError, re.escape(str(path))):
        Model.load(path)


def test_head_and_tail_of_different_cuts(ready, model):
    other = model.split(model.cuts[0])
    with (
        EdgeServer(other.tail, other.model_id, stopwatch=ready.stopwatch) as edge,
        refused(BoardRefused, "model_mismatch") as caught,
    ):
        ready.connect(edge)
    assert caught.value.code == "model_mismatch"


# Photos


def test_a_photo_that_is_no_image(ready, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"this is no JPEG")
    with refused(BadInputError, "photo"):
        ready.infer(path)


def test_an_empty_photo_directory(tmp_path):
    with refused(BadInputError, "holds no photos"):
        load_photos(tmp_path)


# Networks and radios


def test_wrong_wifi_credentials(board, model):
    board.flash(None, model)
    known = LAB_ACCESS_POINT
    split = board.part.split
    with EdgeServer(split.tail, split.model_id) as edge:
        for credentials, why in (
            (WifiCredentials("no-such-net", known.password), "no access point named 'no-such-net'"),
            (WifiCredentials(known.ssid, "not-the-one"), "refused the password"),
        ):
            board.spec = dataclasses.replace(board.spec, wifi=credentials)
            with refused(InfrastructureError, f"{why}.*check its name and password"):
                board.connect(edge, "udp")


def test_a_wifi_password_that_none_can_be(board):
    board.reset()
    board.spec = dataclasses.replace(board.spec, wifi=WifiCredentials("net", "short"))
    with refused(BadInputError, r"cannot be used .password has 8 to 64 bytes.*hil\.toml"):
        board.join_network()


def test_a_radio_of_virtual_boards_that_is_none(ready, tail, monkeypatch):
    for radio, kind, why in (
        ("tcp-client:nowhere", BadInputError, "write tcp-client:HOST:PORT"),
        ("tcp-client:127.0.0.1:1", BluetoothError, "does not answer"),
    ):
        opener = lab_radio(radio)
        monkeypatch.setattr("hil.board.connecting.radio_for", lambda board, it=opener: it)
        with refused(kind, why):
            ready.connect(tail, "ble")


def test_a_host_without_bluez(ready, tail, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
    # As for a real board.
    monkeypatch.setattr("hil.board.connecting.radio_for", lambda board: open_own_radio)
    with refused(BluetoothError, "BLE needs D-Bus"):
        ready.connect(tail, "ble")
    ready.connect(tail, "udp")  # the board is none the worse


# The edge server and the lab


class Relay:
    """A TCP relay to an edge server that does something when an activation has arrived."""

    def __init__(self, edge: EdgeServer, on_activation) -> None:
        self._edge = edge
        self._on_activation = on_activation
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.hearing = Hearing()
        self.counters = Counter()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __getattr__(self, name):
        return getattr(self._edge, name)

    def record(self, message_id, session):
        raise AssertionError("there is no inference to have a record of")

    def check(self):
        """The edge server itself is well."""

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._listener.shutdown(socket.SHUT_RDWR)  # also where nobody has connected
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            board, _ = self._listener.accept()
        except OSError:
            return
        with board, socket.create_connection(self._edge.address) as edge:
            edge.sendall(board.recv(4096))  # HELLO
            board.sendall(edge.recv(4096))
            board.recv(1)
            self._on_activation()


def test_an_edge_server_that_is_not_there(ready, tail):
    tail.close()
    with refused(EdgeError, "has ended; start another"):
        ready.connect(tail)


def test_an_edge_server_that_dies_in_mid_inference(ready, tail, model):
    with Relay(tail, lambda: None) as relay:
        ready.connect(relay)
        with refused(MessageLost, "edge_lost"):
            ready.infer(np.zeros(model.input.shape, np.uint8))


def test_an_edge_server_that_has_ended_between_inferences(ready, tail, model):
    ready.connect(tail)
    tail.close()
    with refused(EdgeError, "has ended; start another"):
        ready.infer(np.zeros(model.input.shape, np.uint8))


def test_a_lab_that_is_killed_in_mid_inference(model):
    with Lab.start() as lab, Board.open(lab=lab) as board:
        board.flash(None, model)
        split = board.part.split
        with (
            EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as tail,
            Relay(tail, lab.process.kill) as relay,
        ):
            board.connect(relay)
            with refused(LabError, "lab process .* has died"):
                board.infer(np.zeros(model.input.shape, np.uint8))
