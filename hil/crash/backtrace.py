# SPDX-License-Identifier: MIT
"""Backtraces as the panic handler prints them, and what is told of them. Pure.

Under Xtensa's windowed ABI the two upper bits of a return address hold the size of the caller's
window, and the address is that of the instruction behind the call. What ESP-IDF prints behind
``Backtrace:`` has both corrected (``esp_backtrace_print_from_frame`` puts every address, the first
included, through ``esp_cpu_process_stack_pc``); the registers ``PC`` and ``A0`` of the dump above
it and the ROM's ``Saved PC`` are raw. The first address is thereby 3 bytes before the instruction
that failed, which may be another line; the dump's ``PC`` mends that.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePath

MACHINERY = re.compile(
    r"panic_abort|esp_system_abort|abort|__assert(?:_func)?|_esp_error_check_failed|"
    r"__stack_chk_fail|vApplicationStackOverflowHook|task_wdt_\w+|__ubsan_\w+"
)
"""Functions by which a panic begins: who called them is to be named."""

ROM = range(0x4000_0000, 0x4006_0000)
"""Where the ESP32-S3 has its ROM, which no ELF file of an application describes."""

_SHOWN = 3

MOST_BACKTRACES, _MOST_FRAMES = 8, 256
"""What is taken of a panic: two cores print theirs, of at most 100 frames each."""

_BACKTRACE = re.compile(r"Backtrace:((?: ?0x[0-9a-f]{1,8}:0x[0-9a-f]{1,8})*)(?: ?\|<-(\w+))?", re.I)
_ADDRESS = re.compile(r"0x([0-9a-f]{1,8}):", re.I)
_NUMBERED = re.compile(r"^ +#\d+ +0x([0-9a-f]{1,8}) in (\S{1,200})", re.I)
_REGISTERS = re.compile(r"^PC +: 0x([0-9a-f]{8}) .* A0 +: 0x([0-9a-f]{8})", re.I)
_SAVED = re.compile(r"^Saved PC:0x([0-9a-f]{1,8})", re.I)


@dataclass(frozen=True, slots=True)
class Frame:
    """One function on the stack.

    Attributes:
        address: of the instruction that was at work in it.
        function: its name; empty if unknown.
        file: path of its source as the compiler was given it; empty if unknown.
        line: in that file; 0 if unknown.
        inlined: whether its code is part of the next frame's function.
    """

    address: int
    function: str = ""
    file: str = ""
    line: int = 0
    inlined: bool = False

    @property
    def brief(self) -> str:
        """The function and the last part of its file's path, or what else there is to say."""
        if not self.function:
            return f"0x{self.address:08x}{' in ROM' if self.address in ROM else ''}"
        if not self.file:
            return self.function
        return f"{self.function} ({PurePath(self.file).name}:{self.line or '?'})"

    def __str__(self) -> str:
        """Return everything on one line."""
        where = f" at {self.file}:{self.line or '?'}" if self.file else ""
        inlined = " (inlined)" if self.inlined else ""
        name = self.function or ("in ROM" if self.address in ROM else "?")
        return f"0x{self.address:08x} {name}{inlined}{where}"


@dataclass(slots=True)
class Backtrace:
    """The stack of one core.

    Attributes:
        addresses: innermost first, corrected.
        ending: why there are no more: ``CORRUPTED``, ``CONTINUES``, or empty.
        printed: frames with names that the board itself has printed, as the virtual one does.
        decoded: frames by the ELF file.
        source: by what they were decoded, or why they were not; empty until that was tried.
    """

    addresses: tuple[int, ...]
    ending: str = ""
    printed: list[Frame] = field(default_factory=list)
    decoded: list[Frame] = field(default_factory=list)
    source: str = ""

    @property
    def frames(self) -> list[Frame]:
        """The best that is known of it, innermost first."""
        return self.printed or self.decoded or [Frame(each) for each in self.addresses]


def call_address(word: int) -> int:
    """Return the address before a raw return address, as ``esp_cpu_process_stack_pc`` does."""
    if word & 0x8000_0000:
        word = (word & 0x3FFF_FFFF) | 0x4000_0000
    return (word - 3) & 0xFFFF_FFFF


class BacktraceReader:
    """Picks backtraces out of a panic's lines.

    Attributes:
        found: the backtraces so far; the first is that of the core that panicked.
    """

    def __init__(self) -> None:
        self.found: list[Backtrace] = []
        self._registers: tuple[int, int] | None = None

    def observe(self, line: str) -> None:
        """Take a line; those without anything of a backtrace change nothing."""
        if match := _REGISTERS.match(line):
            self._registers = int(match[1], 16), int(match[2], 16)
        elif match := _BACKTRACE.search(line):
            self._add([int(each, 16) for each in _ADDRESS.findall(match[1])], match[2] or "")
        elif (match := _NUMBERED.match(line)) and self.found:
            if len(self.found[-1].printed) < _MOST_FRAMES:
                self.found[-1].printed.append(Frame(int(match[1], 16), match[2]))
        elif (match := _SAVED.match(line)) and not self.found:
            self.found.append(Backtrace((int(match[1], 16),)))

    def _add(self, addresses: list[int], ending: str) -> None:
        registers, self._registers = self._registers, None
        if registers is not None:
            counter, caller = registers
            if addresses[:1] == [call_address(counter)]:
                addresses[0] = counter
            if ending == "CORRUPTED" and len(addresses) == 1 and caller:
                addresses.append(call_address(caller))
        if addresses and len(self.found) < MOST_BACKTRACES:
            self.found.append(Backtrace(tuple(addresses[:_MOST_FRAMES]), ending))


def brief(frames: list[Frame]) -> str:
    """Return the innermost frames that tell something, as half a sentence; empty without names."""
    start = next((i for i, each in enumerate(frames) if not MACHINERY.fullmatch(each.function)), 0)
    shown = frames[start : start + _SHOWN]
    if not any(each.function for each in shown):
        return ""
    return "in " + ", called from ".join(each.brief for each in shown)


def lines(backtrace: Backtrace) -> list[str]:
    """Return a backtrace as lines of text, one for each frame."""
    text = [f"#{number:<2} {frame}" for number, frame in enumerate(backtrace.frames)]
    if backtrace.ending == "CORRUPTED":
        text.append("The stack is damaged from here on: the last address may be wrong.")
    elif backtrace.ending == "CONTINUES":
        text.append("The stack goes on; ESP-IDF prints no more of it.")
    return text
