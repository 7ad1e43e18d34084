# SPDX-License-Identifier: MIT
"""Firmware builds, and which one is the default."""

import json
import shutil

import pytest

from hil.errors import BadInputError
from hil.firmware import virtual as firmware_build
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.resources import resource


@pytest.fixture
def directory(tmp_path):
    return shutil.copytree(resource("firmware"), tmp_path / "build")


def test_a_build_knows_its_files_application_and_partitions():
    build = FirmwareBuild.load(resource("firmware"))
    assert {file.role for file in build.files} == {"bootloader", "partition table", "app"}
    assert build.app.simulated
    assert build.app.version == firmware_build.version()
    assert build.app_partition.offset == build.files[-1].offset
    assert (build.ota.slots, build.ota.slot, build.ota.is_default) == (2, 0, True)
    assert build.model_slot(0).size == build.model_slot(1).size == 3 << 20
    assert build.model_slot(0).offset + (3 << 20) == build.model_slot(1).offset


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not what ESP-IDF writes"),
        ("[]", "not what ESP-IDF writes"),
        ("{}", "names no bootloader"),
        ('{"app": {"offset": "here", "file": "splitnode.bin"}}', "no valid offset"),
        ('{"app": {"offset": "0x20000", "file": "missing.bin"}}', "cannot be read"),
    ],
)
def test_a_build_directory_that_makes_no_sense_is_bad_input(directory, content, words):
    (directory / "flasher_args.json").write_text(content)
    with pytest.raises(BadInputError, match=words):
        FirmwareBuild.load(directory)


def test_an_application_outside_of_any_partition_is_bad_input(directory):
    path = directory / "flasher_args.json"
    arguments = json.loads(path.read_text())
    arguments["app"]["offset"] = "0x30000"
    path.write_text(json.dumps(arguments))
    with pytest.raises(BadInputError, match="begins at 0x30000"):
        FirmwareBuild.load(directory)


def test_files_that_overlap_are_bad_input(directory):
    path = directory / "flasher_args.json"
    arguments = json.loads(path.read_text())
    arguments["bootloader"]["offset"] = "0x7ff0"
    path.write_text(json.dumps(arguments))
    with pytest.raises(BadInputError, match="reaches into"):
        FirmwareBuild.load(directory)


def test_an_application_for_another_chip_is_bad_input(directory):
    path = directory / "splitnode.bin"
    image = bytearray(path.read_bytes())
    image[12] = 0  # the chip id of the ESP32
    image[23] = 0  # no SHA-256 behind the image, which would have to be right
    path.write_bytes(image)
    with pytest.raises(BadInputError, match="not for the ESP32-S3"):
        FirmwareBuild.load(directory)


@pytest.fixture
def changed_sources(monkeypatch, tmp_path):
    monkeypatch.setattr(firmware_build, "source_digest", lambda: "ab" * 32)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_changed_sources_need_a_compiler(changed_sources, monkeypatch):
    monkeypatch.setattr(firmware_build, "can_build", lambda: False)
    with pytest.raises(BadInputError, match=r"sources have changed.*ziglang=="):
        default_firmware()


def test_changed_sources_are_built_once(changed_sources, monkeypatch):
    builds = []

    def build(out):
        builds.append(out)
        shutil.copytree(resource("firmware"), out)

    monkeypatch.setattr(firmware_build, "can_build", lambda: True)
    monkeypatch.setattr(firmware_build, "build", build)
    assert default_firmware().directory.name == "ab" * 8
    assert default_firmware().app.simulated
    assert len(builds) == 1


def test_without_sources_the_prebuilt_image_is_taken(monkeypatch):
    monkeypatch.setattr(firmware_build, "is_checkout", lambda: False)
    assert default_firmware().directory == resource("firmware")
