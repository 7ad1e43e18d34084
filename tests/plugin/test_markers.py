# SPDX-License-Identifier: MIT
"""What a test says by markers: its links, and what it needs of the rig."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "tiny"
OPTIONS = ("-p", "no:cacheprovider", f"--hil-model={TINY}", "--strict-markers", "-rs")

LINKS = """
import pytest
links = pytest.mark.hil_links

@links("udp", "ble")
def test_turns(board, link):
    assert link.via == board.connection.via == "udp"

@links("udp")
def test_without_the_fixture(board):
    assert board.connection.via == "udp"

@links("ble")
def test_left_out(board):
    pass

@links("udp")
@pytest.mark.parametrize("link", ["udp", "tcp"], indirect=True)
def test_both(link):
    assert link.via == "udp"
"""


def outcomes(pytester: pytest.Pytester) -> dict[str, tuple[str, str | None]]:
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    return {
        each["nodeid"].split("::")[1]: (each["outcome"], each["kind"]) for each in document["tests"]
    }


def test_a_marker_restricts_the_links_of_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LINKS)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=tcp,udp")
    assert outcomes(pytester) == {
        "test_turns[udp]": ("passed", None),
        "test_without_the_fixture": ("passed", None),
        "test_left_out": ("skipped", None),
        "test_both[udp]": ("passed", None),
        "test_both[tcp]": ("skipped", None),
    }
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED * it is about ble, which --hil-via leaves out.",
            "SKIPPED * its marker hil_links leaves tcp out.",
        ]
    )


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        (
            "hil_links('udp', 'wifi')",
            "hil_links of *::test_it* names 'wifi', which is no link; use",
        ),
        ("hil_links()", "hil_links of *::test_it* must name links, as in hil_links("),
        ("hil_links(via='udp')", "hil_links of *::test_it* must name links"),
        (
            "hil_needs('peer', 'pram')",
            "hil_needs of *::test_it* names 'pram'; a test can need peer,",
        ),
        ("hil_needs()", "hil_needs of *::test_it* names nothing; a test can need peer, gateway,"),
        ("hil_needs(psram=True)", "hil_needs of *::test_it* names 'psram'; a test can need peer,"),
    ],
)
def test_a_marker_that_names_what_there_is_not_is_a_usage_error(
    pytester: pytest.Pytester, marker: str, sentence: str
) -> None:
    pytester.makepyfile(
        f"import pytest\n@pytest.mark.{marker}\ndef test_it(board, link):\n    pass\n"
    )
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: The marker {sentence}*"])
    result.stdout.no_fnmatch_line("*flashed *")


NEEDS = """
import pytest
needs = pytest.mark.hil_needs

@needs("peer", "psram", "simulated")
def test_has(board, peer):
    assert board.info.psram

@needs("gateway")
def test_without_fixtures():
    pass

@needs("hardware")
def test_real(board):
    pass
"""


def test_what_a_rig_lacks_is_skipped_with_the_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS)
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert outcomes(pytester) == {
        "test_has": ("passed", None),
        "test_without_fixtures": ("passed", None),
        "test_real": ("skipped", None),
    }
    result.stdout.fnmatch_lines(["SKIPPED * it needs a real board, and this is a simulated board."])


# A rig whose boards are virtual ones, though it does not know; the firmware finds no PSRAM.
REAL = """
import dataclasses, os
import pytest
from hil.console.info import BoardInfo
from hil.rig import rig
from hil.sim.process import Lab

lab = Lab.start(boards=1)
os.environ["RIG_PORT"] = lab.boards[0].url
parse = BoardInfo.parse.__func__

def without(cls, values):
    return dataclasses.replace(parse(cls, values), psram=0)

BoardInfo.parse = classmethod(without)

def pytest_unconfigure():
    lab.close()

with open("hil.toml", "w") as file:
    file.write(f'''
[wifi]
ssid = "hil-lab"
password_env = "LAB_PASSWORD"

[[boards]]
roles = ["dut"]
port = "{lab.boards[0].url}"
%s
''')
"""

ASKING = """
import pytest

@pytest.mark.hil_needs("psram")
def test_psram(board):
    pass

@pytest.mark.hil_needs("peer")
def test_peer():
    pass

@pytest.mark.hil_needs("gateway")
def test_gateway(board):
    pass

def test_alone(board):
    pass
"""


@pytest.mark.parametrize("told", [False, True])
def test_what_a_rig_is_said_to_have_and_has_not_is_its_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    monkeypatch.setenv("LAB_PASSWORD", "not-a-secret")
    more = "psram = true\n[[boards]]\nroles = ['gateway']\nport = '/dev/ttyACM77'\n" if told else ""
    pytester.makeconftest(REAL % more)
    pytester.makepyfile(ASKING)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=tcp")
    missing = ("error", "infrastructure") if told else ("skipped", None)
    found = outcomes(pytester)
    assert {found[name] for name in ("test_psram", "test_peer", "test_gateway")} == {missing}
    if told:
        assert result.ret == 10
        result.stdout.fnmatch_lines_random(
            [
                "hil.toml says that the board at rfc2217://* has PSRAM, and its firmware finds no*",
                "*/dev/ttyACM77*",
            ]
        )
    else:
        result.stdout.fnmatch_lines_random(
            [
                "SKIPPED * it needs PSRAM, and the firmware finds none on the board.",
                "SKIPPED * it needs a second board as peer: attach one and name its port by *",
                "SKIPPED * it needs a second board as gateway: attach one and name its port by *",
            ]
        )
