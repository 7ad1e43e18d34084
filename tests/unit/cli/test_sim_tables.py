# SPDX-License-Identifier: MIT
"""What ``hil sim`` prints of its boards and links."""

import pytest

from hil.cli.sim import _boards, _links
from hil.sim.radio.presets import predictions

BOARDS: dict[str, object] = {
    "boards": [
        {
            "mac": f"02:48:49:4c:00:0{number}",
            "chip": "esp32s3",
            "url": f"rfc2217://127.0.0.1:3749{number}",
            "socket": f"socket://127.0.0.1:3749{number}",
        }
        for number in (1, 2)
    ]
}


@pytest.mark.parametrize(("width", "words"), [(80, 4), (100, 4), (70, 3), (50, 2)])
def test_boards_are_told_with_what_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, width: int, words: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = _boards(BOARDS).splitlines()
    assert [len(line.split()) for line in lines] == [words, words]
    assert all("rfc2217://127.0.0.1:3749" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_links_are_told_as_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    title, heading, *rows = _links(predictions()).splitlines()
    assert title == "an activation of 5,488 bytes over these links, simulated:"
    assert heading.split() == ["link", "frames", "bytes", "transfer"]
    assert rows[1].split() == ["udp", "4", "5,564", "3.19", "ms"]
