# SPDX-License-Identifier: MIT
"""Whole sessions on a virtual board, as a user of the installed plugin has them."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from hil.links import LINKS
from hil.results.serial_log import read

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--junit-xml=junit.xml")
WAIT_FOR_A_BOARD_S = 5.0
"""Shortest of the waits for a board that does not answer."""

SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())

USERS_TEST = """
def test_split_predicts_what_the_full_model_predicts(board, model, photos):
    for photo in photos[:3]:
        assert board.infer(photo).top5_ids == model.top5_ids(photo)
"""

TROUBLE = """
import contextlib, os, signal
import pytest
from hil.errors import BoardPanic

def test_crashes_and_looks_away(board, console, photos):
    with contextlib.suppress(BoardPanic):
        console.request("crash")
        console.wait_event("of no name", 5)

def test_crashes_at_its_end(board, console):
    console.request("crash")

def test_crashes_and_mends_it(board, console):
    with pytest.raises(BoardPanic):
        console.request("crash")
        console.wait_event("of no name", 5)
    board.reset()

def test_is_not_told_of_the_crash_before(board, photos):
    board.infer(photos[0])

def test_loads_another_model(board, edge, model):
    split = model.split(model.cuts[1])
    board.load(model, split.cut)
    edge.serve(split.tail, split.model_id)

def test_finds_its_own_model_again(board, cut, photos):
    assert board.info.cut == cut.short_name
    board.infer(photos[0])

def test_loses_the_lab(board, photos):
    os.kill(board.lab.process.pid, signal.SIGKILL)
    board.lab.process.wait()
    board.infer(photos[0])

def test_fails_at_once(board):
    pass
"""


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (pytester.path / "hil-report" / "results.json").read_text()
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_a_users_own_test_runs_in_an_empty_directory(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USERS_TEST)
    result = pytester.runpytest_subprocess(*OPTIONS, "-m", "hil")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "hil: virtual ESP32-S3, all its times are simulated; model tiny, *, over tcp, *",
            "board * virtual esp32s3 (simulated), MAC *, last reset: POWERON",
            "firmware * reference kernels",
            "flashed * app, model: * bytes in *",
            "exact * transport 3/3 inferences",
            "links * simulated, authenticated",
            "*tcp * kB/s * 0 of 3 * 0 of 3  none asked for",
            "latency * simulated, milliseconds; *",
            "*tcp * transfer * 3 * 0 *",
            "results * hil-report/results.json",
        ]
    )
    document = results(pytester)
    assert document["run"]["outcome"] == "passed"
    assert document["board"]["simulated"] is True
    assert [each["photo"] for each in document["inferences"]] == sorted(
        each["name"] for each in document["photos"]
    )
    (test,) = document["tests"]
    assert (test["outcome"], test["kind"]) == ("passed", None)
    log = (pytester.path / "hil-report" / test["log"]).read_text()
    assert log.startswith("#hil-log-1\t")
    assert "boot: ESP-IDF 2nd stage bootloader" in log
    assert "! infer id=" in log
    suite = ElementTree.parse(pytester.path / "junit.xml")
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties["hil.board.mac"] == document["board"]["mac"]
    assert properties["hil.model.name"] == "tiny"


USERS_LINK_TEST = """
def test_every_link_brings_the_same(board, link, model, photos):
    inference = board.infer(photos[0])
    assert inference.via == link.via
    assert inference.transport_exact
    assert inference.top5_ids == model.top5_ids(photos[0])

def test_the_first_link_is_up_again(board, photos):
    assert board.infer(photos[0]).via == "udp"

def test_the_peer_has_the_tail(board, peer, photos):
    board.connect(peer, "espnow")
    assert board.infer(photos[0]).transport_exact

def test_the_gateway_carries_espnow(board, edge, gateway, photos):
    board.connect(edge, "espnow", gateway=gateway)
    assert board.infer(photos[0]).transport_exact
"""


def test_a_users_test_with_a_link_runs_over_each_as_the_link_file_shapes_them(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(USERS_LINK_TEST)
    (pytester.path / "slow.toml").write_text("[tcp]\nlatency_us = 50000\n")
    result = pytester.runpytest_subprocess(
        *OPTIONS, "--hil-via=udp,tcp,espnow,ble", "--hil-link=slow.toml"
    )
    result.assert_outcomes(passed=7)
    inferences = results(pytester)["inferences"]
    tails = {(each["via"], each["tail"]) for each in inferences}
    assert tails == {(via, "edge") for via in LINKS} | {("espnow", "peer")}
    transfer = {each["via"]: each["stages_us"]["transfer"] for each in inferences}
    assert transfer["tcp"] > 100_000 > transfer["udp"]


def test_with_a_peer_the_tail_runs_on_it_over_any_link(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USERS_LINK_TEST)
    options = ("--hil-via=udp,espnow", "--hil-peer=virtual")
    result = pytester.runpytest_subprocess(*OPTIONS, *options, "-k", "every or first")
    result.assert_outcomes(passed=3, deselected=2)
    inferences = results(pytester)["inferences"]
    tails = {(each["via"], each["tail"]) for each in inferences}
    assert tails == {("udp", "peer"), ("espnow", "peer")}


def test_crash_and_lab_loss_end_only_what_they_must(pytester: pytest.Pytester) -> None:
    firmware = ROOT / "firmware" / "virtual" / "prebuilt-test"
    pytester.makepyfile(TROUBLE)
    result = pytester.runpytest_subprocess(*OPTIONS, f"--hil-firmware={firmware}")
    assert result.ret == 1
    result.assert_outcomes(passed=4, failed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at call of test_loses_the_lab*",
            "*ERROR at setup of test_fails_at_once*",
            "*_ test_crashes_and_looks_away _*",
            "*LoadProhibited), in port_crash, called from *; then the chip started by rst:0xc*",
            "*#0 * port_crash*",
            "*Serial log: *",
            "*Guru Meditation*",
            "*hil: *#0 * port_crash*",
        ]
    )
    document = results(pytester)
    found = {test["nodeid"].split("::")[1]: test for test in document["tests"]}
    assert {name: (test["outcome"], test["kind"]) for name, test in found.items()} == {
        "test_crashes_and_looks_away": ("failed", "product"),
        "test_crashes_at_its_end": ("failed", "product"),
        "test_crashes_and_mends_it": ("passed", None),
        "test_is_not_told_of_the_crash_before": ("passed", None),
        "test_loads_another_model": ("passed", None),
        "test_finds_its_own_model_again": ("passed", None),
        "test_loses_the_lab": ("error", "infrastructure"),
        "test_fails_at_once": ("error", "infrastructure"),
    }
    assert [error["type"] for error in document["errors"]] == [
        "BoardPanic",
        "BoardPanic",
        "LabError",
        "LabError",
    ]
    assert found["test_fails_at_once"]["host_seconds"] < WAIT_FOR_A_BOARD_S
    cases = {
        case.get("name"): case
        for case in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    for name in ("test_crashes_and_looks_away", "test_crashes_at_its_end"):
        failure = cases[name].find("failure")
        assert failure is not None
        assert "in port_crash, called from " in failure.get("message", "")
        assert "#0 " in (failure.text or "")
    entries = read(
        (pytester.path / "hil-report" / found["test_crashes_at_its_end"]["log"]).read_text()
    )
    kinds = [each.kind for each in entries]
    assert kinds.index("fault") < len(kinds) - kinds[::-1].index("start")
    assert {"tx", "rx", "hil"} <= set(kinds)
    assert any(each.board_s is not None for each in entries)
    assert cases["test_loses_the_lab"].find("error") is not None


def test_an_interrupted_run_leaves_its_results(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.hil\n"
        "def test_a():\n    pass\n"
        "def test_b():\n    raise KeyboardInterrupt\n"
    )
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 2
    document = results(pytester)
    assert document["run"]["outcome"] == "interrupted"
    assert [test["nodeid"].split("::")[1] for test in document["tests"]] == ["test_a"]
