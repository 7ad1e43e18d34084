# SPDX-License-Identifier: MIT
"""Options, ini settings, and input that cannot be used."""

import json
import shutil
from pathlib import Path

import pytest

from hil.pytestplugin.options import _OPTIONS

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "tiny"
GONE = "/dev/tty-that-is-not-there"
NEEDS_BOARD = "def test_it(board):\n    pass\n"


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run in a process of its own, for native modules cannot be loaded twice."""
    pytester.makepyfile(NEEDS_BOARD)
    return pytester.runpytest_subprocess(f"--hil-model={TINY}", *options)


def refused(result: pytest.RunResult, sentence: str) -> None:
    """Check that nothing ran, and that the one thing said is the sentence."""
    assert result.ret == 4
    errors = [line for line in result.stderr.lines if line]
    assert len(errors) == 1
    assert errors[0].startswith("ERROR: ")
    assert sentence in errors[0]
    assert "Traceback" not in result.stdout.str()
    assert "passed" not in result.stdout.str()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--hil-via=zigbee", "names 'zigbee', which is no link; use tcp, udp, espnow, ble"),
        ("--hil-via=tcp,", "names '', which is no link"),
        ("--hil-peer=/dev/ttyX", "The board is virtual and the peer /dev/ttyX"),
        ("--hil-gateway=/dev/ttyX", "The board is virtual and the gateway /dev/ttyX"),
        ("--hil-link=missing.toml", "missing.toml cannot be read"),
        ("--hil-hci=nonsense", "--hci (pytest: --hil-hci) is 'nonsense'; say bluez for this"),
        ("--hil-range=1", "--hil-range is '1'; give two numbers"),
        ("--hil-range=1,0", "--hil-range maps pixels to 1..0; low must be below high"),
        ("--hil-model=/dev/zero", "it is a device, not a file"),
        ("--hil-rounds=0", "--hil-rounds is '0'; give a whole number"),
        ("--hil-rounds=many", "--hil-rounds is 'many'"),
        ("--hil-confidence=100%", "--hil-confidence is '100%'; give more than 50% and less than"),
        ("--hil-confidence=sure", "--hil-confidence is 'sure'; give more than 50%"),
        ("--hil-confidence=nan", "--hil-confidence is 'nan'; give more than 50%"),
        ("--hil-max-rounds=19", "--hil-max-rounds is 19, fewer than the 20 of --hil-rounds"),
        ("--hil-max-rounds=-1", "--hil-max-rounds is '-1'; give a whole number of at least 1"),
        ("--hil-undecided=pass", "--hil-undecided is 'pass'; say fail or warn"),
        ("--hil-board-wait=soon", "--hil-board-wait is 'soon'; give a number of seconds"),
        ("--hil-board-wait=-1", "--hil-board-wait is '-1'"),
        ("--hil-board=desk-7", "There is no board named 'desk-7' (no hil.toml)"),
        ("--hil-board=mac:f4:12", "'f4:12' is no MAC address"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_any_test(
    pytester: pytest.Pytester, option: str, sentence: str
) -> None:
    pytester.makepyfile(NEEDS_BOARD)
    refused(pytester.runpytest(option), sentence)
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert document["run"]["outcome"] == "bad_input"
    (error,) = document["errors"]
    assert (error["kind"], error["phase"], error["nodeid"]) == ("bad_input", "session", None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--hil-via=tcp,espnow",), "--hil-via names espnow, but ESP-NOW needs a second board"),
        (("--hil-peer=virtual",), "cannot hear each other"),
        ((f"--hil-peer={GONE}",), f"The board and the peer are both at {GONE}"),
        (("--hil-link=lossy.toml",), "shapes the links of virtual boards"),
    ],
)
def test_what_a_real_board_cannot_do_is_refused_before_any_test(
    pytester: pytest.Pytester, options: tuple[str, ...], sentence: str
) -> None:
    pytester.makepyfile(NEEDS_BOARD)
    (pytester.path / "lossy.toml").write_text("[udp]\nloss = 0.05\n")
    refused(pytester.runpytest(f"--hil-board={GONE}", *options), sentence)


def test_espnow_is_skipped_with_the_reason_where_there_is_no_second_board(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("def test_it(link):\n    pass\n")
    result = pytester.runpytest_subprocess(f"--hil-model={TINY}", f"--hil-board={GONE}", "-rs")
    assert result.ret == 10
    result.assert_outcomes(errors=3, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*ESP-NOW needs a second board as gateway*--hil-gateway*"])


def test_a_log_directory_that_cannot_be_written_to_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS_BOARD)
    refused(pytester.runpytest("--hil-log-dir=/dev/null"), "cannot be written")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("hil.toml", "[bord]\nport = 'x'", "unknown section [bord]"),
        ("hil.toml", "[[boards]]\nport = '/dev/x'", 'no board with roles = ["dut"]'),
        ("budgets.toml", "[latency.zigbee]\np95 = 1", "'zigbee', which does not exist"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_before_any_test(
    pytester: pytest.Pytester, name: str, text: str, sentence: str
) -> None:
    (pytester.path / name).write_text(text)
    pytester.makepyfile(NEEDS_BOARD)
    refused(pytester.runpytest(), sentence)


def test_an_unknown_cut_is_refused(pytester: pytest.Pytester) -> None:
    refused(run(pytester, "--hil-cut=block_99"), "no tensor or operator 'block_99'")


def test_a_missing_model_is_refused(pytester: pytest.Pytester) -> None:
    refused(run(pytester, "--hil-model=missing.tflite"), "missing.tflite cannot be read")


def test_an_empty_photo_directory_ends_the_session(pytester: pytest.Pytester) -> None:
    pytester.mkdir("empty")
    pytester.makepyfile("def test_it(photos):\n    pass\ndef test_other():\n    pass\n")
    result = pytester.runpytest("--hil-photos=empty")
    assert result.ret == 4
    assert "passed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*empty holds no photos*"])


def test_firmware_that_is_no_build_ends_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(firmware):\n    pass\n")
    result = pytester.runpytest("--hil-firmware=nowhere")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*flasher_args.json cannot be read*"])


@pytest.mark.parametrize(
    ("option", "variable", "header"),
    [
        ("usb", "", "hil: no board: No ESP32-S3 is attached by USB*"),
        ("", GONE, f"hil: board at {GONE}, model tiny*"),
    ],
)
def test_a_missing_board_is_an_error_of_each_test_and_never_a_skip(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    variable: str,
    header: str,
) -> None:
    monkeypatch.setenv("HIL_BOARD", variable)
    pytester.makeconftest("from serial.tools import list_ports\nlist_ports.comports = list\n")
    pytester.makepyfile(NEEDS_BOARD + NEEDS_BOARD.replace("test_it", "test_again"))
    result = pytester.runpytest_subprocess(f"--hil-model={TINY}", f"--hil-board={option}")
    assert result.ret == 10
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines([header])


HELD = """
import pytest, subprocess, sys

@pytest.fixture(scope="session", autouse=True)
def somebody_else():
    script = (
        "import sys; from hil.rig.lock import BoardLock\\n"
        "BoardLock.acquire(sys.argv[1]); print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, {port!r}]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        yield
        holder.kill()
"""


def test_a_board_that_another_run_holds_is_waited_for_and_then_an_error_that_says_whose_it_is(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_LOCK_DIR", str(pytester.path / "locks"))
    pytester.makeconftest(HELD.format(port=GONE))
    pytester.makepyfile(NEEDS_BOARD)
    pytester.makeini("[pytest]\nhil_board_wait = 0.4\n")
    result = pytester.runpytest_subprocess(f"--hil-model={TINY}", f"--hil-board={GONE}", "-q")
    assert result.ret == 10
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "hil: waiting for the board of * since 20* (pid *",
            f"*The board at {GONE} is held by * since 20*; wait for it by*--hil-board-wait*",
        ]
    )


def test_an_ini_setting_counts_where_the_option_is_not_given(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhil_rounds = 7\nhil_log_dir = out\n")
    pytester.makepyfile(
        "import pytest\n@pytest.mark.hil\n"
        "def test_it(hil_settings):\n    assert hil_settings.rounds == 7\n"
    )
    assert pytester.runpytest().ret == 0
    assert (pytester.path / "out" / "results.json").is_file()


def test_a_path_behind_a_space_is_no_place_of_tests_wherever_it_lies(
    pytester: pytest.Pytester,
) -> None:
    """Of arguments that it does not know, pytest takes those that are paths for such places."""
    elsewhere = pytester.path.parent / "else where"
    elsewhere.mkdir()
    (elsewhere / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    shutil.copy(next((ROOT / "photos").glob("cat_*.jpg")), elsewhere)
    pytester.makeini(
        "[pytest]\naddopts = -p own_plugin -v\npythonpath = lib\ntestpaths = here\n"
        f"hil_model = {TINY}\n"
    )
    for name in ("lib", "here", "not_here"):
        (pytester.path / name).mkdir()
    (pytester.path / "lib" / "own_plugin.py").write_text("import pytest\n")
    (pytester.path / "not_here" / "test_not.py").write_text("def test_not():\n    assert False\n")
    (pytester.path / "here" / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef own():\n    return 1\n"
    )
    (pytester.path / "here" / "test_it.py").write_text(
        "def test_it(photos, own):\n    assert [each.path.parent.name for each in photos] == ["
        "'else where']\n"
    )
    result = pytester.runpytest_subprocess("--hil-photos", str(elsewhere))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"rootdir: {pytester.path}", "configfile: *", "here/test_it.py::test_it PASSED*"]
    )
    named = pytester.runpytest_subprocess("--hil-photos", str(elsewhere), "here/test_it.py")
    named.assert_outcomes(passed=1)


def test_the_options_are_explained(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest("--help").stdout.str()
    for name in _OPTIONS:
        assert f"--hil-{name}=" in text


def test_the_fixtures_are_explained(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest("--fixtures").stdout.str()
    names = ("board", "link", "peer", "gateway", "console", "edge", "model", "cut", "photos")
    for name in (*names, "firmware", "fault"):
        assert f"\n{name} [session scope]" in text or f"\n{name} --" in text
    assert "no docstring available" not in text.split("hil.pytestplugin.fixtures.fixtures")[-1]


NEEDS_PHOTOS = "def test_it(board, photos):\n    pass\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--hil-photos=nowhere",), "nowhere is not a directory of photos"),
        (("--hil-input=nowhere.npy",), "nowhere.npy cannot be used as an input (No such file"),
        (("--hil-input=test_it.py",), "no input that hil can read"),
        (("--hil-input=a.npy", "--hil-photos=."), "--hil-photos and --hil-input are both given"),
    ],
)
def test_photos_and_inputs_are_read_before_any_test_that_takes_them(
    pytester: pytest.Pytester, options: tuple[str, ...], sentence: str
) -> None:
    pytester.makepyfile(test_it=NEEDS_PHOTOS)
    refused(pytester.runpytest_subprocess(f"--hil-model={TINY}", *options), sentence)


def test_photos_of_a_conftest_are_its_own_matter(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef photos():\n    return []\n")
    pytester.makepyfile("import pytest\n@pytest.mark.hil\ndef test_it(photos):\n    pass\n")
    result = pytester.runpytest_subprocess(f"--hil-model={TINY}", "--hil-photos=nowhere")
    result.assert_outcomes(passed=1)
