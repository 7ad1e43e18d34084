# SPDX-License-Identifier: MIT
"""Sessions over several virtual boards: each worker has a lab of its own."""

import pytest

from farm_sessions import Start, documents

SPREAD = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_infers(board, photos, number):
    assert board.infer(photos[number % len(photos)]).transport_exact

@pytest.mark.latency_budget("total", p50_ms=60)
def test_is_in_time(board, link, photos, hil_rounds):
    for _ in hil_rounds():
        board.infer(photos[0])
"""


def test_photos_are_spread_over_virtual_boards_and_latency_is_judged_on_one(
    start: Start, pytester: pytest.Pytester
) -> None:
    result = start(SPREAD, "-n2", "--hil-board=virtual", "--hil-via=tcp")
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["latency * was judged on virtual-? (gw?), nothing else *"])
    found = documents(pytester)
    verdicts = [each for document in found for each in document["budgets"]["verdicts"]]
    assert [(each["stage"], each["outcome"]) for each in verdicts] == [("total", "pass")]
    assert sum(len(document["inferences"]) for document in found) == 6 + 20


def test_each_worker_may_have_a_peer(start: Start) -> None:
    source = (
        "import pytest\n@pytest.mark.parametrize('number', range(2))\n"
        "def test_it(board, peer, link, photos, number):\n"
        "    assert board.infer(photos[0]).transport_exact\n"
        "    assert peer.info.role == 'tail'\n"
    )
    options = ("-n2", "--hil-board=virtual", "--hil-boards-per-worker=2", "--hil-via=udp")
    start(source, *options).assert_outcomes(passed=4 // 2)
