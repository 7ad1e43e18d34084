# SPDX-License-Identifier: MIT
"""Which ports have lines to reset a board by."""

import pytest

from hil.errors import BadInputError
from hil.rig.lock import lock_name
from hil.serialport.open import open_port
from hil.serialport.url import has_reset_lines


@pytest.mark.parametrize(
    "port",
    [
        "/dev/ttyUSB0",
        "COM3",
        "rfc2217://rig:4000",
        "spy:///dev/ttyUSB0?file=log",
        "alt:///dev/ttyUSB0?class=PosixPollSerial",
        "hwgrep://CP2102",
    ],
)
def test_devices_and_what_stands_for_them_have_reset_lines(port):
    assert has_reset_lines(port)


@pytest.mark.parametrize("port", ["socket://rig:4000", "SOCKET://rig:4000", "loop://", "cp2110://"])
def test_what_carries_bytes_alone_has_none(port):
    assert not has_reset_lines(port)


@pytest.mark.parametrize("use", [lock_name, open_port])
@pytest.mark.parametrize("port", ["99999", "-1", "x"])
def test_a_url_whose_port_is_no_number_of_one_is_bad_input(use, port):
    with pytest.raises(BadInputError, match=r"cannot be used .*rfc2217://host:port$"):
        use(f"rfc2217://rig:{port}")
