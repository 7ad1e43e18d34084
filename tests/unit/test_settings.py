# SPDX-License-Identifier: MIT
"""A mistake in a file of settings is told with its line, whoever reads the file."""

import pytest

from hil.budgets import Budgets
from hil.cli import main
from hil.errors import BadInputError
from hil.rig.file import RigFile
from hil.sim.radio.link_file import read_link_file

pytestmark = pytest.mark.usefixtures("own_computer")

BOARD = "# the rig\n\n[[boards]]\nport = '/dev/a'\n"
OTHER = "\n[[boards]]\nport = '/dev/b'\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BOARD + "prot = 1\n", 5),
        (BOARD + "name = 'x'\nbaud = 9600\n", 6),
        (BOARD + "baud = '921600'\n", 5),
        (BOARD + "mac = 'f4:12:fa:01:02:03'\n", 3),
        (BOARD + "name = 'usb'\n", 5),
        (BOARD + "roles = [\n  'duct',\n]\n", 5),
        (BOARD + "reset = 'rts'\n", 5),
        (BOARD + "reset_sequence = 'D2'\n", 5),
        (BOARD + "hard_reset_sequence = 'R1|W99'\n", 5),
        (BOARD + "power_cycle = ' '\n", 5),
        (BOARD + OTHER + "mac = 'f4:12'\n", 6),
        (BOARD + "name = 'x'" + OTHER + "name = 'x'\n", 8),
        (BOARD + "roles = ['peer']" + OTHER + "roles = ['peer']\n", 8),
        (BOARD + OTHER.replace("/dev/b", "/dev/a"), 6),
        (BOARD + "[wifi]\nssid = 'x'\npassword_env = 'secret'\n", 7),
        (BOARD + "[wifi]\nssid = 'x'\npassword = 'secret'\n", 7),
        (BOARD + "[wifi]\npassword_env = 'X'\n", 5),
        (BOARD + "[edge]\nhost = 1\n", 6),
        (BOARD + "[egde]\nhost = '10.0.0.2'\n", 5),
        ("edge = 1\n" + BOARD, 1),
    ],
)
def test_a_mistake_in_hil_toml_has_its_line(tmp_path, text, line):
    path = tmp_path / "hil.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        RigFile.read(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


UDP = "[activation_steps]\nesp-nn = 4\n\n[latency.virtual.udp]\nloss = 0\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[activation_steps]\ncmsis = 4\n", 2),
        ("[activation_steps]\nesp-nn = 'x'\n", 2),
        ("\n[agreement]\n", 2),
        (UDP + "transfr = { p50 = 1 }\n", 6),
        (UDP + "send = { p50 = 9, p95 = 8 }\n", 6),
        (UDP + "send.p50 = 9\nsend.p95 = 8\n", 7),
        (UDP + "[latency.virtual.udp.send]\np90 = 1\n", 7),
        (UDP + "goodput = 0\n", 6),
        (UDP + "marginal = 2\n", 6),
        (UDP + "send = {}\n", 6),
        (UDP + "send = 3\n", 6),
        (UDP + "[latency.virtual.zigbee]\nloss = 0\n", 6),
        (UDP + "[latency.vitrual.udp]\nloss = 0\n", 6),
        ("latency = 3\n", 1),
    ],
)
def test_a_mistake_in_budgets_has_its_line(tmp_path, text, line):
    path = tmp_path / "budgets.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        Budgets.load(path)
    assert str(caught.value).startswith(f"{path}:{line}")
    assert str(caught.value)[len(f"{path}:{line}")] in ": "


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed = 1\nsead = 2\n", 2),
        ("seed = 1\n[udp]\nloss = 1\n", 3),
        ("seed = 1\n[udp]\nduplicat = 1\n", 3),
        ("[udp]\nunshaped = true\n\nlatency_us = 5\n", 4),
    ],
)
def test_a_mistake_in_a_link_file_has_its_line(tmp_path, text, line):
    path = tmp_path / "link.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_link_file(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("text", ["[[boards]]\nport = \n", "[[boards]]\nport = 1 2\n"])
def test_what_is_no_toml_has_the_line_of_tomls_own(tmp_path, text):
    for name, reader in (("hil", RigFile.read), ("budgets", Budgets.load), ("x", read_link_file)):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadInputError, match="line 2"):
            reader(path)


def test_the_doctor_names_the_line(tmp_path, monkeypatch, capsys):
    path = tmp_path / "hil.toml"
    path.write_text(BOARD + "baud = 9600\n", encoding="utf-8")
    monkeypatch.setenv("HIL_CONFIG", str(path))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr("hil.doctor.order.host_findings", lambda: iter(()))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "budgets.toml").write_text(UDP + "goodput = 0\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 2
    said = capsys.readouterr().out
    assert f"FAIL  rig                {path}:5: baud in [[boards]] number 1" in said
    assert "FAIL  budgets            budgets.toml:6: [latency.virtual.udp] has goodput = 0" in said
