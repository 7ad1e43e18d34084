# SPDX-License-Identifier: MIT
"""Sessions over several virtual boards: each worker has a lab of its own."""

import csv
import shutil

import pytest

from farm_sessions import ROOT, TINY, Start, documents

SPREAD = """
import shutil

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


def test_the_suites_photos_are_divided_and_each_is_inferred_once(
    pytester: pytest.Pytester,
) -> None:
    options = ("--pyargs", "hil.suite.prediction", "-n2", "--hil-board=virtual", "--hil-via=tcp")
    result = pytester.runpytest_subprocess(
        TINY, *options, "-k", "test_agreement or received_activation", timeout=100
    )
    result.assert_outcomes(passed=3 * 8)
    (document,) = documents(pytester)
    photos = [each["name"] for each in document["photos"]]
    assert sorted(each["photo"] for each in document["inferences"]) == sorted(photos)
    assert document["agreement"]["with"]["xnnpack"]["n"] == len(photos) == 36
    assert len({each["board"] for each in document["inferences"]}) == 2


def test_accuracy_is_that_of_the_photos_whose_labels_the_model_knows_wherever_they_fall(
    pytester: pytest.Pytester,
) -> None:
    """Most of the portions have no such photo."""
    directory = pytester.mkdir("some")
    with (ROOT / "photos" / "index.csv").open(newline="") as index:
        head, *rows = csv.reader(index)
    dogs = [row for row in rows if row[0].startswith(("dog_german_shepherd", "dog_pug"))]
    others = [row for row in rows if not row[0].startswith("dog")][: 8 - len(dogs)]
    with (directory / "index.csv").open("w", newline="") as index:
        csv.writer(index).writerows([head, *dogs, *others])
    for name, *_ in (*dogs, *others):
        shutil.copy(ROOT / "photos" / name, directory)
    options = ("--pyargs", "hil.suite.prediction.test_accuracy", "-n2", "--hil-board=virtual")
    result = pytester.runpytest_subprocess(
        *options, "--hil-via=tcp", f"--hil-photos={directory}", timeout=100
    )
    result.assert_outcomes(passed=len(dogs), skipped=8 - len(dogs))
    (document,) = documents(pytester)
    assert document["accuracy"]["board"]["n"] == len(dogs)
