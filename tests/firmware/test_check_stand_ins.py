# SPDX-License-Identifier: MIT
"""What firmware/check.py puts in place of submodules that a tree lacks."""

import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from checking import stand_ins  # noqa: E402

GUARDED = """
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/esp-mqtt/CMakeLists.txt)
  set(COMMAND "git submodule update")
  message(FATAL_ERROR "Missing esp-mqtt submodule. Please run '${COMMAND}'.")
else()
  include(${CMAKE_CURRENT_LIST_DIR}/esp-mqtt/CMakeLists.txt)
endif()
"""


def component(root: Path, name: str, files: dict[str, str]) -> dict[str, Path]:
    for each, text in files.items():
        path = root / name / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {name: root / name}


def test_a_component_without_its_submodule_becomes_an_empty_one(tmp_path):
    found = component(tmp_path / "idf", "mqtt", {"CMakeLists.txt": GUARDED})
    said = stand_ins.make(found, tmp_path / "lent")
    assert said == ["mqtt is left out: its submodule esp-mqtt is absent"]
    assert (tmp_path / "lent/mqtt/CMakeLists.txt").read_text() == "idf_component_register()\n"


def test_a_component_with_its_submodule_is_left_as_it_is(tmp_path):
    files = {"CMakeLists.txt": GUARDED, "esp-mqtt/CMakeLists.txt": ""}
    assert stand_ins.make(component(tmp_path, "mqtt", files), tmp_path / "lent") == []


def test_an_mbed_tls_without_its_framework_gets_an_empty_one_and_keeps_the_rest(tmp_path):
    files = {
        "CMakeLists.txt": "add_subdirectory(mbedtls)\n",
        "mbedtls/CMakeLists.txt": "add_subdirectory(framework)\n",
        "mbedtls/library/aes.c": "int aes;\n",
    }
    found = component(tmp_path / "idf", "mbedtls", files)
    for _ in range(2):  # a build directory that is used again
        (line,) = stand_ins.make(found, tmp_path / "lent")
        assert "framework is an empty one" in line
    lent = tmp_path / "lent/mbedtls"
    assert (lent / "mbedtls/framework/CMakeLists.txt").read_text() == ""
    assert (lent / "mbedtls/library/aes.c").read_text() == "int aes;\n"
    assert not (tmp_path / "idf/mbedtls/mbedtls/framework").exists()


@pytest.mark.parametrize(
    ("header", "count"),
    [("typedef struct { int x; } mbedtls_gcm_context_soft;\n", 0), ("int mbedtls_gcm;\n", 1)],
)
def test_an_mbed_tls_that_is_not_the_fork_does_without_what_only_the_fork_has(
    tmp_path, header, count, capsys
):
    files = {"mbedtls/include/mbedtls/gcm.h": header}
    found = component(tmp_path, "mbedtls", files)
    written = stand_ins.settings(found, tmp_path / "settings")
    assert len(written) == count
    assert capsys.readouterr().out.count("not ESP-IDF's fork") == count
    for file in written:
        assert file.read_text() == "CONFIG_MBEDTLS_GCM_SUPPORT_NON_AES_CIPHER=n\n"
