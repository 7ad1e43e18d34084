# SPDX-License-Identifier: MIT
"""Looks one address up in a DWARF line program (versions 2 to 5) without building its table.

pyelftools turns a whole program into objects: 40 ms for a large source file, and a backtrace
touches a dozen. This stops at the row that is wanted.
"""

from posixpath import isabs, join
from typing import Any


class FileNames:
    """Paths by the numbers that a line program and its unit use.

    Args:
        unit: pyelftools' compilation unit.
        program: its line program.
    """

    def __init__(self, unit: Any, program: Any) -> None:
        header = program.header
        self._first = 0 if header["version"] >= 5 else 1
        self._files = header["file_entry"]
        self._directories = [_text(each) for each in header["include_directory"]]
        compiled_in = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
        self._compiled_in = _text(compiled_in.value) if compiled_in else ""

    def __getitem__(self, number: int | None) -> str:
        """Return a path, absolute where the compiler's was; empty for a number without file."""
        index = -1 if number is None else number - self._first
        if not 0 <= index < len(self._files):
            return ""
        entry = self._files[index]
        directory = entry.dir_index - self._first
        path = _text(entry.name)
        if 0 <= directory < len(self._directories) and not isabs(path):
            path = join(self._directories[directory], path)
        return path if isabs(path) else join(self._compiled_in, path)


def row_of(program: Any, address_size: int, wanted: int) -> tuple[int, int] | None:
    """Return file number and line of an address, or None if the program does not reach it.

    Args:
        program: pyelftools' line program.
        address_size: bytes of an address.
        wanted: the address.
    """
    header = program.header
    step, base = header["minimum_instruction_length"], header["line_base"]
    span, first = header["line_range"], header["opcode_base"]
    lengths = header["standard_opcode_lengths"]
    program.stream.seek(program.program_start_offset)
    code = program.stream.read(program.program_end_offset - program.program_start_offset)
    at, end = 0, len(code)
    address, file, line = 0, 1, 1
    last: tuple[int, int, int] | None = None
    while at < end:
        opcode = code[at]
        at += 1
        ends = False
        if opcode >= first:
            address += (opcode - first) // span * step
            line += base + (opcode - first) % span
        elif opcode == _EXTENDED:
            size, at = _unsigned(code, at)
            ends = code[at] == _END_SEQUENCE
            if code[at] == _SET_ADDRESS:
                address = int.from_bytes(code[at + 1 : at + 1 + address_size], "little")
            at += size
            if not ends:
                continue
        elif opcode == _COPY:
            pass
        else:
            if opcode == _ADVANCE_PC:
                value, at = _unsigned(code, at)
                address += value * step
            elif opcode == _ADVANCE_LINE:
                value, at = _signed(code, at)
                line += value
            elif opcode == _SET_FILE:
                file, at = _unsigned(code, at)
            elif opcode == _CONST_ADD_PC:
                address += (255 - first) // span * step
            elif opcode == _FIXED_ADVANCE_PC:
                address += int.from_bytes(code[at : at + 2], "little")
                at += 2
            else:
                for _ in range(lengths[opcode - 1]):
                    _, at = _unsigned(code, at)
            continue
        if last is not None and last[0] <= wanted < address:
            return last[1], last[2]
        last = None if ends else (address, file, line)
        if ends:
            address, file, line = 0, 1, 1
    return None


_EXTENDED, _COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE = 0, 1, 2, 3, 4
_CONST_ADD_PC, _FIXED_ADVANCE_PC = 8, 9
_END_SEQUENCE, _SET_ADDRESS = 1, 2


def _unsigned(code: bytes, at: int) -> tuple[int, int]:
    """Read a LEB128 number; return it and what follows its last byte."""
    value = shift = 0
    while True:
        byte = code[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _signed(code: bytes, at: int) -> tuple[int, int]:
    start = at
    value, at = _unsigned(code, at)
    bits = 7 * (at - start)
    return (value - (1 << bits) if value >> (bits - 1) else value), at


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
