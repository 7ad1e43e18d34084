# SPDX-License-Identifier: MIT
"""Sessions with firmware of users' own, which does not speak hil's console."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from plain_build import HELLO, make_plain

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())

TESTS = """
import pytest
from hil.errors import BoardPanic, LineMissing, PlainFirmware

def test_it_says_hello(board):
    match = board.console.expect(r"Hello (\\w+), from (\\d) cores$")
    assert match.groups() == ("world", "2")
    assert board.simulated

def test_it_repeats_what_it_is_told(console):
    console.type_line("some words")
    assert console.expect(r"you said: (.*)")[1] == "some words"

def test_it_may_restart_itself(console):
    console.type_line("r")
    console.expect("Hello")

def test_it_says_hello_after_each_reset(board):
    board.reset()
    board.console.expect("Hello")

def test_a_panic_that_is_expected(board):
    board.console.type_line("p")
    with pytest.raises(BoardPanic, match="in divide_by_zero"):
        board.console.expect("never")
    board.reset()

def test_what_needs_answers_says_so(board, photos):
    for asks in (lambda: board.infer(photos[0]), lambda: board.rtt(16), lambda: board.info,
                 board.reboot, lambda: board.connect(None)):
        with pytest.raises(PlainFirmware, match="'hello_world' .* does not speak hil's console"):
            asks()

def test_it_panics(board):
    board.console.type_line("p")
    board.console.expect("never")

def test_is_not_told_of_the_panic_before(board):
    board.console.type_line("again")
    board.console.expect("again")

def test_it_panics_and_nobody_looks(board):
    board.console.type_line("p")
    board.console.expect("Rebooting")

def test_it_says_something_else(board):
    board.console.expect("Goodbye", timeout=0.1)
"""


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plain(tmp_path_factory.mktemp("hello"))


def test_a_board_with_any_firmware_is_flashed_reset_listened_to_and_typed_to(
    pytester: pytest.Pytester, hello: Path
) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(f"--hil-firmware={hello}", "--junit-xml=junit.xml")
    result.assert_outcomes(passed=7, failed=3)
    result.stdout.fnmatch_lines(
        [
            "hil: virtual *; firmware hello_world 1.0, which does not speak hil's console",
            "firmware * hello_world 1.0 (sources *), which does not speak hil's console",
            "flashed * bootloader, partition table, app: *",
            "E * hil.errors.BoardPanic: *Guru Meditation Error*, in divide_by_zero*",
            "E * hil.errors.LineMissing: *did not send a line with 'Goodbye' within 0.1 s*",
            "*Hello world, from 2 cores*",
        ]
    )
    assert result.ret == 1
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["board"]["kernels"] == "none"
    assert document["model"] is None
    by_name = {each["nodeid"].partition("::")[2]: each for each in document["tests"]}
    assert by_name["test_it_panics"]["kind"] == "product"
    assert by_name["test_it_panics_and_nobody_looks"]["kind"] == "product"
    log = (pytester.path / "hil-report" / by_name["test_it_panics"]["log"]).read_text()
    assert "Guru Meditation Error" in log
    failures = {
        case.get("name"): case.find("failure")
        for case in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    panic = failures["test_it_panics"]
    assert panic is not None
    assert "divide_by_zero" in (panic.text or "")
    assert failures["test_is_not_told_of_the_panic_before"] is None


def test_a_fixture_that_needs_answers_costs_only_its_tests(
    pytester: pytest.Pytester, hello: Path
) -> None:
    pytester.makepyfile(
        """
        def test_link(link): pass
        def test_peer(peer): pass
        def test_gateway(gateway): pass
        def test_small(small_board): pass
        def test_board(board): board.console.expect("Hello")
        """
    )
    result = pytester.runpytest_subprocess(f"--hil-firmware={hello}", "--hil-via=udp")
    result.assert_outcomes(errors=4, passed=1)
    result.stdout.fnmatch_lines(["The firmware 'hello_world' *does not speak hil's console*"] * 4)


def test_firmware_that_crashes_as_it_starts_is_the_products_failure(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    crashing = HELLO.replace("(i64.const 2000000)", "(call $divide_by_zero) (i64.const -1)")
    build = make_plain(tmp_path, crashing)
    pytester.makepyfile("def test_hello(board): board.console.expect('never', timeout=60)")
    result = pytester.runpytest_subprocess(f"--hil-firmware={build}")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*the firmware panicked: Guru Meditation Error*divide_by_zero*"])


def test_the_suite_is_not_run_on_firmware_that_it_can_say_nothing_about(
    pytester: pytest.Pytester, hello: Path
) -> None:
    result = pytester.runpytest_subprocess(
        f"--hil-firmware={hello}", "--pyargs", "hil.suite.test_boot"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: The firmware 'hello_world' in *so that the suite can say nothing about it; *"]
    )


def test_a_kind_of_console_that_does_not_exist_is_bad_input(
    pytester: pytest.Pytester, hello: Path
) -> None:
    pytester.makepyfile("def test_hello(board): pass")
    result = pytester.runpytest_subprocess(f"--hil-firmware={hello}", "--hil-console=none")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --hil-console is 'none'; say hil or plain."])


def test_the_command_flashes_it_without_a_model_and_refuses_what_needs_answers(
    pytester: pytest.Pytester, hello: Path
) -> None:
    firmware = f"--firmware={hello}"
    done = pytester.run(sys.executable, "-m", "hil", "flash", firmware)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        ["virtual board * runs hello_world 1.0, which does not speak hil's console, after *"]
    )
    photo = ROOT / "photos" / "dog_german_shepherd.jpg"
    done = pytester.run(sys.executable, "-m", "hil", "run", firmware, str(photo))
    assert done.ret == 2
    done.stderr.fnmatch_lines(
        ["hil: The firmware 'hello_world' in *so that no model can be put on it; *"]
    )
