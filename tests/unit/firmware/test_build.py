# SPDX-License-Identifier: MIT
"""Firmware builds, and which one is the default."""

import json
import shutil
from functools import reduce
from operator import xor

import pytest
from plain_build import HELLO, make_plain
from wasmtime import wat2wasm

from hil.errors import BadInputError
from hil.firmware import virtual as firmware_build
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.firmware.files import companion
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

    def build(out, *, test):
        builds.append(test)
        shutil.copytree(companion(resource("firmware")) if test else resource("firmware"), out)

    monkeypatch.setattr(firmware_build, "can_build", lambda: True)
    monkeypatch.setattr(firmware_build, "build", build)
    assert default_firmware().directory.name == "ab" * 8
    assert default_firmware().app.simulated
    assert sorted(builds) == [False, True]
    assert default_firmware().test_build.directory.name == "ab" * 8 + "-test"


@pytest.fixture
def beside(directory):
    """Return where the test build of the build in `directory` lies."""
    return shutil.copytree(companion(resource("firmware")), directory.with_name("build-test"))


def test_the_test_build_lies_beside_the_production_build(directory, beside):
    found = FirmwareBuild.load(directory).test_build
    assert found.directory == beside
    assert found.app.source_digest == firmware_build.source_digest(test=True)
    assert found.test_build is None


def test_the_test_build_is_found_from_inside_the_directory(directory, beside, monkeypatch):
    monkeypatch.chdir(directory)
    assert FirmwareBuild.load(".").test_build.directory == beside


def test_without_one_there_is_no_test_build(directory):
    assert FirmwareBuild.load(directory).test_build is None


def test_the_test_build_of_a_zip_is_the_zip_beside_it(directory, beside, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for build in (directory, beside):
        shutil.make_archive(str(tmp_path / f"v1.2{build.name[5:]}"), "zip", build)
    found = FirmwareBuild.load(tmp_path / "v1.2.zip").test_build
    assert found.path == tmp_path / "v1.2-test.zip"
    assert found.app.source_digest == firmware_build.source_digest(test=True)


OTHER_SOURCES = r"build-test is not the test build of .*build was built from; build both by"


def test_a_second_production_build_is_no_test_build(directory):
    shutil.copytree(directory, directory.with_name("build-test"))
    with pytest.raises(BadInputError, match=OTHER_SOURCES):
        _ = FirmwareBuild.load(directory).test_build


def test_a_test_build_of_other_sources_is_bad_input(directory, beside):
    rewrite(directory, digest=b"\1" * 32)
    with pytest.raises(BadInputError, match=OTHER_SOURCES):
        _ = FirmwareBuild.load(directory).test_build


def test_a_damaged_test_build_is_bad_input(directory, beside):
    (beside / "splitnode.bin").unlink()
    with pytest.raises(BadInputError, match=r"build-test.*cannot be read"):
        _ = FirmwareBuild.load(directory).test_build


def rewrite(directory, *, digest=None, version=None, project=None, sdk=None, chip=False):
    """Change what the application in `directory` says about itself."""
    path = directory / "splitnode.bin"
    image = bytearray(path.read_bytes())
    before = reduce(xor, image[:-33])
    start = 32  # of esp_app_desc_t, behind two headers
    fields = ((16, 32, version), (48, 32, project), (112, 32, sdk), (144, 32, digest))
    for offset, size, value in fields:
        if value is not None:
            image[start + offset : start + offset + size] = value.ljust(size, b"\0")
    if chip:
        image[start + 256 : start + 260] = b"CHIP"  # where one for virtual boards has its mark
    image[-33] ^= before ^ reduce(xor, image[:-33])
    image[23] = 0  # no SHA-256 behind the image, which would have to be right
    path.write_bytes(image)


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        ({}, True),
        ({"version": b"0.0.9"}, False),
        ({"sdk": b"v5.3.5"}, False),
        ({"digest": b"\1" * 32}, False),  # the very same program
    ],
)
def test_a_chips_test_build_is_known_by_version_and_idf(directory, beside, other, is_found):
    rewrite(directory, chip=True, digest=b"\1" * 32, sdk=b"v5.5.5")
    rewrite(beside, chip=True, **{"digest": b"\2" * 32, "sdk": b"v5.5.5", **other})
    build = FirmwareBuild.load(directory)
    assert not build.simulated
    if is_found:
        assert build.test_build.directory == beside
    else:
        with pytest.raises(BadInputError, match=OTHER_SOURCES):
            _ = build.test_build


def test_the_chips_build_is_not_that_of_virtual_boards(directory, beside):
    rewrite(directory, chip=True)
    with pytest.raises(BadInputError, match=OTHER_SOURCES):
        _ = FirmwareBuild.load(directory).test_build


def test_without_sources_the_prebuilt_image_is_taken(monkeypatch):
    monkeypatch.setattr(firmware_build, "is_checkout", lambda: False)
    assert default_firmware().directory == resource("firmware")


def test_firmware_of_other_projects_needs_no_slots(tmp_path):
    build = FirmwareBuild.load(make_plain(tmp_path))
    assert build.plain
    assert build.app.project == "hello_world"
    assert build.ota is None
    assert [file.offset for file in build.files] == [0, 0x8000, 0x10000]


def test_the_images_of_this_project_say_that_they_speak_its_console():
    for each in (resource("firmware"), companion(resource("firmware"))):
        assert not FirmwareBuild.load(each).plain


def test_an_application_of_another_name_with_this_console_in_it_speaks_it(directory):
    rewrite(directory, project=b"dogcam")
    build = FirmwareBuild.load(directory)
    assert build.app.project == "dogcam"
    assert not build.plain


def test_what_the_image_says_can_be_overruled(directory, tmp_path):
    assert FirmwareBuild.load(directory, console="plain").plain
    with pytest.raises(BadInputError, match="no model slot"):
        FirmwareBuild.load(make_plain(tmp_path / "other"), console="hil")


def test_plain_firmware_comes_with_its_own_otadata_and_nvs(directory):
    ours, plain = (FirmwareBuild.load(directory, console=each) for each in ("hil", "plain"))
    assert "otadata" not in {file.role for file in ours.files}
    assert "otadata" in {file.role for file in plain.files}
    assert plain.files[-1].role == "app"


def test_the_elf_file_beside_plain_firmware_decodes_its_panics(tmp_path):
    directory = make_plain(tmp_path)
    program = directory / "hello_world.elf"
    program.write_bytes(bytes(wat2wasm(HELLO)))  # whose SHA-256 the image has
    assert FirmwareBuild.load(directory).elf == program
    program.write_bytes(b"another program")
    with pytest.raises(BadInputError, match="not the program"):
        FirmwareBuild.load(directory)
