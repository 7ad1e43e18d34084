# SPDX-License-Identifier: MIT
"""The commands that use a board, called as from a shell."""

import json
import subprocess
import sys

import numpy as np
import pytest

from hil.cli import COMMANDS, main
from hil.resources import resource
from hil.sim.process import Lab


@pytest.fixture
def hil(capsys, monkeypatch, tmp_path):
    """Run ``hil`` with arguments; return exit code, standard output and standard error."""
    monkeypatch.delenv("HIL_BOARD", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run


@pytest.fixture
def photo():
    return resource("photos") / "coffee_cup.jpg"


@pytest.fixture
def tiny():
    return resource("models/tiny")


def test_what_took_another_attempt_is_told_whatever_comes_of_it(hil, photo, tiny):
    with Lab.start(faults=["reset@write=5000", "panic@invoke=2"]) as lab:
        options = ("--model", tiny, "--board", lab.boards[0].url)
        code, out, err = hil("run", photo, *options)
        assert code == 0
        assert "identical to the full model's" in out
        assert err.count("note: ") == 1
        code, _, err = hil("run", photo, *options)
        assert code == 1
        assert "note: " not in err


def test_help_names_every_command_and_the_exit_codes(hil):
    code, out, _ = hil("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "10  the rig failed" in " ".join(out.split()).replace("10 the", "10  the")


def test_help_and_version_import_nothing_heavy():
    script = (
        "import sys, hil.cli\n"
        "try: hil.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('numpy', 'serial', 'esptool', 'rich', 'PIL', 'pytest', "
        "'wasmtime') if name in sys.modules], file=sys.stderr)"
    )
    root = str(resource("photos").parent)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(hil, command):
    code, out, _ = hil(command, "--help")
    assert code == 0
    assert "Exit codes" in out


def test_run_shows_classes_stages_and_agreement_and_says_simulated(hil, photo, tiny):
    code, out, err = hil("run", photo, "--model", tiny)
    assert (code, err) == (0, "")
    assert "coffee_cup.jpg" in out
    for stage in ("load", "head", "transfer", "edge", "total"):
        assert stage in out
    assert "times simulated; output identical to the full model's" in out


def test_run_prints_json_that_holds_what_the_text_shows(hil, lab, photo, tiny):
    url = lab.boards[0].url
    code, out, _ = hil("run", photo, photo, "--model", tiny, "--json", "--board", url)
    assert code == 0
    document = json.loads(out)
    assert len(document["photos"]) == 2
    for entry in document["photos"]:
        assert entry["agrees"]
        assert entry["simulated"]
        assert len(entry["top5"]) == 5
        assert entry["stages"]["total_us"] > 0


def test_run_takes_inputs_that_are_no_photos_and_says_what_it_took_a_photo_for(
    hil, photo, tiny, tmp_path
):
    bare = tmp_path / "model.tflite"
    bare.write_bytes((tiny / "full_int8.tflite").read_bytes())
    pixels = np.random.default_rng(1).integers(0, 256, (2, 48, 48, 3))
    np.savez(tmp_path / "x.npz", x=pixels.astype(np.uint8), y=[1, 2])
    given = ("--cut", "block_3_project", "--input", tmp_path / "x.npz")
    code, out, err = hil("run", photo, "--model", bare, *given)
    assert (code, err) == (0, "")
    assert "photos scaled to [-1, 1] as the input's quantization says\n" in out
    for name in ("coffee_cup.jpg", "x.npz[0]", "x.npz[1]"):
        assert f"\n{name}\n" in out
    assert out.count("output identical to the full model's") == 3


def test_rtt_measures_small_and_activation_sized_messages(hil, lab, tiny):
    url = lab.boards[0].url
    code, out, err = hil("rtt", "--board", url, "--model", tiny, "--via", "udp", "--count", 3)
    assert (code, err) == (0, "")
    assert "udp, authenticated, 32 bytes there and back, 3 times" in out
    assert "udp, authenticated, 576 bytes there and back, 3 times" in out
    assert out.count("p95 n/a") == out.count("(simulated)") == 2


def test_rtt_prints_json_and_a_link_file_shows_in_it(hil, tiny, tmp_path):
    path = tmp_path / "slow.toml"
    path.write_text("[espnow]\nlatency_us = 50000\n")
    options = ["--via", "espnow", "--gateway", "virtual", "--size", 100, "--link", path, "--json"]
    code, out, _ = hil("rtt", "--model", tiny, *options)
    assert code == 0
    document = json.loads(out)
    assert (document["via"], document["tail"], document["simulated"]) == ("espnow", "edge", True)
    (trips,) = document["round_trips"]
    assert (trips["size"], trips["count"], trips["lost"]) == (100, 20, 0)
    assert 100_000 < trips["p50_us"] <= trips["p95_us"] <= trips["max_us"]
    assert len(trips["us"]) == 20
    assert trips["wire_bytes"] > 20 * 100
    assert 0 < trips["payload_to_wire"] < 1


def test_run_over_another_link_with_the_tail_on_a_second_board(hil, photo, tiny):
    options = ["--via", "ble", "--peer", "virtual", "--json"]
    code, out, _ = hil("run", photo, "--model", tiny, *options)
    assert code == 0
    (entry,) = json.loads(out)["photos"]
    assert entry["agrees"]
    assert entry["via"] == "ble"
    assert entry["wire"]["bytes"] > 576


def test_flash_reports_what_it_wrote_and_what_it_kept(hil, lab, tiny):
    url = lab.boards[0].url
    code, out, _ = hil("flash", "--board", url, "--model", tiny, "--json")
    assert code == 0
    report = json.loads(out)["flash"]
    roles = {region["role"] for region in report["written"] + report["skipped"]}
    assert roles == {"bootloader", "partition table", "app", "model"}
    code, out, _ = hil("flash", "--board", url, "--model", tiny, "--role", "full")
    assert code == 0
    assert "wrote model" in out
    assert "kept  app" in out


def test_monitor_sends_lines_and_shows_and_logs_answers(hil, lab, tiny, tmp_path):
    url = lab.boards[0].url
    hil("flash", "--board", url, "--model", tiny)
    done = subprocess.run(
        [sys.executable, "-m", "hil", "monitor", "--board", url, "--log", tmp_path / "log"],
        input="role\nnonsense\n",
        capture_output=True,
        text=True,
        timeout=60,
        cwd=resource("photos").parent,
        check=True,
    )
    assert "ok role=head" in done.stdout
    assert "unknown_verb" in done.stdout
    assert "ok role=head" in (tmp_path / "log").read_text()


def test_boards_offers_the_virtual_board(hil):
    code, out, _ = hil("boards")
    assert code == 0
    assert "virtual" in out
    code, out, _ = hil("boards", "--json")
    assert isinstance(json.loads(out), list)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "no-such-photo.jpg"], 2, "does not exist"),
        (["run", "{photo}", "--cut", "nonsense", "--model", "{tiny}"], 2, "nonsense"),
        (["run", "{photo}", "--model", "no-such-model"], 2, "no-such-model"),
        (["run", "{photo}", "--firmware", "no-such-build"], 2, "no-such-build"),
        (["run", "."], 2, "holds no photos"),
        (["run", "hil.toml"], 2, "cannot be decoded"),
        (["run", "{photo}", "--via", "zigbee"], 2, "zigbee"),
        (["rtt", "--via", "zigbee"], 2, "zigbee"),
        (["rtt", "--size", "-1"], 2, "--size"),
        (["rtt", "--board", "/dev/x", "--via", "espnow"], 2, "needs a second board as gateway"),
        (["rtt", "--board", "/dev/x", "--peer", "/dev/x"], 2, "both at /dev/x"),
        (["rtt", "--peer", "/dev/x"], 2, "cannot hear each other"),
        (["rtt", "--link", "hil.toml"], 2, "hil.toml"),
        (["sim", "--link", "missing.toml"], 2, "missing.toml"),
        (["flash", "--board", "/dev/ttyNoSuchPort"], 10, "does not exist"),
        (["flash", "--board", "usb"], 10, "attached"),
        (["flash", "--board", "mac:f4:12:fa:01:02:03"], 10, "f4:12:fa:01:02:03 is attached"),
        (["flash", "--board", "desk-7"], 2, "no board named 'desk-7'"),
        (["boards", "--wait", "-1"], 2, "--wait"),
        (["monitor", "--board", "rfc2217://127.0.0.1:1"], 10, "nothing listens"),
        (["nonsense"], 2, "nonsense"),
        (["run"], 2, "Give photos, or other inputs by --input"),
        (["run", "{photo}", "--range", "1"], 2, "--range is '1'; give two numbers"),
        (["run", "--input", "{photo}", "--model", "{tiny}"], 2, "no input that hil can read"),
        (["run", "/dev/null"], 2, "/dev/null is no file"),
        (["run", "{photo}", "--model", "/dev/zero"], 2, "it is a device, not a file"),
    ],
)
def test_bad_input_is_one_sentence_and_an_exit_code(
    hil, photo, tiny, tmp_path, monkeypatch, arguments, code, words
):
    (tmp_path / "hil.toml").write_text('[edge]\nhost = "10.0.0.1"\n')
    monkeypatch.setattr("hil.serialport.ports.discover_ports", list)
    given = [argument.format(photo=photo, tiny=tiny) for argument in arguments]
    got, out, err = hil(*given)
    assert got == code
    assert out == ""
    assert words in err
    assert "Traceback" not in err
