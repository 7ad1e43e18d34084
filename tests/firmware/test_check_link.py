# SPDX-License-Identifier: MIT
"""``firmware/check.py --link`` with an ESP-IDF of four components and Debian's RISC-V compiler."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
CHECK = [sys.executable, str(FIRMWARE / "check.py")]
sys.path.insert(0, str(FIRMWARE))

from checking.link import MODULES  # noqa: E402

PROGRAMS = ("riscv64-unknown-elf-gcc", "cmake", "ninja")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(each) for each in PROGRAMS)
    or not all(importlib.util.find_spec(each) for each in MODULES)
    or not Path("/usr/lib/picolibc/riscv64-unknown-elf").is_dir(),
    reason="linking for an ESP32-C3 needs Debian's gcc-riscv64-unknown-elf, "
    "picolibc-riscv64-unknown-elf, cmake and ninja-build, and the packages of tox's idf",
)

PROJECT_CMAKE = """
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER riscv32-esp-elf-gcc)
set(CMAKE_CXX_COMPILER riscv32-esp-elf-g++)
set(CMAKE_C_FLAGS "-march=rv32imc_zicsr_zifencei")
set(CMAKE_CXX_FLAGS "-march=rv32imc_zicsr_zifencei")
set(CMAKE_EXE_LINKER_FLAGS "-nostartfiles -march=rv32imc_zicsr_zifencei --specs=nosys.specs")
function(add_prebuilt_library name path)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_property(TARGET ${name} PROPERTY IMPORTED_LOCATION ${path})
endfunction()
function(idf_component_get_property variable component property)
  set(${variable} ${component} PARENT_SCOPE)
endfunction()
macro(idf_component_register)
  cmake_parse_arguments(R "" "" "SRCS;INCLUDE_DIRS;PRIV_REQUIRES" ${ARGN})
  if(R_SRCS)
    add_library(${COMPONENT} STATIC ${R_SRCS})
    target_include_directories(${COMPONENT} PUBLIC ${R_INCLUDE_DIRS})
    target_link_libraries(${COMPONENT} PRIVATE ${R_PRIV_REQUIRES})
  else()
    add_library(${COMPONENT} INTERFACE)
  endif()
endmacro()
macro(project name)
  _project(${name} C CXX)
  if(NOT EXISTS ${SDKCONFIG}) # as kconfgen, whose sdkconfig outlives its defaults
    file(WRITE ${SDKCONFIG} "CONFIG_PARTITION_TABLE_CUSTOM=y\\n"
      "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\\"partitions.csv\\"\\n")
    foreach(defaults ${SDKCONFIG_DEFAULTS})
      file(READ ${defaults} settings)
      file(APPEND ${SDKCONFIG} "${settings}")
    endforeach()
  endif()
  file(GLOB lent ${EXTRA_COMPONENT_DIRS}/*)
  file(GLOB own $ENV{IDF_PATH}/components/*)
  foreach(directory ${lent} ${own} ${CMAKE_SOURCE_DIR}/main)
    get_filename_component(COMPONENT ${directory} NAME)
    if(NOT TARGET ${COMPONENT})
      add_subdirectory(${directory} ${COMPONENT})
    endif()
  endforeach()
  file(WRITE ${CMAKE_BINARY_DIR}/none.cc "")
  add_executable(${name}.elf ${CMAKE_BINARY_DIR}/none.cc)
  target_link_libraries(${name}.elf PRIVATE -Wl,--entry=app_main -Wl,-u,app_main main vfs esp_wifi)
  add_custom_target(app DEPENDS ${name}.elf
    COMMAND riscv32-esp-elf-objcopy -O binary ${name}.elf ${name}.bin)
  file(WRITE ${CMAKE_BINARY_DIR}/project_description.json
    "{\\"app_elf\\": \\"${name}.elf\\", \\"app_bin\\": \\"${name}.bin\\"}")
endmacro()
"""
IDF = {
    "tools/cmake/version.cmake": "set(IDF_VERSION_MAJOR 5)\n",
    "tools/cmake/project.cmake": PROJECT_CMAKE,
    "components/esp_wifi/CMakeLists.txt": """
        idf_component_register(SRCS wifi_init.c INCLUDE_DIRS include)
        add_prebuilt_library(net80211 ${CMAKE_CURRENT_LIST_DIR}/lib/esp32c3/libnet80211.a)
        target_link_libraries(esp_wifi PUBLIC net80211)
    """,
    "components/esp_wifi/wifi_init.c": """
        #include "esp_wifi.h"
        int esp_wifi_init(void) { return esp_wifi_init_internal(); }
    """,
    "components/esp_wifi/include/esp_wifi.h": """
        int esp_wifi_init(void);
        int esp_wifi_init_internal(void);
        int esp_wifi_start(void);
    """,
    "components/vfs/CMakeLists.txt": "idf_component_register(SRCS console.c INCLUDE_DIRS .)\n",
    "components/vfs/vfs.h": "int vfs_start(void);\n",
    "components/vfs/console.c": """
        int console_write(void) { return 0; }
        int vfs_start(void) { return console_write(); }
    """,
    "components/mqtt/CMakeLists.txt": """
        if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/esp-mqtt/CMakeLists.txt)
          message(FATAL_ERROR "Missing esp-mqtt submodule.")
        endif()
    """,
}
MAIN_C = """
    #include <stdio.h>
    #include "esp_wifi.h"
    #include "vfs.h"
    void app_main(void) { printf("%d", esp_wifi_init() + esp_wifi_start() + vfs_start()); }
"""
PROJECT = {
    "CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.16)
        include($ENV{IDF_PATH}/tools/cmake/project.cmake)
        project(tiny)
    """,
    "sdkconfig.defaults": "",
    "partitions.csv": "ota_0, app, ota_0, 0x20000, 1M\n",
    "main/CMakeLists.txt": "idf_component_register(SRCS main.c PRIV_REQUIRES esp_wifi vfs)\n",
    "main/main.c": MAIN_C,
}
WITH_LAYOUT = """
    idf_component_register(SRCS main.c PRIV_REQUIRES esp_wifi vfs)
    target_link_options(main INTERFACE -Wl,-T,${CMAKE_CURRENT_LIST_DIR}/gap.ld -Wl,-Map,tiny.map)
"""
LAYOUT = """
SECTIONS {
  .flash.text : { *(.text*) }
  .flash.rodata : {
    *(.rodata* .srodata* .data* .sdata*)
    . = ALIGN(ALIGNOF(.eh_frame_hdr));
  }
  ASSERT(ADDR(.eh_frame_hdr) == ADDR(.flash.rodata) + SIZEOF(.flash.rodata),
    "The gap between .flash.rodata and .eh_frame_hdr must not exist to produce the image.")
  .eh_frame_hdr : { . = ALIGN(4); }
  .tdata : { *(.tdata*) }
  .tbss : { *(.tbss*) }
  .bss : { *(.bss* .sbss* COMMON) }
}
"""
TFLM = {"CMakeLists.txt": "idf_component_register()\n"}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="module")
def idf(tmp_path_factory):
    return write(tmp_path_factory.mktemp("idf"), IDF)


@pytest.fixture
def link(idf, tmp_path):
    """Link a project with some of its files changed, with options if need be."""
    tflm = write(tmp_path / "tflm", TFLM)

    def run(changed: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
        project = write(tmp_path / "project", PROJECT | changed)
        command = [*CHECK, "--idf", str(idf), "--project", str(project), "--link", "--require"]
        command += ["--compiler", "riscv64-unknown-elf-", "--tflite-micro", str(tflm), *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    return run


def test_a_project_that_links_has_no_findings_and_its_sizes_are_told(link, tmp_path):
    build = tmp_path / "build"
    done = link({}, "--build-dir", str(build))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Linking for esp32c3 with riscv64-unknown-elf-gcc" in done.stdout
    assert "Note: mqtt is left out: its submodule esp-mqtt is absent." in done.stdout
    assert "Note: esp_wifi lacks libnet80211.a." in done.stdout
    assert "since esp_wifi's libraries are missing and its headers declare them: 2" in done.stdout
    assert "\ntiny.elf:\n  .text " in done.stdout
    assert "of 1,048,576 in ota_0" in done.stdout
    assert done.stdout.endswith("\nno findings\n")
    again = link({}, "--build-dir", str(build))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "console.c" not in (build / "link.log").read_text()  # nothing of it has changed


def test_a_kept_build_follows_the_settings(link, tmp_path):
    build = ("--build-dir", str(tmp_path / "build"))
    assert link({}, *build).returncode == 0
    changed = {
        "sdkconfig.defaults": 'CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="small.csv"\n',
        "small.csv": "ota_0, app, ota_0, 0x20000, 0x100\n",
    }
    done = link(changed, *build)
    assert done.returncode == 1
    assert "too large for ota_0 of 256 (small.csv)" in done.stdout


def test_a_kept_build_is_of_one_compiler(link, tmp_path):
    build = tmp_path / "build"
    assert link({}, "--build-dir", str(build)).returncode == 0
    program = build / "lent" / "bin" / "riscv32-esp-elf-gcc"
    lent = program.read_text()
    program.write_text(f"{lent}# as an earlier version lent it\n")
    done = link({}, "--build-dir", str(build))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the compiler is lent otherwise than before; everything is built anew." in done.stdout
    assert "console.c" in (build / "link.log").read_text()
    assert program.read_text() == lent


ERRNO_C = MAIN_C.replace(
    "#include <stdio.h>", "#include <errno.h>\n    #include <stdio.h>"
).replace("esp_wifi_init()", "errno + esp_wifi_init()")


def test_the_c_librarys_errno_leaves_no_gap_in_the_image(link):
    done = link({"main/main.c": ERRNO_C, "main/CMakeLists.txt": WITH_LAYOUT, "main/gap.ld": LAYOUT})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\ntiny.elf:\n  .flash.text " in done.stdout


def test_what_lies_in_a_gap_of_the_image_is_named(link):
    listing = f"{WITH_LAYOUT}target_compile_options(main PRIVATE -ftls-model=initial-exec)\n"
    done = link({"main/main.c": ERRNO_C, "main/CMakeLists.txt": listing, "main/gap.ld": LAYOUT})
    assert done.returncode == 1
    assert (
        "The gap between .flash.rodata and .eh_frame_hdr must not exist to produce the "
        "image: in it lies .got and .got.plt; a .got comes from" in done.stdout
    )
    assert done.stdout.endswith("\n1 findings\n")


def test_what_the_linker_misses_or_finds_twice_is_named_with_the_objects(link):
    changed = {
        "main/CMakeLists.txt": (
            "idf_component_register(SRCS main.c link.c start.cc PRIV_REQUIRES esp_wifi vfs)\n"
        ),
        "main/main.c": MAIN_C.replace("esp_wifi_init() +", "esp_wifi_init() + hil_start() +")
        .replace("vfs_start()", "vfs_start() + esp_wifi_stopp() + hil_link() + console_write()")
        .replace("void app", "int hil_start(void), hil_link(void), esp_wifi_stopp(void);\nvoid app")
        .replace("void app", "int console_write(void) { return 1; }\nvoid app"),
        "main/link.c": "int hil_never(void);\nint hil_link(void) { return hil_never(); }\n",
        "main/start.cc": "int hil_start() { return 1; }\n",
    }
    done = link(changed)
    assert done.returncode == 1, done.stdout + done.stderr
    for each in (
        "nothing defines esp_wifi_stopp, which libmain.a(main.c.obj) wants",  # no header has it
        "nothing defines hil_start, which libmain.a(main.c.obj) wants",  # C++ gave it another name
        "nothing defines hil_never, which libmain.a(link.c.obj) wants",
        "console_write is defined twice: in libmain.a(main.c.obj) and in libvfs.a(console.c.obj)",
        "4 findings",
    ):
        assert f"{each}\n" in done.stdout, done.stdout


def test_a_file_that_is_not_listed_leaves_its_names_undefined(link):
    changed = {
        "main/main.c": MAIN_C.replace("vfs_start()", "hil_udp()").replace(
            "void app", "int hil_udp(void);\nvoid app"
        ),
        "main/udp.c": "int hil_udp(void) { return 1; }\n",
    }
    done = link(changed)
    assert done.returncode == 1
    assert "nothing defines hil_udp, which libmain.a(main.c.obj) wants" in done.stdout


def test_a_requirement_that_is_forgotten_is_named(link):
    done = link(
        {"main/CMakeLists.txt": "idf_component_register(SRCS main.c PRIV_REQUIRES esp_wifi)\n"}
    )
    assert done.returncode == 1
    assert "main.c includes vfs.h, which none of its component's requirements has" in done.stdout


def test_a_compilers_error_is_a_finding(link):
    done = link({"main/main.c": MAIN_C.replace("vfs_start()", "nothing")})
    assert done.returncode == 1
    assert "main.c:5: 'nothing' undeclared" in done.stdout


def test_an_image_that_does_not_fit_its_partition_is_a_finding(link):
    done = link({"partitions.csv": "ota_0, app, ota_0, 0x20000, 0x100\n"})
    assert done.returncode == 1
    assert "too large for ota_0 of 256 (partitions.csv)" in done.stdout


def test_a_component_that_cannot_be_configured_is_one_line(link):
    done = link({"main/CMakeLists.txt": 'message(FATAL_ERROR "main needs a thing.")\n'})
    assert done.returncode == 1
    assert "ESP-IDF's build cannot be configured: main needs a thing." in done.stdout


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--compiler", "no-such-elf-"), "the compiler no-such-elf-gcc is not on PATH"),
        (("--target", "esp32s3"), "is for riscv64-unknown-elf and cannot link for an esp32s3"),
        (("--tflite-micro", "/nowhere"), "linking needs espressif__esp-tflite-micro; name it"),
    ],
)
def test_what_linking_needs_is_told_in_a_sentence(link, options, reason):
    done = link({}, *options)
    assert done.returncode == 10
    assert "The firmware is not linked against ESP-IDF: " in done.stdout
    assert reason in done.stdout


def test_settings_that_do_not_exist_are_told(link):
    done = link({}, "--defaults", "sdkconfig.defaults;sdkconfig.none")
    assert done.returncode == 1
    assert "sdkconfig.none does not exist." in done.stdout
