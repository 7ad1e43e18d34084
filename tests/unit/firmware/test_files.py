# SPDX-License-Identifier: MIT
"""Builds of ESP-IDF: their ELF, flash size, target and partition table; and zips of them."""

import functools
import hashlib
import json
import operator
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from esp_idf_defs import PartitionTable

from hil.errors import BadInputError
from hil.firmware.build import FirmwareBuild
from hil.firmware.files import cache_directory
from hil.firmware.virtual import ROOT
from hil.resources import resource

ELF_SHA256 = 24 + 8 + 144
"""esp_image_header_t, esp_image_segment_header_t, and up to app_elf_sha256 in esp_app_desc_t."""


@pytest.fixture
def directory(tmp_path):
    """What idf.py leaves: the image says which ELF file it was made from."""
    directory = shutil.copytree(resource("firmware"), tmp_path / "build")
    (directory / "splitnode.elf").write_bytes(b"\x7fELF and so on")
    path = directory / "splitnode.bin"
    image = bytearray(path.read_bytes())
    digest = hashlib.sha256(b"\x7fELF and so on").digest()
    changed = bytes(a ^ b for a, b in zip(digest, image[ELF_SHA256:], strict=False))
    image[ELF_SHA256 : ELF_SHA256 + 32] = digest
    image[-33] ^= functools.reduce(operator.xor, changed)  # the checksum, before the SHA-256
    image[-32:] = hashlib.sha256(image[:-32]).digest()
    path.write_bytes(image)
    describe(directory, app_elf="splitnode.elf", target="esp32s3")
    return directory


def describe(directory, **values):
    (directory / "project_description.json").write_text(json.dumps(values))


def change_arguments(directory, **values):
    path = directory / "flasher_args.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def write_table(directory, csv):
    table = PartitionTable.from_csv(csv)
    (directory / "partition_table" / "partition-table.bin").write_bytes(table.to_binary())


def test_a_build_has_the_elf_that_its_application_was_made_from(directory):
    assert FirmwareBuild.load(directory).elf == directory / "splitnode.elf"


def test_the_elf_is_looked_for_beside_the_application_where_no_description_is(directory):
    (directory / "project_description.json").unlink()
    assert FirmwareBuild.load(directory).elf == directory / "splitnode.elf"


def test_a_build_without_an_elf_is_a_build(directory):
    (directory / "splitnode.elf").unlink()
    assert FirmwareBuild.load(directory).elf is None


def test_an_elf_of_another_build_is_bad_input(directory):
    (directory / "splitnode.elf").write_bytes(b"\x7fELF of yesterday")
    with pytest.raises(BadInputError, match=r"splitnode.elf is not the program .* build again"):
        FirmwareBuild.load(directory)


def test_a_build_needs_the_flash_that_it_is_set_to(directory):
    assert FirmwareBuild.load(directory).flash_size == 16 << 20


def test_a_build_that_says_no_flash_size_needs_what_its_table_reaches_over(directory):
    change_arguments(directory, flash_settings={"flash_size": "detect"})
    assert FirmwareBuild.load(directory).flash_size == 0xC20000


def test_a_table_larger_than_the_flash_is_bad_input(directory):
    change_arguments(directory, flash_settings={"flash_size": "8MB"})
    with pytest.raises(BadInputError, match=r"reaches to 12.125 MB, but the build is for 8 MB"):
        FirmwareBuild.load(directory)


@pytest.mark.parametrize("by", ["description", "arguments"])
def test_a_build_for_another_target_is_bad_input(directory, by):
    if by == "description":
        describe(directory, target="esp32c3")
    else:
        (directory / "project_description.json").unlink()
        change_arguments(directory, extra_esptool_args={"chip": "esp32c3"})
    with pytest.raises(BadInputError, match="for the esp32c3, not for the ESP32-S3"):
        FirmwareBuild.load(directory)


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("ota_0,app,ota_0,0x20000,0x300000\nmodel_0,data,0x40,0x320000,0x300000", "no otadata"),
        ("otadata,data,ota,0xf000,0x2000\nota_0,app,ota_0,0x20000,0x300000", "no model slot 0"),
        (
            "otadata,data,ota,0xf000,0x2000\nfactory,app,factory,0x20000,0x100000\n"
            "model_0,data,0x40,0x320000,0x300000",
            "no OTA slot",
        ),
    ],
)
def test_a_partition_table_of_another_project_is_bad_input(directory, csv, words):
    write_table(directory, csv)
    with pytest.raises(BadInputError, match=words):
        FirmwareBuild.load(directory)


def test_a_file_outside_of_the_build_is_bad_input(directory):
    change_arguments(directory, app={"offset": "0x20000", "file": "../secret.bin"})
    with pytest.raises(BadInputError, match="outside; build again"):
        FirmwareBuild.load(directory)


@pytest.fixture
def pack(directory, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def pack(prefix="", compression=zipfile.ZIP_STORED):
        path = tmp_path / "firmware.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for file in directory.rglob("*"):
                archive.write(file, prefix + str(file.relative_to(directory)))
        return path

    return pack


@pytest.mark.parametrize("prefix", ["", "firmware-esp32s3/"])
def test_a_zip_of_a_build_is_a_build(pack, directory, prefix):
    packed, unpacked = FirmwareBuild.load(pack(prefix)), FirmwareBuild.load(directory)
    assert (packed.files, packed.app) == (unpacked.files, unpacked.app)
    assert packed.elf.read_bytes() == unpacked.elf.read_bytes()


def test_a_zip_as_a_workflows_page_offers_it_has_the_published_one_inside(pack, tmp_path):
    published, downloaded = pack(), tmp_path / "downloaded.zip"
    with zipfile.ZipFile(downloaded, "w") as archive:
        archive.write(published, published.name)
    assert FirmwareBuild.load(downloaded).app == FirmwareBuild.load(published).app
    with zipfile.ZipFile(published, "w") as archive:
        archive.write(downloaded, "not-a-build.zip")
    with zipfile.ZipFile(downloaded, "w") as archive:
        archive.write(published, published.name)
    with pytest.raises(BadInputError, match=r"holds no flasher_args\.json"):
        FirmwareBuild.load(downloaded)


def test_a_zip_is_unpacked_once_for_each_content(pack, directory):
    first = FirmwareBuild.load(pack()).directory
    marked = first / "marked"
    marked.touch()
    assert FirmwareBuild.load(pack()).directory == first
    assert marked.exists()
    (directory / "more").touch()
    assert FirmwareBuild.load(pack()).directory != first


def test_a_zip_that_would_fill_the_disk_is_bad_input(pack, tmp_path):
    path = pack()
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as file,
    ):
        for _ in range(513):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 2 << 20
    with pytest.raises(BadInputError, match="more than 512 MB unpacked"):
        FirmwareBuild.load(path)
    assert list(cache_directory().iterdir()) == []


@pytest.mark.parametrize("name", ["../../../astray", "{outside}/astray", "a/../../astray"])
def test_a_zip_leads_nowhere_else(pack, tmp_path, name):
    path = pack()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name.format(outside=tmp_path), "astray")
    inside = FirmwareBuild.load(path).directory
    found = [*tmp_path.rglob("astray")]
    assert found
    assert all(each.is_relative_to(inside) for each in found)


@pytest.mark.parametrize("mark", [" ", "*"])
def test_a_zip_is_held_to_the_sums_of_the_release_beside_it(pack, tmp_path, mark):
    path, sums = pack(), tmp_path / "SHA256SUMS-firmware"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text(f"{'0' * 64} {mark}another.zip\n{digest} {mark}{path.name}\n")
    built = FirmwareBuild.load(path)
    sums.write_text(f"{'0' * 64} {mark}{path.name}\n")
    with pytest.raises(BadInputError, match=r"not have the SHA-256 .* states; download both again"):
        FirmwareBuild.load(path)
    sums.write_text(f"{'0' * 64} {mark}another.zip\n")
    assert FirmwareBuild.load(path).app == built.app


def test_sums_that_cannot_be_read_are_bad_input(pack, tmp_path):
    path, sums = pack(), tmp_path / "SHA256SUMS-firmware"
    sums.write_bytes(b"\xff")
    with pytest.raises(BadInputError, match=r"SHA256SUMS-firmware cannot be read \("):
        FirmwareBuild.load(path)
    sums.unlink()
    os.mkfifo(sums)
    with pytest.raises(BadInputError, match=r"cannot be read \(it is a pipe"):
        FirmwareBuild.load(path)


def test_an_encrypted_zip_is_bad_input(pack):
    path = pack()
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="is encrypted; pack the build without"):
        FirmwareBuild.load(path)


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_zip_is_bad_input_and_leaves_nothing(pack, place):
    path = pack(compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    start = int(len(data) * place)
    data[start : start + 40] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="cannot be unpacked"):
        FirmwareBuild.load(path)
    assert not [*cache_directory().glob("zip-*")]


def test_a_zip_packed_in_an_unknown_way_is_bad_input(pack):
    path = pack()
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="cannot be unpacked"):
        FirmwareBuild.load(path)


@pytest.mark.parametrize(
    "name", ["published.zip", "build/flasher_args.json", "build/splitnode.bin"]
)
def test_a_pipe_where_a_file_is_expected_is_bad_input(directory, tmp_path, name):
    path = tmp_path / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(BadInputError, match="it is a pipe, not a file"):
        FirmwareBuild.load(tmp_path / name.partition("/")[0])


def test_what_is_no_zip_or_not_of_a_build_is_bad_input(pack, tmp_path):
    broken = tmp_path / "broken.zip"
    with pytest.raises(BadInputError, match="cannot be unpacked"):
        FirmwareBuild.load(broken)
    broken.write_bytes(b"PK is not enough")
    with pytest.raises(BadInputError, match="cannot be unpacked"):
        FirmwareBuild.load(broken)
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(BadInputError, match=r"holds no flasher_args.json"):
        FirmwareBuild.load(broken)


def test_what_is_published_is_a_build_without_what_compiling_leaves(
    directory, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    packed = tmp_path / "published.zip"
    command = [sys.executable, ROOT / "publish.py", directory, packed]
    unfinished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert unfinished.returncode == 1
    assert "it is no finished build of idf.py" in unfinished.stdout
    (directory / "splitnode.map").touch()
    (directory / "left_out.o").touch()
    subprocess.run(command, check=True)
    published = FirmwareBuild.load(packed)
    assert published.files == FirmwareBuild.load(directory).files
    assert {"splitnode.elf", "splitnode.map"} <= {
        file.name for file in published.directory.iterdir()
    }
    assert not (published.directory / "left_out.o").exists()
