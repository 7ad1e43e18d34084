# SPDX-License-Identifier: MIT
"""Firmware that contradicts the protocol: what it did, in a sentence, and never the rig's fault."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BadInputError, InfrastructureError, ProductFailure
from hil.firmware.build import FirmwareBuild
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

Change = tuple[str, str, str]
CORE = "components/splitnode/src"
REPORT = f"{CORE}/node/report.c"


@dataclass(frozen=True)
class Defect:
    """A change of the sources, the link that it is about, and words of the failure.

    Where there is a key, what no frame can be is a stranger's, and nobody says more of it.
    """

    change: Change
    words: str
    via: str = "udp"
    keyless: bool = False


DEFECTS = {
    "request id cut": Defect(
        (REPORT, "add_u64(&line, request->id)", "add_u64(&line, request->id & 0xFFu)"),
        r"request 256 was answered as id 0;",
    ),
    "CRC of an answer": Defect(
        (f"{CORE}/base/text.c", "add_hex(text, crc, 4)", "add_hex(text, crc ^ 1u, 4)"),
        r"request \d+ with its CRC, got one of \d+ characters with CRC [0-9a-f]{4} where ",
    ),
    "session of the last boot": Defect(
        (
            f"{CORE}/node/node.c",
            "node->session = port->random_u32(port->ctx);",
            "node->session = 0x1234;",
        ),
        "the session is that of the last boot, 00001234;",
    ),
    "magic of HELLO": Defect(
        (
            f"{CORE}/wire/frame.c",
            "sn_put_u16(&to[0], SN_MAGIC);",
            "sn_put_u16(&to[0], header->type == SN_FRAME_HELLO ? 0x1234u : SN_MAGIC);",
        ),
        "A frame starts with 0x1234 instead of 0x4e53;",
        "tcp",
        keyless=True,
    ),
    "version of HELLO": Defect(
        (
            f"{CORE}/wire/frame.c",
            "(SN_PROTOCOL_VERSION << 4 | header->type)",
            "(2u << 4 | header->type)",
        ),
        "A frame is of version 2; 1 is spoken here;",
        keyless=True,
    ),
    "role in HELLO": Defect(
        (f"{CORE}/link/greeting.c", "(uint8_t)greeting->role", "2"),
        "not a board in role tail;",
    ),
    "model in HELLO": Defect(
        (
            f"{CORE}/node/model.c",
            ".model_id = slot->model_id,",
            ".model_id = slot->model_id + 1u,",
        ),
        r"The board runs model [0-9a-f]{8}, the edge server [0-9a-f]{8};",
    ),
    "session of HELLO": Defect(
        (
            f"{CORE}/link/sending.c",
            "link->session : link->own_session;",
            "link->session : type == SN_FRAME_HELLO ? 0 : link->own_session;",
        ),
        r"this boot's, got session 00000000;",
    ),
    "event of another message": Defect(
        (
            f"{CORE}/node/outcome.c",
            'sn_text_pair_u64(&line, "id", work->message);',
            'sn_text_pair_u64(&line, "id", work->message + 65536u);',
        ),
        r"the end of id \d, got that of id 6553\d;",
    ),
    "does not advertise": Defect(
        (
            "virtual/port.c",
            "    return (sn_error)machine_link_open((int32_t)via",
            "    if (via == SN_VIA_BLE) {\n        return SN_OK;\n    }\n"
            "    return (sn_error)machine_link_open((int32_t)via",
        ),
        "a link to the edge server, which is there, got none: .*No board hil-4c0001 advertises",
        "ble",
    ),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.mark.parametrize("name", DEFECTS)
def test_a_contradiction_is_the_products_failure_and_says_what_it_is(
    lab: Lab, patched: Callable[[list[Change]], FirmwareBuild], name: str
) -> None:
    defect = DEFECTS[name]
    model = Model.load(resource("models/tiny"))
    split = model.split()
    build = patched([defect.change])
    with (
        Board.open(lab=lab) as board,
        EdgeServer(split.tail, split.model_id) as edge,
        pytest.raises(ProductFailure, match=defect.words) as caught,
    ):
        use(board, build, model, edge, defect)
    assert not isinstance(caught.value, InfrastructureError | BadInputError)


def use(board: Board, build: FirmwareBuild, model: Model, edge: EdgeServer, defect: Defect) -> None:
    """Do what most tests do, long enough for a defect to show."""
    board.flash(build, model)
    board.reset()
    board.keyless = defect.keyless
    board.connect(edge, defect.via)
    board.infer(np.zeros(model.input.shape, np.uint8))
    for _ in range(200):
        board.refresh()
