# SPDX-License-Identifier: MIT
"""The virtual processor: exact instruction counts, and every way to die ends as a Trap."""

import pytest
from wasmtime import TrapCode, wat2wasm

from hil.sim.chip.machine import (
    CYCLES_PER_INSTRUCTION,
    IMPORTS_PER_CALL,
    Machine,
    ModuleRejectedError,
    Trap,
)
from hil.sim.chip.panic import panic_lines, watchdog_lines

WAT = """
(module
  (import "port" "now" (func $now (result i64)))
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "now") (result i64) call $now)
  (func (export "peek") (param i32) (result i32) local.get 0 i32.load)
  (func $wild (export "wild") (result i32) i32.const -16 i32.load)
  (func (export "trap") unreachable)
  (func (export "divide") (param i32) (result i32) i32.const 1 local.get 0 i32.div_u)
  (func $deep (export "deep") call $deep)
  (func (export "hang") (loop br 0))
  (func (export "wait") (loop (drop (call $now)) br 0)))
"""
BUDGET = 1_000_000


def machine() -> Machine:
    return Machine(wat2wasm(WAT), {"now": lambda: 42}, BUDGET)


def test_a_call_returns_its_result_and_imports_are_served() -> None:
    assert machine().call("add", 2, 3) == 5
    assert machine().call("now") == 42


def test_the_same_call_always_takes_the_same_number_of_cycles() -> None:
    one = machine()
    one.call("add", 1, 1)
    first = one.elapsed
    one.call("add", 7, 9)
    assert one.elapsed == first > 0
    assert first % CYCLES_PER_INSTRUCTION == 0


def test_memory_is_shared_with_the_module() -> None:
    one = machine()
    one.write(8, (1234).to_bytes(4, "little"))
    assert one.call("peek", 8) == 1234
    assert one.read(8, 2) == b"\xd2\x04"


@pytest.mark.parametrize(
    ("export", "arguments", "code", "cause"),
    [
        ("wild", (), TrapCode.MEMORY_OUT_OF_BOUNDS, "LoadProhibited"),
        ("trap", (), TrapCode.UNREACHABLE, "IllegalInstruction"),
        ("divide", (0,), TrapCode.INTEGER_DIVISION_BY_ZERO, "IntegerDivideByZero"),
    ],
)
def test_a_fault_is_a_trap_that_prints_as_a_panic(
    export: str, arguments: tuple[int, ...], code: TrapCode, cause: str
) -> None:
    with pytest.raises(Trap) as caught:
        machine().call(export, *arguments)
    assert caught.value.code == code
    lines = list(panic_lines(caught.value, "ab" * 32))
    assert lines[0].startswith(f"Guru Meditation Error: Core  0 panic'ed ({cause})")
    assert any(line.startswith("Backtrace: 0x4200") for line in lines)
    assert lines[-1] == "Rebooting..."


def test_a_backtrace_names_the_function() -> None:
    with pytest.raises(Trap) as caught:
        machine().call("wild")
    assert caught.value.frames[0].function == "wild"


def test_a_stack_overflow_is_a_trap() -> None:
    with pytest.raises(Trap) as caught:
        machine().call("deep")
    assert caught.value.code in {TrapCode.STACK_OVERFLOW, TrapCode.OUT_OF_FUEL}


def test_an_endless_loop_ends_when_its_time_is_up() -> None:
    one = machine()
    with pytest.raises(Trap) as caught:
        one.call("hang")
    assert caught.value.code == TrapCode.OUT_OF_FUEL
    assert BUDGET - 100 <= one.elapsed <= BUDGET
    assert "Task watchdog" in next(watchdog_lines(caught.value, "node", "node", 5000, "ab" * 32))


def test_a_loop_that_waits_by_asking_the_machine_ends_as_of_when_its_time_is_up() -> None:
    asked = []
    budget = 100 * IMPORTS_PER_CALL * CYCLES_PER_INSTRUCTION
    one = Machine(wat2wasm(WAT), {"now": lambda: asked.append(0) or 42}, budget)
    with pytest.raises(Trap) as caught:
        one.call("wait")
    assert caught.value.code == TrapCode.OUT_OF_FUEL
    assert (len(asked), one.elapsed) == (IMPORTS_PER_CALL + 1, budget)
    assert one.call("now") == 42


def test_the_machine_goes_on_after_a_trap() -> None:
    one = machine()
    with pytest.raises(Trap):
        one.call("trap")
    assert one.call("add", 1, 2) == 3


@pytest.mark.parametrize(
    "module",
    [
        b"",
        b"\0asm",
        wat2wasm('(module (import "env" "puts" (func)))'),
        wat2wasm('(module (import "port" "unknown" (func)))'),
        wat2wasm("(module)"),
    ],
    ids=["empty", "truncated", "foreign import", "unknown import", "no memory"],
)
def test_a_module_of_another_kind_is_rejected(module: bytes) -> None:
    with pytest.raises(ModuleRejectedError):
        Machine(module, {}, BUDGET)


def test_a_missing_export_is_rejected() -> None:
    with pytest.raises(ModuleRejectedError, match="no function boot"):
        machine().call("boot")
