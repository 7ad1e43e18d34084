# SPDX-License-Identifier: MIT
"""firmware/check.py, with an ESP-IDF of three components and this machine's compiler."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
CHECK = [sys.executable, str(FIRMWARE / "check.py")]

IDF = {
    "tools/cmake/version.cmake": """
        set(IDF_VERSION_MAJOR 5)
        set(IDF_VERSION_MINOR 3)
        set(IDF_VERSION_PATCH 5)
    """,
    "tools/cmake/utilities.cmake": """
        function(spaces2list variable)
          string(REPLACE " " ";" list "${${variable}}")
          set(${variable} "${list}" PARENT_SCOPE)
        endfunction()
    """,
    "tools/cmake/build.cmake": "set(requires_common log linux)\nset(requires_common log)\n",
    "Kconfig": """
        mainmenu "An ESP-IDF"
        config SPEED
            int "Speed"
            default 1
        config QUICK
            bool "Quick"
            depends on SPEED > 1
        source "$COMPONENT_KCONFIGS_PROJBUILD_SOURCE_FILE"
        source "$COMPONENT_KCONFIGS_SOURCE_FILE"
    """,
    "sdkconfig.rename": "CONFIG_VELOCITY CONFIG_SPEED\n",
    "components/log/CMakeLists.txt": "idf_component_register(INCLUDE_DIRS include)\n",
    "components/mbedtls/CMakeLists.txt": "idf_component_register()\n",
    "components/mbedtls/mbedtls/library/psa_crypto.c": """
psa_status_t psa_hash_compute(psa_algorithm_t alg, const uint8_t *input_external, size_t length)
{
    LOCAL_INPUT_ALLOC(input_external, length, input);
}
    """,
    "components/vfs/CMakeLists.txt": "return()\n",
    "components/vfs/vfs_console.c": "int console_write(void)\n{\n    return 0;\n}\n",
    "components/log/include/esp_log.h": """
        #include "sdkconfig.h"
        #define SPEED CONFIG_SPEED
        void esp_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
    """,
    "components/xtensa/CMakeLists.txt": "idf_component_register()\n",
    "components/esp_event/CMakeLists.txt": "idf_component_register(INCLUDE_DIRS .)\n",
    "components/esp_event/esp_event.h": "typedef enum { EVENT_UP } event_t;\n",
    "components/esp_wifi/CMakeLists.txt": """
        if(CONFIG_WIFI_MESH)
          set(mesh mesh)
        endif()
        idf_component_register(INCLUDE_DIRS include ${mesh} REQUIRES esp_event)
        target_link_libraries(esp_wifi wifi)
    """,
    "components/esp_wifi/Kconfig": """
        config WIFI_MESH
            bool "Mesh"
        config WIFI_ALONE
            bool "Alone"
            depends on !WIFI_MESH
    """,
    "components/esp_wifi/include/esp_wifi.h": """
        #include "esp_event.h"
        typedef enum { WIFI_PS_NONE } wifi_ps_t;
        typedef struct { int channel; } wifi_config_t;
        int esp_wifi_set_ps(wifi_ps_t mode);
        int esp_wifi_connect(const wifi_config_t *config);
        void esp_wifi_on(void (*handler)(event_t event));
    """,
    "components/esp_wifi/mesh/esp_mesh.h": "int esp_mesh(void);\n",
    "components/hidden/CMakeLists.txt": "idf_component_register(INCLUDE_DIRS .)\n",
    "components/hidden/hidden.h": "",
}
PROJECT = {
    "sdkconfig.defaults": "CONFIG_VELOCITY=3\nCONFIG_WIFI_MESH=y\n# CONFIG_QUICK is not set\n",
    "sdkconfig.quick": "CONFIG_QUICK=y\n",
    "main/CMakeLists.txt": "idf_component_register(SRC_DIRS . PRIV_REQUIRES esp_wifi splitnode)\n",
    "main/Kconfig.projbuild": 'config OWN\n    bool "Own"\n    default y\n',
    "main/main.c": """
        #include "esp_log.h"
        #include "esp_mesh.h"
        #include "esp_wifi.h"
        #include "node.h"
        _Static_assert(SPEED == 3 && CONFIG_OWN, "");
        static void on(event_t event) { esp_log("%d", event); }
        void app_main(void) { esp_wifi_on(on); esp_log("%d", esp_mesh() + sn_node()); }
    """,
    "components/splitnode/CMakeLists.txt": """
        file(GLOB sources ${CMAKE_CURRENT_LIST_DIR}/src/*.c)
        idf_component_register(SRCS ${sources} INCLUDE_DIRS include PRIV_INCLUDE_DIRS src)
    """,
    "components/splitnode/include/node.h": "int sn_node(void);\n",
    "components/splitnode/src/node.c": '#include "node.h"\nint sn_node(void) { return 1; }\n',
}
REQUIRED = "esp_wifi splitnode"
MISTAKES = {
    "no_function": ("int f(void) { return esp_wifi_disconnect(); }", "implicit declaration"),
    "no_argument": ("int f(void) { return esp_wifi_set_ps(); }", "too few arguments"),
    "one_argument_more": ("int f(void) { return esp_wifi_set_ps(0, 1); }", "too many arguments"),
    "no_name": ("int f(void) { return esp_wifi_set_ps(WIFI_PS_MAX); }", "undeclared"),
    "no_field": ("int f(wifi_config_t *c) { return c->ssid; }", "no member named"),
    "other_pointer": (
        "int f(int *c) { return esp_wifi_connect(c); }",
        "incompatible-pointer-types",
    ),
    "number_as_pointer": ("int f(void) { return esp_wifi_connect(1); }", "int-conversion"),
    "other_enum": ("int f(void) { return esp_wifi_set_ps(EVENT_UP); }", "enum-conversion"),
    "other_handler": (
        "static void on(event_t *e) { (void)*e; }\nvoid f(void) { esp_wifi_on(on); }",
        "incompatible-pointer-types",
    ),
    "format": ('void f(void) { esp_log("%s", 1); }', "format"),
    "unused": ("void f(void) { int x; }", "unused-variable"),
    "no_prototype": ("void f() {}", "strict-prototypes"),
    "not_required": ('#include "hidden.h"', "hidden.h: No such file"),
}
SETTINGS = {
    "CONFIG_SPED=3": "there is no CONFIG_SPED",
    "# CONFIG_NO_SUCH is not set": "there is no CONFIG_NO_SUCH",
    "CONFIG_WIFI_ALONE=y": "CONFIG_WIFI_ALONE becomes n",
    "CONFIG_VELOCITY=fast": "CONFIG_SPEED becomes 3",
}

pytestmark = pytest.mark.skipif(
    not all((shutil.which("gcc"), shutil.which("cmake"), importlib.util.find_spec("kconfgen"))),
    reason="gcc, CMake or esp-idf-kconfig is missing, with which check.py works",
)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def run_check(idf: Path, project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*CHECK, "--idf", str(idf), "--project", str(project), "--cc", "gcc"]
    command += [
        "--tflite-micro",
        str(project / "none"),
        "--esp-nn",
        str(project / "none"),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def idf(tmp_path_factory):
    return write(tmp_path_factory.mktemp("idf"), IDF)


@pytest.fixture(scope="module")
def mistaken(idf, tmp_path_factory):
    """What check.py says of a project with every mistake, a file for each."""
    headers = '#include "esp_log.h"\n#include "esp_wifi.h"\n'
    wrong = {f"main/{name}.c": f"{headers}{text}\n" for name, (text, _) in MISTAKES.items()}
    wrong["main/inference.cc"] = '#include "tensorflow/lite/micro/micro_interpreter.h"\n'
    wrong["sdkconfig.wrong"] = "\n".join(SETTINGS)
    listed = " ".join(
        Path(name).name for name in ("main.c", *wrong) if name.endswith((".c", ".cc"))
    )
    wrong["main/CMakeLists.txt"] = f"idf_component_register(SRCS {listed} PRIV_REQUIRES {REQUIRED})"
    done = run_check(idf, write(tmp_path_factory.mktemp("mistaken"), PROJECT | wrong))
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_project_without_mistakes_has_no_findings(idf, tmp_path):
    project = write(tmp_path, {k: v for k, v in PROJECT.items() if k != "sdkconfig.quick"})
    done = run_check(idf, project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ESP-IDF 5.3.5" in done.stdout
    assert "2/2 components/splitnode/src/node.c: ok\n" in done.stdout
    assert "\n2 globals: ok\n" in done.stdout
    assert done.stdout.endswith("\nno findings\n")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_source_file_is_found(mistaken, name):
    after = mistaken.partition(f" main/{name}.c: wrong\n")[2]
    assert MISTAKES[name][1] in after.partition("\n[")[0]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_does_not_exist_or_is_not_taken_is_found(mistaken, setting):
    line = list(SETTINGS).index(setting) + 1
    assert f"sdkconfig.wrong:{line}: {SETTINGS[setting]}" in mistaken


def test_mistakes_do_not_hide_what_is_right(mistaken):
    assert "main/main.c: ok" in mistaken
    assert "sdkconfig.quick: ok" in mistaken
    assert f"{len(MISTAKES) + 1} files with findings" in mistaken


HABITS = {
    "a_global_of_esp_idfs_own": (
        {"main/console.c": "int console_write(void) { return 1; }\n"},
        ["the global console_write is defined by", "vfs_console.c too"],
    ),
    "a_global_without_the_prefix": (
        {"main/wifi.c": "int wifi_state;\n"},
        ["main/wifi.c: the global wifi_state does not begin with hil_"],
    ),
    "a_global_of_the_core_that_esp_idf_has_too": (
        {"components/splitnode/src/link.c": "int console_write(void) { return 1; }\n"},
        ["link.c: the global console_write is defined by", "vfs_console.c too"],
    ),
    "a_file_that_directories_leave_out": (
        {"main/inference.cc": "int x;\n"},
        ["inference.cc is never compiled: SRC_DIRS takes *.c, *.cpp, *.S only"],
    ),
    "a_file_that_the_list_lacks": (
        {
            "main/wifi.c": "int hil_wifi;\n",
            "main/CMakeLists.txt": f"idf_component_register(SRCS main.c PRIV_REQUIRES {REQUIRED})",
        },
        ["wifi.c is never compiled: SRCS in CMakeLists.txt does not list it"],
    ),
    "a_listed_file_that_does_not_exist": (
        {
            "main/CMakeLists.txt": (
                f"idf_component_register(SRCS main.c udp.c PRIV_REQUIRES {REQUIRED})"
            )
        },
        ["udp.c: CMakeLists.txt lists it, and there is no such file"],
    ),
    "a_model_hashed_in_one_call": (
        {
            "main/storage.c": """
                int psa_hash_compute(int, const void *, unsigned);
                int hil_hash(const void *at, unsigned length);
                int hil_hash(const void *at, unsigned length) {
                    return psa_hash_compute(1, at, length);
                }
            """
        },
        ["storage.c:5: psa_hash_compute copies its input, all length bytes of it, to the heap"],
    ),
}


@pytest.mark.parametrize("name", HABITS)
def test_what_compiles_and_is_wrong_on_a_chip_is_found(idf, tmp_path, name):
    changed, expected = HABITS[name]
    project = {k: v for k, v in PROJECT.items() if k != "sdkconfig.quick"}
    done = run_check(idf, write(tmp_path, project | changed))
    assert done.returncode == 1, done.stdout + done.stderr
    for each in expected:
        assert each in done.stdout
    assert "1 files with findings" in done.stdout


def test_what_cannot_be_checked_is_named(mistaken):
    assert "Not checked: main/inference.cc needs esp-tflite-micro; name it" in mistaken


def test_a_requirement_that_does_not_exist_is_a_finding(idf, tmp_path):
    changed = {"main/CMakeLists.txt": "idf_component_register(SRC_DIRS . REQUIRES esp_wify)"}
    done = run_check(idf, write(tmp_path, PROJECT | changed))
    assert done.returncode == 1
    assert "main requires the component esp_wify, which ESP-IDF 5.3.5 does not" in done.stdout


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--require",), 10)])
def test_without_an_idf_the_check_is_skipped_and_says_so(monkeypatch, options, status):
    monkeypatch.delenv("IDF_PATH", raising=False)
    done = subprocess.run([*CHECK, *options], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stdout == (
        "The firmware is not checked against ESP-IDF: neither --idf nor IDF_PATH names an "
        "ESP-IDF.\n"
    )


def test_without_the_compiler_the_check_is_skipped_and_says_so(idf, tmp_path):
    done = run_check(idf, tmp_path, "--cc", "no-such-gcc")
    assert done.returncode == 0
    assert "not checked against ESP-IDF: the compiler no-such-gcc is not on PATH" in done.stdout


def test_a_directory_that_is_no_idf_is_bad_usage(tmp_path):
    done = run_check(tmp_path, tmp_path)
    assert done.returncode == 2
    assert "is no ESP-IDF" in done.stderr
