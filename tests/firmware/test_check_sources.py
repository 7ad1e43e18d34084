# SPDX-License-Identifier: MIT
"""Which files the chip's build compiles, by ESP-IDF's rule, and calls that copy their input."""

import re
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from checking import copies, sources  # noqa: E402

FILES = ("main.c", "wifi.cpp", "start.S", "inference.cc", "main.h", "Kconfig")


@pytest.fixture
def component(tmp_path):
    for name in FILES:
        (tmp_path / name).touch()
    return tmp_path


def findings(component: Path, registered: dict[str, list[str]]) -> list[str]:
    listed = sources.compiled(component, registered)
    return list(sources.findings(component, listed, by_list=bool(registered.get("SRCS"))))


def test_the_components_own_list_names_every_source_file():
    text = (FIRMWARE / "main" / "CMakeLists.txt").read_text()
    (listed,) = re.findall(r"\bSRCS\s+(.*?)\s+INCLUDE_DIRS", text, re.DOTALL)
    present = {each.name for each in (FIRMWARE / "main").iterdir()}
    wanted = {each for each in present if Path(each).suffix in sources.SUFFIXES}
    assert sorted(listed.split()) == sorted(wanted)


def test_directories_give_what_esp_idf_takes_of_them(component):
    found = {each.name for each in sources.compiled(component, {"SRC_DIRS": ["."]})}
    assert found == {"main.c", "wifi.cpp", "start.S"}


def test_a_file_that_directories_do_not_give_is_never_compiled(component):
    (line,) = findings(component, {"SRC_DIRS": ["."]})
    assert "inference.cc is never compiled: SRC_DIRS takes *.c, *.cpp, *.S only" in line


def test_an_excluded_file_is_never_compiled(component):
    found = findings(component, {"SRC_DIRS": ["."], "EXCLUDE_SRCS": ["main.c"]})
    assert ["main.c is never" in each for each in found] == [False, True]


def test_a_file_that_the_list_lacks_is_never_compiled(component):
    (line,) = findings(component, {"SRCS": ["main.c", "wifi.cpp", "start.S"]})
    assert "inference.cc is never compiled: SRCS in CMakeLists.txt does not list it" in line


def test_a_listed_file_that_does_not_exist_is_found(component):
    (line,) = findings(component, {"SRCS": [*FILES[:4], "tcp.c"]})
    assert line == f"{component / 'tcp.c'}: CMakeLists.txt lists it, and there is no such file"


def test_a_list_is_preferred_to_directories_as_esp_idf_does(component):
    registered = {"SRCS": ["inference.cc"], "SRC_DIRS": ["."]}
    assert [each.name for each in sources.compiled(component, registered)] == ["inference.cc"]


PSA = """
#define LOCAL_INPUT_ALLOC(input, length, input_copy) input_copy = malloc(length)
psa_status_t psa_hash_update(psa_hash_operation_t *operation,
                             const uint8_t *input_external, size_t input_length)
{
    LOCAL_INPUT_ALLOC(input_external, input_length, input);
}
psa_status_t psa_hash_compute(psa_algorithm_t alg,
                              const uint8_t *input_external, size_t input_length,
                              uint8_t *hash_external, size_t hash_size, size_t *hash_length)
{
    LOCAL_INPUT_ALLOC(input_external, input_length, input);
    LOCAL_OUTPUT_ALLOC(hash_external, hash_size, hash);
}
psa_status_t psa_hash_finish(psa_hash_operation_t *operation,
                             uint8_t *hash_external, size_t hash_size, size_t *hash_length)
{
    LOCAL_OUTPUT_ALLOC(hash_external, hash_size, hash);
}
"""


def test_what_copies_its_input_is_read_from_mbed_tls():
    assert copies.copying(PSA) == {"psa_hash_compute": [2]}


@pytest.mark.parametrize(
    ("call", "is_found"),
    [
        ("psa_hash_compute(ALG, from, length, digest, 32, &n)", True),
        ("psa_hash_compute(ALG, &slots[min(a, b)], header.length - 4, digest, 32, &n)", True),
        ("psa_hash_compute(ALG, key, 32, digest, 32, &n)", False),
        ("psa_hash_compute(ALG, key, sizeof key, digest, sizeof digest, &n)", False),
        ("psa_hash_compute(ALG, key, 2 * KEY_SIZE, digest, 32, &n)", False),
        ("psa_hash_update(&hash, from, length)", False),
        ("/* psa_hash_compute(ALG, from, length, digest, 32, &n) */ 0", False),
    ],
)
def test_a_call_that_copies_as_much_as_it_is_given_is_found(tmp_path, call, is_found):
    file = tmp_path / "storage.c"
    file.write_text(f"int f(void) {{\n    return {call};\n}}\n")
    found = list(copies.findings(file, copies.copying(PSA), "psa_crypto.c"))
    assert len(found) == is_found
    assert all(":2: psa_hash_compute copies its input, all " in each for each in found)
