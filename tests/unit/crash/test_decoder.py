# SPDX-License-Identifier: MIT
"""Names and lines from ELF files that the compilers of this machine make."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from hil.crash.backtrace import Frame
from hil.crash.decoder import TOOLS, Decoder, NotDecoded, parse_addr2line

SOURCE = """
volatile int sink;
static inline __attribute__((always_inline)) int inner(int value)
{
    __asm__ volatile(".globl at_fault\\nat_fault: nop"); /* fault */
    return value + sink;
}
static inline __attribute__((always_inline)) int middle(int value)
{
    return inner(value) * 3; /* middle */
}
__attribute__((noinline)) int outer(int value)
{
    sink = value;
    return middle(value) + 1; /* outer */
}
int entry(int value)
{
    int result = outer(value);
    __asm__ volatile(".globl at_return\\nat_return: nop"); /* return */
    return result;
}
"""
LINES = {
    name: next(n for n, text in enumerate(SOURCE.splitlines(), 1) if f"/* {name} */" in text)
    for name in ("fault", "middle", "outer", "return")
}
OUTSIDE, IN_ROM = 0x4300_0000, 0x4005_6F5C


def compiled(directory: Path, compiler: str, *options: str) -> Path:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    source = directory / "firmware.c"
    source.write_text(SOURCE)
    elf = directory / "firmware.elf"
    layout = ("-nostdlib", "-Wl,-Ttext=0x42000000", "-Wl,-e,entry")
    if compiler == "gcc":
        layout += ("-static", "-no-pie", "-fno-pie", "-Wl,--build-id=none", "-fcf-protection=none")
    subprocess.run(
        [compiler, "-O1", "-ffunction-sections", *options, *layout, source, "-o", elf],
        check=True,
        capture_output=True,
    )
    return elf


@pytest.fixture(
    scope="module",
    params=[("gcc", "-gdwarf-4"), ("gcc", "-gdwarf-5"), ("xtensa-lx106-elf-gcc", "-gdwarf-4")],
    ids=" ".join,
)
def elf(request, tmp_path_factory) -> Path:
    compiler, debug = request.param
    return compiled(tmp_path_factory.mktemp("elf"), compiler, debug)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr("hil.crash.decoder._INLINING_S", 60.0)
    monkeypatch.setattr("hil.crash.decoder._LINES_S", 60.0)


@pytest.fixture
def no_tool(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def addresses(elf: Path) -> list[int]:
    with elf.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        return [
            symbols.get_symbol_by_name(name)[0]["st_value"] for name in ("at_fault", "at_return")
        ]


def stack(elf: Path) -> list[Frame]:
    """What is to be told of the two addresses of the source."""
    source = str(elf.with_name("firmware.c"))
    fault, back = addresses(elf)
    return [
        Frame(fault, "inner", source, LINES["fault"], inlined=True),
        Frame(fault, "middle", source, LINES["middle"], inlined=True),
        Frame(fault, "outer", source, LINES["outer"]),
        Frame(back, "entry", source, LINES["return"]),
    ]


def test_functions_lines_and_what_was_inlined_are_named(elf, no_tool):
    assert Decoder(elf).decode(addresses(elf)) == stack(elf)


@pytest.mark.parametrize("name", TOOLS)
def test_the_toolchains_addr2line_tells_the_same(elf, name, tmp_path, monkeypatch):
    tool = shutil.which("xtensa-lx106-elf-addr2line") or shutil.which("addr2line")
    if tool is None:
        pytest.skip("addr2line is not installed")
    (tmp_path / name).symlink_to(tool)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Decoder(elf).decode(addresses(elf)) == stack(elf)
    assert Decoder(elf).decode([OUTSIDE]) == [Frame(OUTSIDE)]


def test_a_tool_that_fails_is_done_without(elf, tmp_path, monkeypatch):
    tool = tmp_path / TOOLS[0]
    tool.write_text("#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Decoder(elf).decode(addresses(elf)) == stack(elf)


def test_a_file_that_was_built_anew_meanwhile_names_nothing(tmp_path, monkeypatch):
    (tmp_path / TOOLS[0]).symlink_to(shutil.which("addr2line") or pytest.skip("no addr2line"))
    elf = compiled(tmp_path, "gcc", "-gdwarf-4")
    fault = addresses(elf)
    monkeypatch.setenv("PATH", str(tmp_path))
    decoder = Decoder(elf)
    assert decoder.decode(fault[:1])
    elf.write_bytes(elf.read_bytes() + b"\0")
    with pytest.raises(NotDecoded, match="not what it was when the firmware was flashed"):
        decoder.decode(fault)


def test_a_decoder_that_is_stuck_in_a_file_is_not_waited_for(elf, monkeypatch):
    monkeypatch.setattr("hil.crash.decoder._LOCK_PATIENCE_S", 0.01)
    decoder = Decoder(elf)
    with decoder._lock, pytest.raises(NotDecoded, match="keeps its decoder busy"):
        decoder.decode([OUTSIDE])


def test_addresses_outside_of_the_firmware_have_no_name(elf, no_tool):
    assert Decoder(elf).decode([OUTSIDE, IN_ROM, 0]) == [Frame(OUTSIDE), Frame(IN_ROM), Frame(0)]


def test_without_debugging_information_functions_are_named(tmp_path):
    elf = compiled(tmp_path, "gcc", "-g0")
    fault, back = addresses(elf)
    assert Decoder(elf).decode([fault, back]) == [Frame(fault, "outer"), Frame(back, "entry")]


def test_in_a_hurry_functions_and_lines_are_named_all_the_same(elf, no_tool, monkeypatch):
    monkeypatch.setattr("hil.crash.decoder._INLINING_S", 0.0)
    fault, back = addresses(elf)
    source = str(elf.with_name("firmware.c"))
    assert Decoder(elf).decode([fault, back]) == [
        Frame(fault, "outer", source, LINES["fault"]),
        Frame(back, "entry", source, LINES["return"]),
    ]


def test_in_a_great_hurry_functions_are_named_all_the_same(elf, no_tool, monkeypatch):
    monkeypatch.setattr("hil.crash.decoder._LINES_S", 0.0)
    fault, back = addresses(elf)
    assert Decoder(elf).decode([fault, back]) == [Frame(fault, "outer"), Frame(back, "entry")]


def test_a_decoder_prepared_in_the_background_tells_the_same(elf, no_tool):
    decoder = Decoder(elf)
    decoder.prepare()
    assert decoder.decode(addresses(elf)) == stack(elf)


def test_the_same_file_has_one_decoder_and_a_new_one_another(tmp_path):
    path = tmp_path / "app.elf"
    path.write_bytes(b"1")
    first = Decoder.of(path)
    assert Decoder.of(path) is first
    path.write_bytes(b"12")
    assert Decoder.of(path) is not first


def test_an_elf_file_of_other_firmware_names_nothing(elf, no_tool):
    digest = hashlib.sha256(elf.read_bytes()).hexdigest()
    assert Decoder(elf).decode(addresses(elf)[:1], digest[:9])
    with pytest.raises(NotDecoded, match="not the ELF file of what runs"):
        Decoder(elf).decode(addresses(elf), "0" * 9)


@pytest.mark.parametrize("content", [b"", b"no ELF file", b"\x7fELF\x01\x01\x01" + b"\xff" * 60])
def test_a_file_that_cannot_be_used_is_told(content, tmp_path, no_tool):
    path = tmp_path / "bad.elf"
    path.write_bytes(content)
    with pytest.raises(NotDecoded, match="not a sound ELF file"):
        Decoder(path).decode([1])


def test_a_damaged_file_is_told_or_names_less_but_never_breaks(elf, tmp_path, no_tool):
    whole = elf.read_bytes()
    for cut in range(len(whole) // 8, len(whole), len(whole) // 8):
        path = tmp_path / "cut.elf"
        path.write_bytes(whole[:cut])
        try:
            Decoder(path).decode(addresses(elf))
        except NotDecoded:
            continue


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotDecoded, match="cannot be read"):
        Decoder.of(tmp_path / "gone.elf").decode([1])


def test_answers_of_addr2line_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="1 answers to 2"):
        parse_addr2line("0x42000000\nouter\n/a.c:1 (discriminator 2)\n", [1, 2])
