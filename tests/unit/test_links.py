# SPDX-License-Identifier: MIT
"""Lists of links."""

import pytest

from hil.errors import BadInputError
from hil.links import parse_links


def test_links_keep_their_order_and_count_once():
    assert parse_links("ble, udp,ble", "--via") == ("ble", "udp")


@pytest.mark.parametrize("text", ["zigbee", "tcp,zigbee", "tcp,", ""])
def test_an_unknown_link_is_named_with_those_there_are(text):
    with pytest.raises(BadInputError, match=r"--via names '.*', .*; use tcp, udp, espnow, ble"):
        parse_links(text, "--via")
