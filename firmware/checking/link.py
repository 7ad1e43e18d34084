# SPDX-License-Identifier: MIT
"""Links the firmware with ESP-IDF's own build, and reports what the linker says.

With Espressif's toolchain this is ``idf.py build``. With another it is ESP-IDF's CMake all the
same, its components, linker scripts and ldgen; what is then lent or taken from nowhere is said.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checking import building, layout, linker, names, sizes, stand_ins, stubs, toolchain
from checking.compiler import HEADERS
from checking.errors import ToolMissingError, TreeError
from checking.tree import read_values

MODULES = {"kconfgen": "esp-idf-kconfig", "esptool": "esptool", "pyparsing": "pyparsing"}
"""What ESP-IDF's build imports, and the package that has it."""

_HERE = Path(__file__).resolve().parent
_ROUNDS = 4
"""Each round links anew with what the last one missed; a stub needs nothing itself."""


@dataclass(frozen=True)
class Job:
    """What is linked.

    Attributes:
        idf: ESP-IDF's directory.
        project: the firmware's.
        managed: components that its manager would fetch, by name.
        tools: with what.
        defaults: files of settings.
        build: where, an absolute path.
    """

    idf: Path
    project: Path
    managed: dict[str, Path]
    tools: toolchain.Toolchain
    defaults: list[Path]
    build: Path


def link(job: Job) -> list[str]:
    """Link, print what there is to know of the result, and return the findings.

    Raises:
        ToolMissingError: something that the build needs is not installed.
        TreeError: the build cannot be configured.
    """
    began = time.monotonic()
    print(f"Linking for {job.tools.target} with {job.tools.version}", flush=True)
    job.build.mkdir(parents=True, exist_ok=True)
    # ESP-IDF would take the one of an earlier run, whatever the defaults now say.
    (job.build / "sdkconfig").unlink(missing_ok=True)
    if job.tools.is_espressifs:
        status, said = _by_idf_py(job)
        verdict = linker.read(said)
    else:
        status, said, verdict = _by_cmake(job)
    linkers_map = _map(job)
    found = [layout.explain(each, linkers_map) for each in verdict.findings()]
    found += _of_image(job)
    if status and not found:
        found.append(f"the build failed: {building.reason(said)} ({job.build / 'link.log'})")
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return found


def _by_idf_py(job: Job) -> tuple[int, str]:
    if shutil.which("idf.py") is None:
        raise ToolMissingError(f"idf.py is not on PATH; . {job.idf}/export.sh")
    command = [
        *("idf.py", "-B", str(job.build), "-D", f"IDF_TARGET={job.tools.target}"),
        *("-D", f"SDKCONFIG={job.build / 'sdkconfig'}"),
        *("-D", f"SDKCONFIG_DEFAULTS={';'.join(str(each) for each in job.defaults)}", "build"),
    ]
    return building.run(command, job.build / "link.log", dict(os.environ), job.project)


def _by_cmake(job: Job) -> tuple[int, str, linker.Verdict]:
    _require_tools(job)
    lent = job.build / "lent"
    if toolchain.lend(job.tools, lent) and (job.build / "build.ninja").is_file():
        print("Note: the compiler is lent otherwise than before; everything is built anew.")
        subprocess.run(
            ["ninja", "-t", "clean"], cwd=job.build, check=True, stdout=subprocess.DEVNULL
        )
    components = {
        each.parent.name: each.parent for each in job.idf.glob("components/*/CMakeLists.txt")
    }
    for line in stand_ins.make(components, lent / "components"):
        print(f"Note: {line}.")
    for name, path in job.managed.items():
        alias = lent / "components" / name
        alias.parent.mkdir(parents=True, exist_ok=True)
        if not alias.is_symlink():
            alias.symlink_to(path.resolve())
    settings = stand_ins.settings(components, lent / "settings")
    environment = os.environ | {
        "PATH": f"{lent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "IDF_PATH": str(job.idf),
        "IDF_COMPONENT_MANAGER": "0",
        "IDF_MAINTAINER": "1",  # another version of a tool is a warning then
    }
    _configure(job, lent, settings, environment)
    return _link_with_stubs(job, lent, environment)


def _require_tools(job: Job) -> None:
    for program, package in (("cmake", "cmake"), ("ninja", "ninja-build")):
        if shutil.which(program) is None:
            raise ToolMissingError(f"{program} is missing; install {package}")
    missing = [
        package for name, package in MODULES.items() if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise ToolMissingError(f"ESP-IDF's build needs {' '.join(missing)}; pip install them")
    for name, path in job.managed.items():
        if not path.is_dir():
            raise ToolMissingError(f"linking needs {name}; name it by --tflite-micro or --esp-nn")


def _configure(job: Job, lent: Path, settings: list[Path], environment: dict[str, str]) -> None:
    defaults = ";".join(str(each) for each in (*job.defaults, *settings))
    command = [
        *("cmake", "-G", "Ninja", "-S", str(job.project), "-B", str(job.build)),
        *(f"-DPYTHON={sys.executable}", "-DPYTHON_DEPS_CHECKED=1"),
        *(f"-DIDF_TARGET={job.tools.target}", f"-DSDKCONFIG={job.build / 'sdkconfig'}"),
        *(f"-DSDKCONFIG_DEFAULTS={defaults}", f"-DCOMPONENTS=main {' '.join(job.managed)}"),
        *(f"-DEXTRA_COMPONENT_DIRS={lent / 'components'}", f"-DMANAGED={';'.join(job.managed)}"),
        *(f"-DCMAKE_PROJECT_INCLUDE={_HERE / 'link.cmake'}", f"-DLENT={lent / 'lib'}"),
    ]
    status, said = building.run(command, job.build / "cmake.log", environment, job.build)
    unknown = [line for line in said.splitlines() if "unknown kconfig symbol" in line]
    for name in dict.fromkeys(line.split("'")[1] for line in unknown):
        print(f"Note: {job.tools.target} has no setting {name}.")
    if status:
        raise TreeError(f"ESP-IDF's build cannot be configured: {building.reason(said)}")


def _link_with_stubs(
    job: Job, lent: Path, environment: dict[str, str]
) -> tuple[int, str, linker.Verdict]:
    missing = _missing_libraries(lent)
    for component, libraries in sorted(missing.items()):
        print(f"Note: {component} lacks {', '.join(libraries)}.", flush=True)
    record = lent / "stubs.json"
    taken: dict[str, list[str]] = json.loads(record.read_text()) if record.is_file() else {}
    for _ in range(_ROUNDS):
        command = ["ninja", "-k", "0", "app"]
        status, said = building.run(command, job.build / "link.log", environment, job.build)
        verdict = linker.read(said)
        wanted = set(verdict.undefined)
        new = {why: sorted(have) for why, have in _origins(job, missing, wanted) if have}
        if not new:
            break
        for why, have in new.items():
            taken[why] = sorted({*taken.get(why, []), *have})
        _assemble(job, lent, {name for have in taken.values() for name in have}, environment)
        record.write_text(json.dumps(taken, indent=1), encoding="utf-8")
    for why, have in taken.items():
        print(f"Note: taken from nowhere, since {why}: {len(have)} symbols ({record}).")
    return status, said, verdict


def _missing_libraries(lent: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    listing = lent / "lib" / "missing.txt"
    for line in listing.read_text().splitlines() if listing.is_file() else []:
        parts = Path(line).parts
        component = parts[len(parts) - 1 - parts[::-1].index("components") + 1]
        found.setdefault(component, []).append(Path(line).name)
    return found


def _origins(
    job: Job, missing: dict[str, list[str]], wanted: set[str]
) -> Iterator[tuple[str, set[str]]]:
    cxx = {name for name in wanted if stubs.is_cxx(name)}
    yield "the toolchain has no libstdc++", cxx
    headers = sorted((HEADERS / "c").rglob("*.h"))
    newlib = stubs.declared(headers, wanted - cxx) | wanted & stubs.PICOLIBC
    # Newlib makes read() of the _read_r() that ESP-IDF gives it, and so on.
    newlib |= {each for each in wanted if stubs.declared(headers, {f"_{each}_r"})}
    yield "the toolchain has picolibc in newlib's place", newlib
    wanted = wanted - cxx - newlib
    if wanted and missing:
        # What a source file defines is missing for another reason, which shall be seen.
        taken = names.collisions(wanted, [job.idf / "components", job.project])
        wanted -= {
            name
            for name, places in taken.items()
            if any(path.suffix in names.SOURCES for path, _ in places)
        }
    for component in missing:
        folders = [
            job.idf / "components" / each for each in stubs.DECLARING.get(component, (component,))
        ]
        headers = [each for folder in folders for each in sorted(folder.rglob("*.h"))]
        found = stubs.declared(headers, wanted)
        yield f"{component}'s libraries are missing and its headers declare them", found
        wanted -= found


def _assemble(job: Job, lent: Path, stubbed: set[str], environment: dict[str, str]) -> None:
    prefix = toolchain.NAMES[job.tools.target]
    source, compiled = lent / "stubs.S", lent / "stubs.o"
    source.write_text(stubs.assembly(stubbed), encoding="utf-8")
    commands = [[f"{prefix}gcc", "-c", str(source), "-o", str(compiled)]]
    for name in ("missing", "stdc++"):
        archive = lent / "lib" / f"lib{name}.a"
        archive.unlink()
        commands.append([f"{prefix}ar", "rcs", str(archive), str(compiled)])
    for command in commands:
        subprocess.run(command, check=True, env=environment)
    for elf in job.build.glob("*.elf"):
        elf.unlink()


def _map(job: Job) -> str:
    """Return what the linker wrote of where it puts what, which it does before it stops, too."""
    project = _described(job)
    path = (job.build / project["app_elf"]).with_suffix(".map") if project else None
    return path.read_text(encoding="utf-8", errors="replace") if path and path.is_file() else ""


def _described(job: Job) -> dict[str, str]:
    description = job.build / "project_description.json"
    return json.loads(description.read_text(encoding="utf-8")) if description.is_file() else {}


def _of_image(job: Job) -> Iterator[str]:
    """Print the sizes of what was linked, and yield what is wrong with them."""
    project = _described(job)
    if not project:
        return
    elf, image = job.build / project["app_elf"], job.build / project["app_bin"]
    if not (elf.is_file() and image.is_file()):
        return
    readelf = shutil.which(f"{job.tools.prefix}readelf") or "readelf"
    command = [readelf, "--sections", "--wide", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"{elf.name}:", *sizes.table(sizes.sections(done.stdout)), sep="\n")
    settings = read_values((job.build / "sdkconfig").read_text(encoding="utf-8").splitlines())
    table = settings.get("PARTITION_TABLE_CUSTOM_FILENAME", "").strip('"')
    if "PARTITION_TABLE_CUSTOM" not in settings:
        yield "sdkconfig names no partition table of the project's own"
        return
    name, room = sizes.room(job.project / table)
    size = image.stat().st_size
    print(f"{image.name}: {size:,} bytes of {room:,} in {name} ({100 * size / room:.0f} %)")
    yield from sizes.findings(size, job.project / table)
