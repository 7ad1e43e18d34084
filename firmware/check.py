# SPDX-License-Identifier: MIT
"""Check the chip's firmware against an ESP-IDF's headers and Kconfig files, without building it.

    python firmware/check.py --idf ~/esp/esp-idf

Every source file of ``main`` and of the core goes through the compiler's front end with the include
directories that its component's requirements give it, and the configuration that
``sdkconfig.defaults`` gives. Every setting in the ``sdkconfig.defaults`` files must exist and be
taken. Needs CMake, ``esp-idf-kconfig`` from PyPI, and a GCC for Xtensa: Espressif's, or Debian's
``gcc-xtensa-lx106`` with ``picolibc-xtensa-lx106-elf``.

Exit status: 0 no findings, or nothing to check with; 1 findings; 2 bad usage; 10 nothing to check
with, and ``--require`` given.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checking.compiler import Compiler, find_compiler
from checking.defaults import findings
from checking.errors import ToolMissingError, TreeError
from checking.tree import IdfTree

ROOT = Path(__file__).resolve().parent
TEST_BUILD = "SN_TEST_BUILD"
"""What a test build defines (main/CMakeLists.txt)."""
TFLM, ESP_NN = "espressif__esp-tflite-micro", "espressif__esp-nn"
SUBMODULES = (
    "components/bt/host/nimble/nimble",
    "components/lwip/lwip",
    "components/mbedtls/mbedtls",
)
"""Those whose headers the firmware uses."""

DEFINITIONS = (
    # What ESP-IDF's build defines for every file, and esp-tflite-micro for its users.
    "-DESP_PLATFORM",
    "-D_GNU_SOURCE",
    '-DIDF_VER="check"',
    "-DSOC_MMU_PAGE_SIZE=CONFIG_MMU_PAGE_SIZE",
    "-DSOC_XTAL_FREQ_MHZ=CONFIG_XTAL_FREQ",
    '-DMBEDTLS_CONFIG_FILE="mbedtls/esp_config.h"',
    "-DTF_LITE_STATIC_MEMORY",
)


def main() -> int:
    """Check what the command line says and return the exit status."""
    arguments = _arguments()
    try:
        if not arguments.idf:
            raise ToolMissingError("neither --idf nor IDF_PATH names an ESP-IDF")
        compiler = find_compiler(arguments.cc, arguments.cxx)
        with tempfile.TemporaryDirectory(prefix="firmware-check-") as scratch:
            wrong = _check(arguments, compiler, Path(scratch))
    except ToolMissingError as error:
        print(f"The firmware is not checked against ESP-IDF: {error}.")
        return 10 if arguments.require else 0
    except TreeError as error:
        print(error)
        return 1
    print(f"{wrong} files with findings" if wrong else "no findings")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--idf",
        type=Path,
        default=os.environ.get("IDF_PATH"),
        help="an ESP-IDF with its submodules (default: $IDF_PATH)",
    )
    parser.add_argument("--cc", help="C compiler (default: the first GCC for Xtensa on PATH)")
    parser.add_argument("--cxx", help="C++ compiler (default: the C compiler's sibling)")
    for option, name in (("--tflite-micro", TFLM), ("--esp-nn", ESP_NN)):
        parser.add_argument(
            option,
            type=Path,
            default=ROOT / "managed_components" / name,
            help="the component, where idf.py has not put it into managed_components",
        )
    parser.add_argument("--project", type=Path, default=ROOT, help="(default: this firmware)")
    parser.add_argument("--require", action="store_true", help="fail where nothing can be checked")
    arguments = parser.parse_args()
    if arguments.idf and not (Path(arguments.idf) / "tools/cmake/version.cmake").is_file():
        parser.error(f"{arguments.idf} is no ESP-IDF: it has no tools/cmake/version.cmake")
    for submodule in SUBMODULES if arguments.idf else ():
        path = Path(arguments.idf) / submodule
        if path.is_dir() and not any(path.iterdir()):
            parser.error(f"{path} is empty: git submodule update --init --recursive there")
    return arguments


def _check(arguments: argparse.Namespace, compiler: Compiler, scratch: Path) -> int:
    """Check everything and return how many files have findings."""
    project: Path = arguments.project
    components = {
        "main": project / "main",
        "splitnode": project / "components" / "splitnode",
        TFLM: arguments.tflite_micro,
        ESP_NN: arguments.esp_nn,
    }
    present = {name: each for name, each in components.items() if each.is_dir()}
    tree = IdfTree(Path(arguments.idf), present)
    print(f"ESP-IDF {tree.version} in {tree.path}, {compiler.cc}")
    wrong = _check_defaults(tree, project, scratch)
    config = tree.configure([project / "sdkconfig.defaults"], scratch / "config")
    jobs: dict[str, list[str]] = {}
    for component, folder in (("main", "main"), ("splitnode", "components/splitnode/src")):
        directories = [config.directory, *tree.include_directories(component, config)]
        flags = [*DEFINITIONS, *(f"-I{each}" for each in directories)]
        if component == "main" and TFLM in present:
            # The component manager makes main require what idf_component.yml names.
            theirs = tree.own_directories(TFLM, config)
            flags += [part for each in theirs for part in ("-isystem", str(each))]
        for file in sorted((project / folder).rglob("*")):
            if file.suffix not in {".c", ".cc"}:
                continue
            name, text = file.relative_to(project).as_posix(), file.read_text(encoding="utf-8")
            if TFLM not in present and '"tensorflow/' in text:
                missing = f"{name} needs esp-tflite-micro; name it by --tflite-micro"
                if arguments.require:
                    raise ToolMissingError(missing)
                print(f"Not checked: {missing}.")
                continue
            jobs[name] = [*compiler.command(file), *flags, str(file)]
            if TEST_BUILD in text:
                jobs[f"{name} for tests"] = [*jobs[name], f"-D{TEST_BUILD}"]
    return wrong + _check_sources(jobs)


def _check_defaults(tree: IdfTree, project: Path, scratch: Path) -> int:
    """Check sdkconfig.defaults, and each variant on top of it."""
    common = project / "sdkconfig.defaults"
    unchecked = () if ESP_NN in tree.components else ("NN_",)
    wrong = 0
    for file in sorted(project.glob("sdkconfig.*")):
        if file.suffix == ".old":  # idf.py's, of a whole configuration
            continue
        config = tree.configure(list(dict.fromkeys((common, file))), scratch / file.name)
        found = list(findings(file, config, unchecked))
        print(f"{file.name}: {'wrong' if found else 'ok'}", *found, sep="\n", flush=True)
        wrong += bool(found)
    return wrong


def _check_sources(jobs: dict[str, list[str]]) -> int:
    """Check the files side by side, a line for each as it is done; return how many are wrong."""

    def check(command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        return done.stderr.rstrip() or ("wrong" if done.returncode else "")

    wrong = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = zip(jobs, pool.map(check, jobs.values()), strict=True)
        for number, (name, said) in enumerate(results, 1):
            bar = "#" * (20 * number // len(jobs))
            state = "wrong" if said else "ok"
            print(f"[{bar:<20}] {number}/{len(jobs)} {name}: {state}", flush=True)
            if said:
                print(said)
                wrong += 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
