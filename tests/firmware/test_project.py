# SPDX-License-Identifier: MIT
"""The chip's firmware as a project of ESP-IDF: partition tables, configuration, size, CI."""

import re
from pathlib import Path

import pytest
import yaml
from esp_idf_defs import PartitionTable

from hil.protocol.slot import HEADER_SIZE

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware"
MB = 1 << 20
TABLES = {"partitions.csv": 16 * MB, "partitions_8mb.csv": 8 * MB}
SUBTYPES = {"ota_0": 0x10, "ota_1": 0x11, "model_0": 0x40, "model_1": 0x41}
TABLE_OFFSET = 0x8000


def read_table(name: str) -> PartitionTable:
    return PartitionTable.from_csv((FIRMWARE / name).read_text())


@pytest.mark.parametrize("name", TABLES)
def test_partitions_neither_overlap_nor_leave_the_flash(name):
    table = read_table(name)
    table.verify(partition_table_offset=TABLE_OFFSET)
    table.verify_size_fits(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_what_the_firmware_looks_for(name):
    table = {each.name: each for each in read_table(name)}
    assert {"nvs", "otadata", "ota_0", "model_0"} <= table.keys()
    for slot in SUBTYPES.keys() & table.keys():
        assert int(table[slot].subtype) == SUBTYPES[slot]


def test_the_slots_of_a_kind_are_of_one_size():
    table = {each.name: int(each.size) for each in read_table("partitions.csv")}
    assert table["ota_0"] == table["ota_1"]
    assert table["model_0"] == table["model_1"]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "model", sorted((ROOT / "models").glob("*/full_int8.tflite")), ids=lambda path: path.parent.name
)
def test_every_model_fits_its_slot_as_a_whole(name, model):
    table = {each.name: int(each.size) for each in read_table(name)}
    assert HEADER_SIZE + model.stat().st_size <= table["model_0"]


@pytest.mark.parametrize(
    ("file", "size", "table"),
    [
        ("sdkconfig.defaults", "16MB", "partitions.csv"),
        ("sdkconfig.8mb", "8MB", "partitions_8mb.csv"),
    ],
)
def test_a_configuration_names_flash_size_and_table_that_belong_together(file, size, table):
    lines = (FIRMWARE / file).read_text().splitlines()
    assert f"CONFIG_ESPTOOLPY_FLASHSIZE_{size}=y" in lines
    assert f'CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="{table}"' in lines


def test_components_are_pinned_exactly():
    manifest = yaml.safe_load((FIRMWARE / "main" / "idf_component.yml").read_text())
    pins = {name: pin for name, pin in manifest["dependencies"].items() if name != "idf"}
    assert {"espressif/esp-tflite-micro", "espressif/esp-nn"} <= pins.keys()
    assert [pin for pin in pins.values() if not re.fullmatch(r"==\d+\.\d+\.\d+", pin)] == []


def test_the_chips_own_code_stays_small():
    files = [file for file in (FIRMWARE / "main").iterdir() if file.suffix in {".c", ".h", ".cc"}]
    comment = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
    lines = [
        line
        for file in files
        for line in comment.sub("", file.read_text()).split("\n")
        if line.strip()
    ]
    assert 0 < len(lines) < 2300  # what can be tested without a board belongs into the core
