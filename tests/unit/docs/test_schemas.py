# SPDX-License-Identifier: MIT
"""The schemas that editors get say what the readers of the files say: neither more nor less."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hil.budgets import Budgets
from hil.budgets.activation import KERNELS
from hil.budgets.file import _SECTIONS
from hil.budgets.latency import RATES, STAGES
from hil.budgets.section import Section
from hil.budgets.spread import ROUNDS
from hil.errors import BadInputError
from hil.links import LINKS
from hil.rig.entry import LOWEST_BAUD, RESETS, ROLES
from hil.rig.file import _KEYS, RigFile
from hil.sim.radio.link_file import _COUNTS, _ONLY, LinkFile, read_link_file
from hil.sim.radio.link_file import _KEYS as LINK_KEYS
from hil.sim.radio.presets import PRESETS

pytestmark = pytest.mark.usefixtures("own_computer")

ROOT = Path(__file__).parents[3]
READERS = {"hil": RigFile.read, "budgets": Budgets.load, "link": read_link_file}
TYPES = {str: ("string",), int: ("integer",), bool: ("boolean",), list: ("array",)}


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(found)
    return found


def takes(name: str, text: str) -> bool:
    return bool(Draft202012Validator(schema(name)).is_valid(tomllib.loads(text)))


def reads(name: str, text: str, directory: Path) -> bool:
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    try:
        READERS[name](path)
    except BadInputError:
        return False
    return True


def property_of(of: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a property, what it refers to put in."""
    found: dict[str, Any] = of["properties"][name]
    reference = found.get("$ref", "").rpartition("/")[2]
    return {**found, **(of["$defs"][reference] if reference else {})}


def test_hil_toml_has_the_readers_sections_keys_and_types():
    found = schema("hil")
    assert set(found["properties"]) == set(_KEYS)
    for section, keys in _KEYS.items():
        of = found["$defs"]["board"] if section == "boards" else found["properties"][section]
        assert set(of["properties"]) == set(keys)
        for key, kind in keys.items():
            said = property_of({**of, "$defs": found["$defs"]}, key)
            assert said.get("type") in TYPES[kind] or (kind is str and "enum" in said), key
            assert said["description"], key
    board = found["$defs"]["board"]["properties"]
    assert tuple(board["roles"]["items"]["enum"]) == ROLES
    assert tuple(board["reset"]["enum"]) == RESETS
    assert board["baud"]["minimum"] == LOWEST_BAUD


def test_budgets_toml_has_the_readers_boards_links_stages_and_limits():
    found = schema("budgets")
    assert set(found["properties"]) == set(_SECTIONS)
    steps, latency = (found["properties"][name] for name in ("activation_steps", "latency"))
    assert tuple(steps["properties"]) == KERNELS
    assert set(latency["properties"]) == {"marginal"}
    ((_, links),) = latency["patternProperties"].items()
    assert tuple(links["properties"]) == LINKS
    link, stage = found["$defs"]["link"]["properties"], found["$defs"]["stage"]["properties"]
    assert set(link) == {*STAGES, *RATES, "marginal"}
    assert set(stage) == set(ROUNDS)


@pytest.mark.parametrize(
    "name",
    [
        "virtual",
        "esp32s3-peer",
        "virtual-of-dogs19-block-6-project-85a23f83",
        "virtual-of-85a23f83-over-lossy-68a8fc68",
        "esp32s3-over-68a8fc68",
        "virtual-of-dogs19",
        "virtual-of-Dogs-85a23f83",
        "vitrual",
        "virtual-over-x",
        "xvirtual",
        "virtual-",
        "virtual-of-85a23f83x",
    ],
)
def test_a_section_of_budgets_has_the_name_of_one_for_both(name):
    (pattern,) = schema("budgets")["properties"]["latency"]["patternProperties"]
    assert bool(re.search(pattern, name)) == (Section.parse(name) is not None)


def test_link_files_have_the_readers_links_keys_and_ranges():
    found = schema("link")
    assert set(found["properties"]) == {"seed", *PRESETS}
    for link in PRESETS:
        of = found["$defs"][found["properties"][link]["$ref"].rpartition("/")[2]]
        known = {key for key in LINK_KEYS if link in _ONLY.get(key, (link,))}
        assert set(of["properties"]) == known
        for key, (least, most) in _COUNTS.items():
            if key in known:
                said = property_of({**of, "$defs": found["$defs"]}, key)
                assert (said["minimum"], said["maximum"]) == (least, most)
    assert LinkFile.of({"seed": found["properties"]["seed"]["maximum"]})


def test_the_examples_of_the_documents_are_right():
    tried = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            tree = tomllib.loads(block)
            for name in READERS:
                if set(tree) <= set(schema(name)["properties"]):
                    errors = list(Draft202012Validator(schema(name)).iter_errors(tree))
                    assert errors == [], page
                    tried.append((page.name, name))
    assert ("bench-rig.md", "hil") in tried
    assert ("budgets.md", "budgets") in tried
    assert takes("budgets", (ROOT / "budgets.toml").read_text(encoding="utf-8"))
    assert takes("link", (ROOT / "docs" / "lossy.toml").read_text(encoding="utf-8"))


A = "[[boards]]\nport = '/dev/a'\n"
UDP = "[latency.virtual.udp]\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hil", A + "name = 'desk-1'\nroles = ['peer', 'gateway']\nslow_line = true\n"),
        ("hil", "[[boards]]\nmac = 'F412FA010203'\nreset = 'none'\nroles = ['dut']\n"),
        ("hil", "[wifi]\nssid = 'x'\npassword_env = 'X_1'\n[edge]\nhost = '10.0.0.2'\n"),
        ("hil", "[wifi]\n"),
        ("hil", "[health]\nenabled = false\nwindow = 50\nbad = 50\nlosses = 100\n"),
        ("budgets", "[activation_steps]\nesp-nn = 0.5\n[latency]\nmarginal = '5.5%'\n"),
        ("budgets", UDP + "total.p50 = 1\nloss = '100%'\ngoodput = 1\nmarginal = 0\n"),
        ("link", "seed = 1\n[ble]\nunshaped = false\ninterval_us = 7500\nloss = 0.5\n"),
        ("link", "[udp]\nunshaped = true\nduplicate = 0\n"),
    ],
)
def test_what_the_reader_takes_the_schema_takes(name, text, tmp_path):
    assert reads(name, text, tmp_path)
    assert takes(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hil", "[board]\n"),
        ("hil", "boards = [1]\n"),
        ("hil", "[boards]\nport = 'a'\n"),
        ("hil", "[[boards]]\n"),
        ("hil", A + "mac = 'f4:12:fa:01:02:03'\n"),
        ("hil", "[[boards]]\nmac = 'f4:12'\n"),
        ("hil", "[[boards]]\nport = ''\n"),
        ("hil", A + "prot = 'usb'\n"),
        ("hil", A + "password = 'x'\n"),
        ("hil", A + "roles = ['duct']\n"),
        ("hil", A + "roles = ['dut', 'dut']\n"),
        ("hil", A + "roles = ['dut', 'peer']\n"),
        ("hil", A + "baud = 9600\n"),
        ("hil", A + "baud = true\n"),
        ("hil", A + "reset = 'rts'\n"),
        ("hil", A + "slow_line = 1\n"),
        ("hil", A + "power_cycle = ' '\n"),
        ("hil", A + "name = 'usb'\n"),
        ("hil", A + "name = 'a/b'\n"),
        ("hil", A + "name = 'f4-12-fa-01-02-03'\n"),
        ("hil", "[wifi]\npassword_env = 'X'\n"),
        ("hil", "[wifi]\nssid = 'x'\npassword_env = 'x'\n"),
        ("hil", "[edge]\nport = 1\n"),
        ("hil", "[health]\nenabled = 0\n"),
        ("hil", "[health]\nwindow = 0\n"),
        ("hil", "[health]\nwindow = 51\nbad = 51\n"),
        ("hil", "[health]\nbad = 0\n"),
        ("hil", "[health]\nretries = -1\n"),
        ("hil", "[health]\nlosses = 101\n"),
        ("hil", "[health]\ndeviation = 0\n"),
        ("hil", "[health]\npanics = 1\n"),
        ("budgets", "[agreement]\n"),
        ("budgets", "[activation_steps]\nesp-nn = -1\n"),
        ("budgets", "[activation_steps]\ncmsis = 1\n"),
        ("budgets", "[latency]\nvirtual = 3\n"),
        ("budgets", "[latency.vitrual.udp]\nloss = 0\n"),
        ("budgets", "[latency.virtual.zigbee]\nloss = 0\n"),
        ("budgets", UDP),
        ("budgets", UDP + "marginal = 0.1\n"),
        ("budgets", UDP + "transfer = {}\n"),
        ("budgets", UDP + "transfer = 3\n"),
        ("budgets", UDP + "transfer = { p90 = 1 }\n"),
        ("budgets", UDP + "transfer = { p95 = 0 }\n"),
        ("budgets", UDP + "transfer = { p95 = true }\n"),
        ("budgets", UDP + "loss = 1.5\n"),
        ("budgets", UDP + "loss = 'many%'\n"),
        ("budgets", UDP + "loss = '101%'\n"),
        ("budgets", UDP + "goodput = 0\n"),
        ("link", "sead = 1\n"),
        ("link", "seed = -1\n"),
        ("link", "tcp = 1\n"),
        ("link", "[tcp]\nduplicate = 0.1\n"),
        ("link", "[udp]\ninterval_us = 1\n"),
        ("link", "[udp]\nrate_kbps = 0\n"),
        ("link", "[udp]\nrate_kbps = true\n"),
        ("link", "[udp]\nloss = 1\n"),
        ("link", "[udp]\nunshaped = 1\n"),
        ("link", "[udp]\nunshaped = true\nlatency_us = 1\n"),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(name, text, tmp_path):
    assert not reads(name, text, tmp_path)
    assert not takes(name, text)
