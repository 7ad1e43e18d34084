# SPDX-License-Identifier: MIT
"""Time from a panic's last line to the exception with named functions; prints one JSON object.

``virtual``: a test build on a virtual board crashes while a test waits for it. ``chip``: a panic as
ESP-IDF prints it comes over a pseudo-terminal, and its addresses are looked up in an ELF file of
the size that an application with TFLM and radios has: by addr2line under the toolchain's name, and
by pyelftools. Times are between entries of the console's log (``time.monotonic()``) and the
exception in the waiting thread. Exits with 1 if one takes more than 200 ms.

Usage: python benchmarks/panic_latency.py [rounds] [ELF file of the firmware, to take in place of
one that is made with gcc]
"""

import concurrent.futures
import functools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from elftools.elf.elffile import ELFFile

from hil.board.board import Board
from hil.console.console import Console
from hil.crash.decoder import TOOLS, Decoder
from hil.errors import BoardPanic
from hil.firmware.build import FirmwareBuild

ROOT = Path(__file__).parents[1]
LIMIT_MS = 200
DEPTH = 16  # frames of a typical backtrace
FILES, FUNCTIONS, TYPES = 160, 80, 150
LAST_WORDS = "Rebooting..."
ROM = b"ESP-ROM:esp32s3-20210327\r\nrst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
ROM_DELAY_S = 0.02


def make_elf(directory: Path) -> Path:
    """Compile an ELF file of about 20 MB with DWARF 4, as ESP-IDF has it."""

    def compile_one(number: int) -> Path:
        text = ["extern volatile int sink;" if number else "volatile int sink;"]
        for t in range(TYPES):
            text.append(
                f"typedef struct s{t} {{ int a, b[4]; struct s{t} *next; int (*f)(int); }} s{t};"
            )
        for f in range(FUNCTIONS):
            text.append(
                f"static inline int h{f}(int x, s{f} *p)\n{{\n  sink = x;\n  return x * p->a;\n}}\n"
                f"int f_{number}_{f}(int n, s{f} *p)\n{{\n  int sum = 0;\n"
                f"  for (int i = 0; i < n; i++) {{\n    sum += h{f}(i, p);\n    sink = sum;\n  }}\n"
                "  return sum;\n}\n"
            )
        source = directory / f"m{number}.c"
        source.write_text("\n".join(text))
        command = ["gcc", "-g", "-gdwarf-4", "-O2", "-ffunction-sections", "-fno-pie", "-c"]
        subprocess.run([*command, source, "-o", source.with_suffix(".o")], check=True)
        return source.with_suffix(".o")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, range(FILES)))
    elf = directory / "firmware.elf"
    layout = ("-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x42000000", "-Wl,-e,f_0_0")
    subprocess.run(["gcc", *layout, *objects, "-o", elf], check=True)
    return elf


def stack_in(elf: Path) -> list[int]:
    """Choose addresses in functions all over the file, always the same."""
    with elf.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        functions = [
            (each["st_value"], each["st_size"])
            for each in symbols
            if each["st_info"]["type"] == "STT_FUNC" and each["st_size"] > 16
        ]
    chosen = random.Random(4).sample(sorted(functions), DEPTH)
    return [start + size // 2 for start, size in chosen]


def latency_ms(console: Console, crash: Callable[[], None], last: str) -> float:
    """Have a board crash, and return the time from its line ``last`` to the exception."""
    crash()
    try:
        console.wait_event("of no name", 10)
    except BoardPanic as error:
        now, sentence = time.monotonic(), str(error)
    if ", in " not in sentence:
        raise SystemExit(f"no function is named: {sentence}")
    line = next(each for each in reversed(console.log) if each.text.startswith(last))
    return (now - line.host_time) * 1000


def on_virtual_board(rounds: int) -> list[float]:
    """Measure with the test build on a virtual board."""
    build = FirmwareBuild.load(ROOT / "firmware" / "virtual" / "prebuilt-test")
    found = []
    with Board.open() as board:
        board.flash(build, None)
        for _ in range(rounds):
            board.reset()
            crash = functools.partial(board.console.request, "crash")
            found.append(latency_ms(board.console, crash, LAST_WORDS))
    return found


def speak(terminal: int, panic: bytes, restarts: bool) -> None:
    """Be a board that panics and, perhaps, restarts."""
    os.write(terminal, panic)
    if restarts:
        time.sleep(ROM_DELAY_S)
        os.write(terminal, ROM)


def over_terminal(elf: Path, rounds: int, ending: str) -> list[float]:
    """Measure with panics over a pseudo-terminal; ``ending`` is what the handler says last."""
    addresses = stack_in(elf)
    last = ending or "Backtrace:"
    stack = "".join(f" 0x{each:08x}:0x3fc9b2f0" for each in addresses)
    panic = (
        "\r\nGuru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled."
        f"\r\n\r\n\r\nBacktrace:{stack}\r\n\r\n{ending}\r\n"
    ).encode()
    found = []
    for _ in range(rounds):
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        with Console.open(os.ttyname(theirs)) as console:
            decoder = Decoder(elf)  # a new one: nothing is known of the addresses
            decoder.decode([0])  # prepared, as it is while the board is being flashed
            console._faults._decoder = decoder
            board = threading.Thread(target=speak, args=(ours, panic, ending == LAST_WORDS))
            found.append(latency_ms(console, board.start, last))
        board.join()
        os.close(ours)
        os.close(theirs)
    return found


def main() -> None:
    """Measure ``rounds`` times each, and judge the slowest."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    cases = {"virtual": on_virtual_board(rounds)}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        elf = Path(sys.argv[2]) if len(sys.argv) > 2 else make_elf(directory)
        size = elf.stat().st_size
        tool = next(filter(None, map(shutil.which, (*TOOLS, "addr2line"))), None)
        tools = directory / "bin"
        tools.mkdir()
        for how in ("pyelftools", *(["addr2line"] if tool else [])):
            if how == "addr2line":
                (tools / TOOLS[0]).symlink_to(str(tool))
            os.environ["PATH"] = str(tools)
            for label, ending in (
                ("rebooting", LAST_WORDS),
                ("halted", "CPU halted."),
                ("cut", ""),
            ):
                cases[f"chip_{how}_{label}"] = over_terminal(elf, rounds, ending)
    worst = max(max(each) for each in cases.values())
    result = {
        "rounds": rounds,
        "elf_bytes": size,
        "frames": DEPTH,
        "worst_ms": {name: round(max(each), 1) for name, each in cases.items()},
        "limit_ms": LIMIT_MS,
    }
    print(json.dumps(result, indent=2))
    sys.exit(worst > LIMIT_MS)


if __name__ == "__main__":
    main()
