# SPDX-License-Identifier: MIT
"""What firmware/check.py makes of the linker's words, with this machine's linker saying them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from checking import layout, linker, sizes, stubs  # noqa: E402

pytestmark = pytest.mark.skipif(
    not all(shutil.which(each) for each in ("gcc", "ar", "readelf")),
    reason="gcc, ar or readelf is missing, whose words these tests read",
)

MAIN = "int hil_start(void);\nint main(void) { return hil_start(); }\n"
START = "int hil_start(void) { return 0; }\n"
MISTAKES = {
    "undefined": (
        {"main.c": MAIN},
        [],
        ["nothing defines hil_start, which main.o wants"],
    ),
    "undefined_and_wanted_twice": (
        {"main.c": MAIN, "also.c": "int hil_start(void);\nint (*f)(void) = hil_start;\n"},
        [],
        ["nothing defines hil_start, which also.o and main.o want"],
    ),
    "undefined_variable": (
        {"main.c": "extern int hil_state;\nint main(void) { return hil_state; }\n"},
        [],
        ["nothing defines hil_state, which main.o wants"],
    ),
    "wanted_by_a_library": (
        {
            "main.c": MAIN,
            "libx/start.c": "int ghost(void);\nint hil_start(void) { return ghost(); }",
        },
        [],
        ["nothing defines ghost, which libx.a(start.o) wants"],
    ),
    "static_by_mistake": (
        {"main.c": MAIN, "start.c": f"static {START}int hil_use(void) {{ return hil_start(); }}"},
        [],
        ["nothing defines hil_start, which main.o wants"],
    ),
    "c_name_in_cxx": (
        {"main.c": MAIN, "start.cc": START},
        [],
        ["nothing defines hil_start, which main.o wants"],
    ),
    "duplicate_function": (
        {"main.c": MAIN, "start.c": START, "wifi.c": START},
        [],
        ["hil_start is defined twice: in start.o and in wifi.o"],
    ),
    "duplicate_variable": (
        {"main.c": f"int hil_state;\n{MAIN}", "start.c": f"int hil_state;\n{START}"},
        [],
        ["hil_state is defined twice: in main.o and in start.o"],
    ),
    "duplicate_of_a_library": (
        {
            "main.c": "int vfs(void);\nint console_write(void) { return 1; }\n"
            "int main(void) { return vfs(); }\n",
            "libvfs/console.c": "int console_write(void) { return 2; }\n"
            "int vfs(void) { return 0; }\n",
        },
        [],
        ["console_write is defined twice: in main.o and in libvfs.a(console.o)"],
    ),
    "missing_library": (
        {"main.c": MAIN, "start.c": START},
        ["-lnet80211"],
        ["the library -lnet80211 is missing"],
    ),
    "memory_too_small": (
        {"main.c": MAIN, "start.c": f"char hil_arena[5000];\n{START}"},
        ["-Wl,-T,small.ld"],
        ["section .all does not fit in memory dram"],
    ),
    "assertion_of_the_linker_script": (
        {"main.c": MAIN, "start.c": START},
        ["-Wl,-T,stops.ld"],
        ["IRAM0 segment data does not fit."],
    ),
    "macro_redefined": (
        {"main.c": f"#define HIL 1\n#define HIL 2\n{MAIN}", "start.c": START},
        [],
        ['main.c:2: "HIL" redefined'],
    ),
    "no_header": (
        {"main.c": '#include "esp_wifi.h"\nint main(void) { return 0; }\n'},
        [],
        ["main.c includes esp_wifi.h, which none of its component's requirements has"],
    ),
}
STOPS = """
SECTIONS { .all : { *(.text*) *(.data*) *(.bss*) *(COMMON) } /DISCARD/ : { *(*) } }
ASSERT(SIZEOF(.all) < 2, "IRAM0 segment data does not fit.")
"""
GAP = """
SECTIONS {
  .flash.text : { *(.text*) }
  .flash.rodata : { *(.rodata*) *(.data*) . = ALIGN(16); }
  ASSERT(ADDR(.tail) == ADDR(.flash.rodata) + SIZEOF(.flash.rodata),
    "The gap between .flash.rodata and .tail must not exist to produce the final bin image.")
  .tail : { . = ALIGN(4); }
  /DISCARD/ : { *(.eh_frame*) *(.note*) *(.comment) }
}
"""
SMALL = """
MEMORY { dram (rw) : ORIGIN = 0, LENGTH = 4096 }
SECTIONS { .all : { *(.text*) *(.data*) *(.bss*) *(COMMON) } > dram /DISCARD/ : { *(*) } }
"""


def link(folder: Path, files: dict[str, str], options: list[str]) -> str:
    """Build the files, those of a folder lib* as a library, and return what was said."""
    for script, text in (("small.ld", SMALL), ("stops.ld", STOPS), ("gap.ld", GAP)):
        (folder / script).write_text(text)
    said, objects, libraries = "", [], []
    for name, text in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        command = [
            "gcc",
            "-fno-common",
            "-Werror",
            "-c",
            name,
            "-o",
            f"{name.rpartition('.')[0]}.o",
        ]
        said += run(command, folder)
        (libraries if "/" in name else objects).append(command[-1])
    for each in libraries:
        run(["ar", "rcs", f"{each.partition('/')[0]}.a", each], folder)
    archives = sorted({f"{each.partition('/')[0]}.a" for each in libraries})
    if said:
        return said
    bare = ["-nostdlib", "-static"] if options and "-T" in options[0] else []
    return run(["gcc", *bare, *objects, *archives, *options, "-o", "program"], folder)


def run(command: list[str], folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return done.stderr


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_at_linking_is_a_line_that_names_it(tmp_path, name):
    files, options, expected = MISTAKES[name]
    found = list(linker.read(link(tmp_path, files, options)).findings())
    assert len(found) == len(expected), found
    assert all(each in line for each, line in zip(expected, found, strict=True)), found


def test_what_links_has_no_findings(tmp_path):
    said = link(tmp_path, {"main.c": MAIN, "start.c": START}, [])
    assert list(linker.read(said).findings()) == []
    readelf = run_for_output(["readelf", "--sections", "--wide", "program"], tmp_path)
    found = {each.name: each for each in sizes.sections(readelf)}
    assert found[".text"].size > 0
    assert ".symtab" not in found  # not in memory


GAP_FOUND = "The gap between .flash.rodata and .tail must not exist to produce the final bin image"
ODD = 'int {name} __attribute__((section("{section}"), used)) = 1;\n'


@pytest.mark.parametrize(
    ("files", "lies"),
    [
        (
            {"main.c": MAIN + ODD.format(name="odd", section=".odd"), "start.c": START},
            ".odd of main.o",
        ),
        (
            {"main.c": MAIN, "libx/start.c": START + ODD.format(name="odd", section=".odd")},
            ".odd of libx.a(start.o)",
        ),
        (
            {"main.c": MAIN, "start.c": START + ODD.format(name="table", section=".got")},
            ".got; a .got comes from position-independent code, or from thread-local data that was "
            "compiled without -ftls-model=local-exec",
        ),
    ],
)
def test_what_lies_in_a_gap_of_the_image_is_named(tmp_path, files, lies):
    said = link(tmp_path, files, ["-Wl,-T,gap.ld", "-Wl,-Map,program.map"])
    (finding,) = linker.read(said).findings()
    assert finding == f"{GAP_FOUND}."
    linkers_map = (tmp_path / "program.map").read_text()
    assert layout.explain(finding, linkers_map) == f"{GAP_FOUND}: in it lies {lies}"
    assert layout.explain("hil_start is defined twice", linkers_map) == "hil_start is defined twice"
    assert layout.explain(finding, "") == finding


def run_for_output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_compilers_error_is_a_line_too(tmp_path):
    said = link(tmp_path, {"main.c": "int main(void) { return nothing; }\n"}, [])
    (line,) = linker.read(said).findings()
    assert line.startswith("main.c:1: 'nothing' undeclared")


TABLE = "# Name, Type, SubType, Offset, Size\nnvs, data, nvs, 0x9000, 0x6000\n"


def test_an_image_larger_than_its_partition_is_found(tmp_path):
    table = tmp_path / "partitions.csv"
    table.write_text(
        f"{TABLE}ota_0, app, ota_0, 0x20000, 1M\nota_1, app, ota_1, 0x120000, 0x80000\n"
    )
    assert sizes.room(table) == ("ota_1", 0x80000)
    assert list(sizes.findings(0x80000, table)) == []
    (line,) = sizes.findings(0x80001, table)
    assert line == (
        "the image of 524,289 bytes is 1 too large for ota_1 of 524,288 (partitions.csv)"
    )


def test_a_table_without_an_application_is_an_error(tmp_path):
    table = tmp_path / "partitions.csv"
    table.write_text(TABLE)
    with pytest.raises(ValueError, match="no partition of type app"):
        sizes.room(table)


def test_only_what_a_header_declares_is_taken_from_nowhere(tmp_path):
    header = tmp_path / "esp_wifi.h"
    header.write_text(
        "/* esp_wifi_scan(); */\nesp_err_t esp_wifi_start(void);\nextern int g_state;\n"
    )
    wanted = {"esp_wifi_start", "g_state", "esp_wifi_scan", "hil_start"}
    assert stubs.declared([header], wanted) == {"esp_wifi_start", "g_state"}


@pytest.mark.parametrize(
    ("name", "is_cxx"),
    [
        ("_ZdlPvj", True),
        ("__cxa_pure_virtual", True),
        ("_ZSt9terminatev", True),
        ("_Z9hil_startv", False),
        ("_ZN6tflite9GetKernelEv", False),
        ("memcpy", False),
    ],
)
def test_only_names_of_cxxs_own_library_are_taken_from_nowhere(name, is_cxx):
    assert stubs.is_cxx(name) == is_cxx


def test_stubs_satisfy_the_linker_and_give_way_to_what_is_there(tmp_path):
    (tmp_path / "stubs.s").write_text(stubs.assembly({"hil_start", "main"}))
    run(["gcc", "-c", "stubs.s", "-o", "stubs.o"], tmp_path)
    run(["ar", "rcs", "libmissing.a", "stubs.o"], tmp_path)
    assert linker.read(link(tmp_path, {"main.c": MAIN}, ["libmissing.a"])).undefined == {}
