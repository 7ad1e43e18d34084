# SPDX-License-Identifier: MIT
"""The presets: what they predict for the original system's activation."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hil.sim.radio.presets import PRESETS, predictions, table, unshaped

BY_LINK = {prediction.via: prediction for prediction in predictions()}


def test_every_link_has_a_preset_and_a_prediction() -> None:
    assert list(PRESETS) == ["tcp", "udp", "espnow", "ble"]
    assert list(BY_LINK) == list(PRESETS)


def test_the_activation_crosses_udp_in_the_time_that_its_authors_published() -> None:
    assert BY_LINK["udp"].transfer_us == pytest.approx(3_200, rel=0.02)


@pytest.mark.parametrize(("via", "kbps"), [("udp", 30_000), ("tcp", 20_000)])
def test_full_packets_make_the_goodput_of_espressifs_table(via: str, kbps: int) -> None:
    link = PRESETS[via]
    seconds = link.cycles(1000 * link.packet_bytes) / 240e6
    assert 8 * link.packet_bytes / seconds == pytest.approx(kbps, rel=1e-3)


def test_a_full_espnow_frame_takes_the_airtime_of_1_mbit_per_second() -> None:
    # 293 bytes in the air with their PHY header, an acknowledgement, the gaps, the mean back-off.
    exact = 192 + 293 * 8 + 10 + 304 + 50 + 310
    assert PRESETS["espnow"].cycles(250) / 240 == pytest.approx(exact, abs=8)


def test_a_full_ble_packet_takes_the_time_of_its_exchange() -> None:
    assert PRESETS["ble"].cycles(244) / 240 == pytest.approx(261 * 8 + 150 + 80 + 150, abs=8)


def test_ble_waits_for_its_connection_events() -> None:
    shorter = {"ble": replace(PRESETS["ble"], interval_us=15_000)}
    [prediction] = predictions(shorter)
    assert prediction.transfer_us < BY_LINK["ble"].transfer_us
    assert BY_LINK["ble"].transfer_us > 2 * 30_000  # 25 packets of 2.5 ms need three events


def test_a_prediction_counts_frames_and_bytes_as_the_board_does() -> None:
    udp, ble = BY_LINK["udp"], BY_LINK["ble"]
    assert (udp.frames, udp.wire_bytes) == (4, 5_488 + 12 + 4 * 16)
    assert (ble.frames, ble.wire_bytes) == (25, 5_488 + 12 + 25 * 16)
    assert BY_LINK["tcp"].wire_bytes == 4 + 16 + 12 + 5_488


def test_an_unshaped_link_has_no_delay_left() -> None:
    free = {via: unshaped(link) for via, link in PRESETS.items()}
    assert [prediction.transfer_us for prediction in predictions(free)] == [0, 0, 0, 0]


def test_the_module_prints_the_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hil.sim.radio.presets"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == table()
    assert "3.19 ms | 3.2 ms" in table()


def test_the_documentation_shows_the_table_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    assert table() in text
