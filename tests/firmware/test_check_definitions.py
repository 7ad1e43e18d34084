# SPDX-License-Identifier: MIT
"""What firmware/check.py takes for a definition, and which globals it lets pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from checking import names  # noqa: E402
from checking.definitions import in_c, in_file  # noqa: E402

DEFINING = {
    "int f(void) { return 1; }": {"f"},
    "ssize_t\nconsole_write(int fd, const void *data, size_t size)\n{\n}": {"console_write"},
    '__attribute__((section("x"))) void g(int (*call)(int)) { if (call) { } }': {"g"},
    'int a, *b, c[2][3] = {{1}}; char *d = "{";': {"a", "b", "c", "d"},
    "struct s { int x; } one = { .x = 1 }, two;": {"one", "two"},
    "int (*handler)(int); const struct s *const table[] = { &one };": {"handler", "table"},
    "extern int e = 3;": {"e"},
    'extern "C" { int h(void) { return 0; } int i; }': {"h", "i"},
    "#if A\nvoid k(int x) {\n#else\nvoid k(void) {\n#endif\n  if (1) {\n  }\n}\nint l;": {"k", "l"},
    'void m(void) __attribute__((alias("f")));': {"m"},
    "MAKE_HANDLER(on_start, 3) { return 0; }": {"on_start"},
    "MAKE_TABLE(names, const char *)\nint after;": {"names", "after"},
    "/* int x; */ // int y;\nint n;": {"n"},
}
DECLARING = [
    "int f(void);",
    "extern int a;",
    "extern const struct s table[];",
    "static int b = 1;",
    "static void c(void) { int inner = 1; }",
    "static inline int d(int x) { return x; }",
    "typedef struct { int x; } pair;",
    "struct s { int x; }; enum e { A, B };",
    "#define f(x) int x = 1;",
    'const char *text(void); // "int q = 1;"',
]


@pytest.mark.parametrize("text", DEFINING)
def test_a_definition_is_found(text):
    assert set(in_c(text)) == DEFINING[text]


@pytest.mark.parametrize("text", DECLARING)
def test_what_defines_nothing_for_the_linker_is_none(text):
    assert in_c(text) == {}


def test_a_weak_definition_is_told_from_a_strong_one():
    assert in_c("__attribute__((weak)) void f(void) { }\nvoid g(void) { }") == {
        "f": True,
        "g": False,
    }


def test_a_linker_script_and_assembly_define_too(tmp_path):
    script = tmp_path / "rom.ld"
    script.write_text("/* x = 1; */ PROVIDE ( ets_delay_us = 0x40000050 );\nmemcpy = 0x40000358;\n")
    source = tmp_path / "start.S"
    source.write_text("  .global begin\nbegin:\n  .global elsewhere\nlocal:\n")
    assert set(in_file(script)) == {"ets_delay_us", "memcpy"}
    assert set(in_file(source)) == {"begin"}


@pytest.fixture
def library(tmp_path):
    if not (shutil.which("gcc") and shutil.which("ar")):
        pytest.skip("gcc and ar make the library that this test reads")
    source = tmp_path / "phy.c"
    source.write_text("int phy_init(void) { return 0; }\nstatic int hidden;\nint *p = &hidden;\n")
    compiled = tmp_path / "phy.o"
    subprocess.run(["gcc", "-c", str(source), "-o", str(compiled)], check=True)
    subprocess.run(["ar", "rcs", str(tmp_path / "libphy.a"), str(compiled)], check=True)
    source.unlink()
    return tmp_path / "libphy.a"


def test_a_librarys_index_defines_too(library):
    assert set(in_file(library)) == {"phy_init", "p"}
    assert set(names.collisions({"phy_init"}, [library.parent])) == {"phy_init"}


def test_globals_of_assembly_are_those_that_are_defined_there():
    text = "\t.globl\tf\nf:\n\t.globl\twanted\n.LC0:\nlocal:\n\t.comm\ttable,4,4\n"
    text += "\t.local\thidden\n\t.comm\thidden,4,4\n"
    assert names.from_assembly(text) == {"f", "table"}


TAKEN = {
    "console_write": [(Path("vfs_console.c"), False)],
    "a_hook": [(Path("hooks.c"), True)],
    "DebugLog": [(Path("debug_log.cc"), False)],
    "__wrap_esp_panic_handler": [(Path("bt/esp32c2/bt.c"), False)],
    "__wrap_esp_restart": [(Path("bt/esp32s3/bt.c"), False)],
}


@pytest.mark.parametrize(
    ("name", "complaints"),
    [
        ("hil_wifi_init", []),
        ("app_main", []),
        ("a_hook", []),
        ("DebugLog", []),
        ("__wrap_panic", []),
        ("__wrap_esp_panic_handler", []),
        ("__wrap_esp_restart", ["defined by bt/esp32s3/bt.c too"]),
        ("wifi_init", ["does not begin with hil_"]),
        ("sn_wifi", ["does not begin with hil_"]),
        ("console_write", ["defined by vfs_console.c too", "does not begin with hil_"]),
    ],
)
def test_a_global_has_the_prefix_and_is_nobody_elses(name, complaints):
    found = list(names.findings("main", {name: "main/x.c"}, TAKEN))
    assert len(found) == len(complaints)
    assert all(each in line for each, line in zip(complaints, found, strict=True))


def test_tests_and_examples_of_an_idf_define_nothing_for_an_application(tmp_path):
    for folder in ("a/test_apps/main", "b/examples/x", "c/host_test"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "main.c").write_text("void app_start(void) { }\n")
    assert names.collisions({"app_start"}, [tmp_path]) == {}
    (tmp_path / "a" / "main.c").write_text("void app_start(void) { }\n")
    assert set(names.collisions({"app_start"}, [tmp_path])) == {"app_start"}


def test_where_an_idf_lies_does_not_matter(tmp_path):
    tree = tmp_path / "test" / "examples"
    tree.mkdir(parents=True)
    (tree / "main.c").write_text("void app_start(void) { }\n")
    assert set(names.collisions({"app_start"}, [tree])) == {"app_start"}


def test_a_name_that_a_rom_script_gives_an_address_is_taken(tmp_path):
    (tmp_path / "esp32s3.rom.ld").write_text("PROVIDE( hil_delay = 0x40000600 );\n")
    taken = names.collisions({"hil_delay"}, [tmp_path])
    (line,) = names.findings("main", {"hil_delay": "main/loop.c"}, taken)
    assert line.endswith("esp32s3.rom.ld too")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("esp_rom/esp32c5/ld/esp32c5.rom.net80211.ld", True),
        ("esp_rom/esp32c3/ld/esp32c3.rom.ld", False),
        ("bt/controller/lib_esp32c3_family/libbtdm_app.a", False),
        ("esp_rom/esp32/ld/esp32.rom.ld", True),
        ("esp_wifi/src/wifi_init.c", False),
    ],
)
def test_a_folder_named_after_another_chip_is_that_chips(path, expected):
    assert names.is_another_chips(Path(path), ("esp32c3",)) is expected
