# SPDX-License-Identifier: MIT
"""Check the chip's firmware against an ESP-IDF, without its toolchain, or link it for real.

    python firmware/check.py --idf ~/esp/esp-idf
    python firmware/check.py --idf ~/esp/esp-idf --link --compiler riscv64-unknown-elf-

The first compiles every source file of ``main`` and of the core that CMake's own list names, up to
assembly, with the include directories that its component's requirements give it and the
configuration that ``sdkconfig.defaults`` gives. It judges the files that are never compiled, the
settings that do not exist or are not taken, the globals that ESP-IDF defines too, operators of TFLM
that are not registered, and calls that copy a model to the heap. Needs CMake, ``esp-idf-kconfig``
from PyPI, and a GCC for Xtensa: Espressif's, or Debian's ``gcc-xtensa-lx106`` with
``picolibc-xtensa-lx106-elf``.

The second drives ESP-IDF's own build to its end, which takes minutes, and reports what the linker
says (checking/link.py): ``idf.py build`` with Espressif's toolchain; else, for an ESP32-C3, with
Debian's ``gcc-riscv64-unknown-elf`` and ``picolibc-riscv64-unknown-elf``.

Exit status: 0 no findings, or nothing to check with; 1 findings; 2 bad usage; 10 nothing to check
with, and ``--require`` given.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from checking import compiling, copies, defaults, names, operators, sources, stand_ins, toolchain
from checking.compiler import Compiler, find_compiler
from checking.errors import ToolMissingError, TreeError
from checking.link import Job, link
from checking.toolchain import NAMES
from checking.tree import Config, IdfTree

ROOT = Path(__file__).resolve().parent
TEST_BUILD = "SN_TEST_BUILD"
"""What a test build defines (main/CMakeLists.txt)."""
TFLM, ESP_NN = "espressif__esp-tflite-micro", "espressif__esp-nn"
FOLDERS = {"main": "main", "splitnode": "components/splitnode/src"}
"""Where the sources of the firmware's components are."""
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
        with tempfile.TemporaryDirectory(prefix="firmware-check-") as scratch:
            if arguments.link:
                return _link(arguments, Path(scratch))
            compiler = find_compiler(arguments.cc, arguments.cxx)
            wrong = _check(arguments, compiler, Path(scratch))
    except ToolMissingError as error:
        done = "linked" if arguments.link else "checked"
        print(f"The firmware is not {done} against ESP-IDF: {error}.")
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
    linking = parser.add_argument_group("linking")
    linking.add_argument("--link", action="store_true", help="build to the end instead")
    linking.add_argument("--compiler", metavar="PREFIX", help="as in riscv64-unknown-elf-")
    linking.add_argument("--target", choices=sorted(NAMES), help="(default: the compiler's)")
    linking.add_argument("--build-dir", type=Path, help="is kept, and makes the next run quick")
    linking.add_argument("--defaults", help='as in "sdkconfig.defaults;sdkconfig.8mb"')
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
    present = {name: each for name, each in _components(arguments).items() if each.is_dir()}
    tree = IdfTree(Path(arguments.idf), present)
    print(f"ESP-IDF {tree.version} in {tree.path}, {compiler.cc}")
    wrong = _check_defaults(tree, project, scratch)
    more = stand_ins.settings(tree.components, scratch / "settings")
    config = tree.configure([project / "sdkconfig.defaults", *more], scratch / "config")
    jobs: list[compiling.Job] = []
    for component, folder in FOLDERS.items():
        registered = tree.registered(component, config)
        listed = sources.compiled(tree.components[component], registered)
        by_list = bool(registered["SRCS"])
        wrong += _report(
            f"{component}/CMakeLists.txt",
            sources.findings(project / folder, listed, by_list=by_list),
        )
        jobs += _jobs(arguments, compiler, tree, config, component, listed)
    owned, wrong_files = _check_sources(jobs, scratch)
    wrong += wrong_files + _check_names(tree, present, owned)
    wrong += _check_operators(present.get(TFLM), project)
    return wrong + _check_copies(tree, jobs)


def _link(arguments: argparse.Namespace, scratch: Path) -> int:
    """Link, print the findings, and return the exit status."""
    project: Path = arguments.project.resolve()
    given = (arguments.defaults or "sdkconfig.defaults").split(";")
    settings = [project / each for each in given]
    for each in settings:
        if not each.is_file():
            raise TreeError(f"{each} does not exist.")
    managed = {TFLM: arguments.tflite_micro, ESP_NN: arguments.esp_nn}
    found = link(
        Job(
            Path(arguments.idf).resolve(),
            project,
            {name: path for name, path in managed.items() if path.is_dir() or name == TFLM},
            toolchain.find(arguments.compiler, arguments.target),
            settings,
            (arguments.build_dir or scratch).resolve(),
        )
    )
    print(*found, f"{len(found)} findings" if found else "no findings", sep="\n")
    return 1 if found else 0


def _components(arguments: argparse.Namespace) -> dict[str, Path]:
    project: Path = arguments.project
    return {
        "main": project / "main",
        "splitnode": project / "components" / "splitnode",
        TFLM: arguments.tflite_micro,
        ESP_NN: arguments.esp_nn,
    }


def _jobs(
    arguments: argparse.Namespace,
    compiler: Compiler,
    tree: IdfTree,
    config: Config,
    component: str,
    listed: list[Path],
) -> list[compiling.Job]:
    directories = [config.directory, *tree.include_directories(component, config)]
    flags = [*DEFINITIONS, *(f"-I{each}" for each in directories)]
    if component == "main" and TFLM in tree.components:
        # The component manager makes main require what idf_component.yml names.
        theirs = tree.own_directories(TFLM, config)
        flags += [part for each in theirs for part in ("-isystem", str(each))]
    jobs = []
    for file in listed:
        if not file.is_file():
            continue  # a finding already
        folder = (arguments.project / FOLDERS[component]).resolve()
        name = f"{FOLDERS[component]}/{file.relative_to(folder).as_posix()}"
        text = file.read_text(encoding="utf-8")
        if TFLM not in tree.components and '"tensorflow/' in text:
            missing = f"{name} needs esp-tflite-micro; name it by --tflite-micro"
            if arguments.require:
                raise ToolMissingError(missing)
            print(f"Not checked: {missing}.")
            continue
        command = [*compiler.command(file), *flags, str(file)]
        jobs.append(compiling.Job(name, component, file, command))
        if TEST_BUILD in text:
            command = [*command, f"-D{TEST_BUILD}"]
            jobs.append(compiling.Job(f"{name} for tests", component, file, command))
    return jobs


def _check_defaults(tree: IdfTree, project: Path, scratch: Path) -> int:
    """Check sdkconfig.defaults, and each variant on top of it."""
    common = project / "sdkconfig.defaults"
    unchecked = () if ESP_NN in tree.components else ("NN_",)
    wrong = 0
    for file in sorted(project.glob("sdkconfig.*")):
        if file.suffix == ".old":  # idf.py's, of a whole configuration
            continue
        config = tree.configure(list(dict.fromkeys((common, file))), scratch / file.name)
        wrong += _report(file.name, defaults.findings(file, config, unchecked))
    return wrong


def _check_sources(
    jobs: list[compiling.Job], scratch: Path
) -> tuple[dict[str, dict[str, str]], int]:
    """Compile, a line for each file as it is done.

    Returns:
        Each component's globals with the file that defines it, and how many files are wrong.
    """
    owned: dict[str, dict[str, str]] = {component: {} for component in FOLDERS}
    wrong = 0
    for number, result in enumerate(compiling.run(jobs, scratch), 1):
        bar = "#" * (20 * number // len(jobs))
        state = "wrong" if result.said else "ok"
        print(f"[{bar:<20}] {number}/{len(jobs)} {result.job.name}: {state}", flush=True)
        if result.said:
            print(result.said)
            wrong += 1
        for name in result.owned:
            owned[result.job.component].setdefault(name, str(result.job.file))
    return owned, wrong


def _check_names(tree: IdfTree, present: dict[str, Path], owned: dict[str, dict[str, str]]) -> int:
    theirs = [
        tree.path / "components",
        *(present[each] for each in (TFLM, ESP_NN) if each in present),
    ]
    taken = names.collisions({name for each in owned.values() for name in each}, theirs)
    found = [line for each in FOLDERS for line in names.findings(each, owned[each], taken)]
    return _report(f"{sum(map(len, owned.values()))} globals", found)


def _check_operators(tflm: Path | None, project: Path) -> int:
    if tflm is None:
        return 0  # said already
    listed = project / "main" / "operators.def"
    return _report(listed.name, operators.findings(listed, tflm / operators.RESOLVER))


def _check_copies(tree: IdfTree, jobs: list[compiling.Job]) -> int:
    source = next((tree.path / each for each in copies.FILES if (tree.path / each).is_file()), None)
    if source is None:
        print("Not checked: what PSA copies to the heap; there is no psa_crypto.c.")
        return 0
    functions = copies.copying(source.read_text(encoding="utf-8"))
    files = dict.fromkeys(job.file for job in jobs)
    found = [line for file in files for line in copies.findings(file, functions, source.name)]
    return _report(f"{len(functions)} functions of PSA that copy their input", found)


def _report(what: str, found: Iterable[str]) -> int:
    """Print whether `what` is right, or else a line for each finding; return 0 or 1."""
    lines = list(found)
    print(f"{what}: {'wrong' if lines else 'ok'}", *lines, sep="\n", flush=True)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
