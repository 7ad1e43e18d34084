# SPDX-License-Identifier: MIT
"""Flashing, starting and resetting boards that misbehave as real ones do, end to end."""

import io
from functools import partial

import pytest

from hil.board.board import Board
from hil.cli import main
from hil.device import start
from hil.errors import BadInputError, FlashingError, ResetError, WrongChipError
from hil.firmware.build import default_firmware
from hil.flash.flash import FlashFile, Needs, flash
from hil.resources import resource
from hil.rig.rig import BoardSpec
from hil.sim.process import Lab

FAULTS = (
    *("vanish=0.3", "wrong-boot-mode=1", "wrong-boot-mode=9", "stuck-download", "dead-console"),
    *("drop=460800", "slow-boot=1", "foreign", "chip=esp32c3", "no-psram", "flash=8MB"),
    *("secure-download", "foreign"),
)
FILE = [FlashFile(0x10000, b"anything", "app")]


@pytest.fixture(scope="module")
def lab():
    faults = [f"{number}:{fault}" for number, fault in enumerate(FAULTS, 1)]
    with Lab.start(boards=len(FAULTS), faults=faults) as lab:
        yield lab


@pytest.fixture
def board(lab):
    """Open the board that has a fault, with or without a power switch; the port is its own."""
    opened = []

    def find(fault, *, switched=False, **spec):
        port = lab.boards[FAULTS.index(fault)]
        power_cycle = port.power_cycle if switched else None
        opened.append(Board.open(BoardSpec(port.url, power_cycle=power_cycle, **spec)))
        return opened[-1]

    yield find
    for each in opened:
        each.close()


@pytest.fixture
def impatient(monkeypatch, tmp_path):
    """Give a silent board up after a second, and a ROM loader in half of esptool's time."""
    monkeypatch.setattr(start, "MUTE_PATIENCE_S", 1.0)
    monkeypatch.setattr(start, "BOOT_PATIENCE_S", 1.0)
    hasty = tmp_path / "esptool.cfg"
    hasty.write_text("[esptool]\nsync_timeout = 0.04\nreset_delay = 0.05\n")
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(hasty))


def remarks(board):
    return [line.words for line in board.console.log if line.text.startswith("hil: ")]


@pytest.mark.parametrize("fault", ["wrong-boot-mode=1", "slow-boot=1", "foreign"])
def test_what_a_board_may_do_now_and_then_is_not_worth_a_word(board, model, fault):
    one = board(fault)
    report = one.flash(None, model)
    assert report.notes == ()
    assert {region.role for region in report.written} >= {"app", "model"}
    assert one.info.slot == "ok"


def test_a_port_that_vanishes_with_each_reset_is_found_again(board, model):
    one = board("vanish=0.3")
    console = one.console
    assert one.flash(None, model).notes == ()
    session = one.info.session
    one.reset()
    assert one.info.session != session
    assert one.console is console
    assert any("vanished" in text for text in remarks(one))


def test_bytes_that_get_lost_at_a_high_rate_are_sent_again_at_a_lower_one(board, model):
    one = board("drop=460800")
    report = one.flash(None, model)
    assert (report.baud, len(report.notes)) == (115_200, 1)
    assert "At 921600 baud bytes get lost" in report.notes[0]
    assert {region.role for region in report.written} >= {"bootloader", "app", "model"}
    one.raise_baud()  # not to what has lost bytes before
    assert one.refresh().slot == "ok"
    assert one.console.rate == 115_200


def test_a_console_goes_back_to_the_rate_that_its_line_bears(board):
    one = board("drop=460800")
    one.raise_baud()
    assert one.refresh().slot == "ok"
    assert one.console.rate == 115_200
    assert any("going on at 115200" in text for text in remarks(one))


def test_a_board_that_stays_in_its_application_is_told_how_to_get_out(lab, impatient):
    url = lab.boards[FAULTS.index("wrong-boot-mode=9")].url
    with pytest.raises(FlashingError, match=r"hold BOOT .* GPIO0 .*Wrong boot mode"):
        flash(url, FILE, simulated_image=True)


def test_a_board_that_is_stuck_in_download_mode_is_power_cycled_or_told_so(board, model):
    one = board("stuck-download", switched=True)
    report = one.flash(None, model)
    assert one.info.slot == "ok"
    assert [text for text in report.notes if text.startswith("power-cycling by ")]
    one.close()
    with pytest.raises(ResetError, match="GPIO0 low"):
        board("stuck-download").reset()


def test_a_console_that_dies_with_the_reset_is_power_cycled(board, model, impatient):
    one = board("dead-console", switched=True)
    report = one.flash(None, model)
    assert one.info.slot == "ok"
    assert "re-plug it, or give hil.toml a power_cycle" in report.notes[0]


@pytest.mark.parametrize(
    ("fault", "needs", "sentence"),
    [
        ("chip=esp32c3", Needs(), "is an ESP32-C3, not an ESP32-S3; connect"),
        ("no-psram", Needs(psram=True), "has no PSRAM"),
        (
            "flash=8MB",
            Needs(flash_size=16 << 20),
            "16MB of flash.*has 8MB; build.*--flash-size 8MB",
        ),
        ("flash=8MB", Needs(mac="f4:12:fa:00:00:01"), "has the MAC address 02:.*, not f4:12:fa"),
        ("secure-download", Needs(), "is in secure download mode.*'hil update'"),
    ],
)
def test_a_board_that_cannot_run_it_is_refused_in_one_sentence(lab, fault, needs, sentence):
    url = lab.boards[FAULTS.index(fault)].url
    with pytest.raises(WrongChipError, match=sentence) as caught:
        flash(url, FILE, simulated_image=True, needs=needs)
    assert "\n" not in str(caught.value)


def test_what_is_wanted_of_a_board_is_what_the_build_and_the_rig_say(board, model, monkeypatch):
    asked = []

    def notice(*args, needs, **options):
        asked.append((needs, options["baud"], options["usb_jtag"]))
        raise WrongChipError("Not this one.")

    monkeypatch.setattr("hil.device.flashable.flash", notice)
    one = board("foreign", mac="f4:12:fa:00:00:01", baud=460_800, reset="usb-jtag")
    with pytest.raises(WrongChipError):
        one.flash(None, model)
    size = default_firmware().flash_size
    assert asked == [(Needs("f4:12:fa:00:00:01", size, psram=True), 460_800, True)]


def test_a_board_without_reset_lines_is_used_as_it_is_or_left_to_the_updater(board, model):
    one = board("foreign")
    one.flash(None, model)
    one.close()
    one = board("foreign", reset="none")
    report = one.flash(None, model)
    assert (report.written, one.info.reset_reason) == ((), "RTC_SW_CPU_RST")
    with pytest.raises(BadInputError, match=r"without reset lines .* 'hil update'"):
        one.load(model, model.cuts[-1])


def test_other_firmware_is_known_by_its_giving_no_answer(lab, model, monkeypatch):
    with Board.open(BoardSpec(lab.boards[-1].url)) as one:
        monkeypatch.setattr(one.console, "request", partial(one.console.request, timeout=0.3))
        with pytest.raises(BadInputError, match="runs other firmware than hil's, or none; flash"):
            one.use(model)


@pytest.fixture
def hil(lab, capsys, monkeypatch, tmp_path):
    """Run a command on the board with a fault; return exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(command, fault, *arguments, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        url = lab.boards[len(FAULTS) - 1 - FAULTS[::-1].index(fault)].url
        with pytest.raises(SystemExit) as end:
            main([command, "--board", url, *map(str, arguments)])
        return end.value.code, *capsys.readouterr()

    return run


def test_the_flash_command_says_what_did_not_go_as_usual(hil):
    other = resource("firmware").with_name("prebuilt-test")
    code, out, _ = hil(
        "flash", "drop=460800", "--model", resource("models/tiny"), "--firmware", other
    )
    assert code == 0
    assert "note: At 921600 baud bytes get lost" in out
    assert "wrote app at 0x" in out


def test_the_monitor_shows_other_firmware_and_says_why_nobody_answers(hil, monkeypatch):
    monkeypatch.setattr("hil.cli.board.monitor._ANSWER_PATIENCE_S", 0.2)
    code, out, err = hil("monitor", "foreign", typed="info\n")
    assert code == 0
    assert "hello_world" in out
    assert "the board runs other firmware than hil's" in err


def test_the_monitor_waits_for_a_port_that_vanishes_with_the_reset(hil, monkeypatch):
    monkeypatch.setattr("hil.cli.board.monitor._ANSWER_PATIENCE_S", 0.5)
    code, out, _ = hil("monitor", "vanish=0.3", "--reset", typed="info\n")
    assert code == 0
    assert "the port has vanished; waiting for it to come back" in out
