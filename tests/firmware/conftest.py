# SPDX-License-Identifier: MIT
"""Builds the C core with its tests, natively under sanitizers, for Xtensa and for wasm32."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hil.firmware import virtual
from hil.firmware.build import FirmwareBuild

FIRMWARE = Path(__file__).parents[2] / "firmware"
VECTORS = Path(__file__).parents[1] / "vectors"
COMPONENT = FIRMWARE / "components" / "splitnode"
TESTS = FIRMWARE / "test"
INCLUDES = [f"-I{path}" for path in (COMPONENT / "include", COMPONENT / "src", TESTS)]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PATIENCE_S = 120

Run = Callable[[str], None]
"""Runs one suite; raises AssertionError with its output unless it passes."""


def core_sources() -> list[Path]:
    """Return the C files of the core, of all its rooms."""
    return sorted((COMPONENT / "src").rglob("*.c"))


def sources(*directories: Path) -> list[str]:
    """Return the C files of the core, the tests and ``directories``."""
    found = sorted(file for d in (TESTS, *directories) for file in d.glob("*.c"))
    return [str(file) for file in (*core_sources(), *found)]


def find_compiler() -> str:
    """Return this machine's C compiler, or skip the test."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("No C compiler was found; install gcc or clang to test the core natively.")
    return compiler


def compile_with(*command: str, cwd: Path) -> None:
    """Run a compiler; its complaints are the failure's text."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stderr}"


def compile_halves(command: list[str], files: list[str], directory: Path) -> None:
    """Compile the files to objects in a directory, by two processes at a time."""
    halves = [files[0::2], files[1::2]]
    with ThreadPoolExecutor(len(halves)) as pool:
        list(pool.map(lambda half: compile_with(*command, "-c", *half, cwd=directory), halves))


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tests as a program of this machine, under ASan and UBSan."""
    compiler = find_compiler()
    directory = tmp_path_factory.mktemp("native")
    options = [compiler, "-std=c11", "-g1", *WARNINGS, *SANITIZERS, *INCLUDES, "-DSN_TEST_BUILD"]
    compile_halves(options, sources(), directory)
    objects = [file.name for file in directory.glob("*.o")]
    compile_with(compiler, *SANITIZERS, *objects, "-o", "core_tests", cwd=directory)

    def run(suite: str) -> None:
        done = subprocess.run(
            [directory / "core_tests", VECTORS, suite],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def xtensa(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tests as 32-bit Xtensa code, the ESP32-S3's family, on QEMU; with Debian's packages."""
    compiler, qemu = "xtensa-lx106-elf-gcc", "qemu-system-xtensa"
    specs = Path("/usr/lib/xtensa-lx106-elf/picolibc.specs")
    for package, there in (
        ("gcc-xtensa-lx106", shutil.which(compiler)),
        ("picolibc-xtensa-lx106-elf", specs.is_file()),
        ("qemu-system-misc", shutil.which(qemu)),
    ):
        if not there:
            pytest.skip(f"Debian's {package} is missing; install it to test the core for Xtensa.")
    directory = tmp_path_factory.mktemp("xtensa")
    options = [f"--specs={specs}", "-std=gnu11", "-O1", "-mlongcalls", "-mtext-section-literals"]
    # An emulated processor without division is some fifty times slower: less noise.
    options += [*WARNINGS, *INCLUDES, "-DSN_TEST_BUILD", "-DROUNDS=150u"]
    machine = TESTS / "xtensa"
    files = [*sources(machine), str(machine / "start.S")]
    compile_halves([compiler, *options], files, directory)
    objects = [file.name for file in directory.glob("*.o")]
    linking = ["-nostartfiles", f"-T{machine / 'sim.ld'}", "-DPICOLIBC_INTEGER_PRINTF_SCANF"]
    compile_with(compiler, *options, *linking, *objects, "-o", "core_tests", cwd=directory)

    def run(suite: str) -> None:
        arguments = f"enable=on,arg=core_tests,arg={VECTORS},arg={suite}"
        done = subprocess.run(
            # An lx106, since it traps bad pointers.
            [
                *(qemu, "-machine", "sim", "-cpu", "lx106", "-m", "64M", "-display", "none"),
                *("-monitor", "none", "-serial", "none", "-semihosting-config", arguments),
                *("-kernel", str(directory / "core_tests")),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What ``nm`` says of the optimized core: lines such as ``0123 T name`` and ``U name``."""
    compiler = find_compiler()
    if shutil.which("nm") is None:
        pytest.skip("nm was not found; install binutils to look into the core's objects.")
    directory = tmp_path_factory.mktemp("symbols")
    files = [str(file) for file in core_sources()]
    compile_with(compiler, "-std=c11", "-O2", "-fno-pic", *INCLUDES, "-c", *files, cwd=directory)
    objects = [file.name for file in directory.glob("*.o")]
    compile_with("ld", "-r", *objects, "-o", "core", cwd=directory)
    listing = subprocess.run(
        ["nm", "core"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return [line.strip() for line in listing.stdout.splitlines()]


class _Exit(Exception):  # noqa: N818 - it ends a program, for better or worse
    """The tests called exit."""


@pytest.fixture(scope="session")
def wasm32(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tests as a WebAssembly module, with the compiler and the runtime of the virtual board."""
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("zig is missing; install the extra 'firmware' to test the core for wasm32.")
    wasmtime = pytest.importorskip(
        "wasmtime", reason="wasmtime is missing; install the extra 'sim'."
    )
    directory = tmp_path_factory.mktemp("wasm32")
    files = [file for file in sources(TESTS / "wasm") if Path(file).name != "host.c"]
    compile_with(
        *(sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-std=c11"),
        *("-O1", "-nostdlib", "-Wl,--no-entry", *WARNINGS, f"-I{TESTS / 'wasm'}", *INCLUDES),
        *(*files, str(FIRMWARE / "virtual" / "memory.c"), "-o", "core_tests.wasm"),
        cwd=directory,
    )
    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(directory / "core_tests.wasm"))
    i32 = wasmtime.ValType.i32()

    def run(suite: str) -> None:
        store = wasmtime.Store(engine)
        linker = wasmtime.Linker(engine)
        output: list[str] = []

        def text(pointer: int, length: int) -> str:
            return bytes(memory.read(store, pointer, pointer + length)).decode(errors="replace")

        def give(data: bytes, pointer: int, capacity: int) -> int:
            return int(memory.write(store, data[:capacity], pointer))

        def exit_(_status: int) -> None:
            raise _Exit

        def read(name: int, length: int, to: int, capacity: int) -> int:
            return give((VECTORS / text(name, length)).read_bytes(), to, capacity)

        def print_(pointer: int, length: int) -> None:
            output.append(text(pointer, length))

        for name, takes, gives, function in (
            ("print", 2, 0, print_),
            ("exit", 1, 0, exit_),
            ("read", 4, 1, read),
            ("suite", 2, 1, lambda to, capacity: give(suite.encode(), to, capacity)),
        ):
            kind = wasmtime.FuncType([i32] * takes, [i32] * gives)
            linker.define_func("host", name, kind, function)
        exports = linker.instantiate(store, module).exports(store)
        memory = exports["memory"]
        try:
            status = exports["run"](store)
        except (_Exit, wasmtime.Trap) as error:
            pytest.fail("".join(output) + str(error))
        assert status == 0, "".join(output)

    return run


Change = tuple[str, str, str]
"""A file, relative to ``firmware``; what stands in it once; and what shall stand there."""


@pytest.fixture
def patched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Iterable[Change]], FirmwareBuild]:
    """Return what builds the virtual board's image from a changed copy of the sources."""
    if not virtual.can_build():
        pytest.skip("ziglang is not installed (extra 'firmware')")

    def build(changes: Iterable[Change]) -> FirmwareBuild:
        sources = tmp_path / "sources"
        kept_out = shutil.ignore_patterns("prebuilt*", "build*", "test")
        shutil.copytree(FIRMWARE, sources, ignore=kept_out)
        for name, old, new in changes:
            text = (sources / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
            (sources / name).write_text(text.replace(old, new), encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(virtual, "ROOT", sources)
            patch.setattr(virtual, "CORE", sources / "components" / "splitnode")
            virtual.build(tmp_path / "build")
        return FirmwareBuild.load(tmp_path / "build")

    return build
