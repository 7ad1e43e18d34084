# SPDX-License-Identifier: MIT
"""The inference task: on a chip a FreeRTOS task around TFLM, here TFLM at simulated times."""

import itertools
import struct

from hil.model.tflite.verify import verify
from hil.protocol import ErrorCode
from hil.sim.chip.machine import Handler
from hil.sim.clock.clock import CYCLES_PER_US, Event
from hil.sim.clock.cost import copy_cycles, open_cycles, operator_cycles
from hil.sim.clock.profile import Profile
from hil.sim.kernels import ArenaError, InvokeError, ModelRejectedError, Runner, open_runner
from hil.sim.radio.peripheral import Processor

OK = 0


class InferenceTask:
    """Opens the model of the slot and runs it.

    Args:
        processor: whom it serves.
        watchdog_us: device time after which a run of the model is stopped.
        has_psram: whether there is the memory that the arena belongs in.
        profile: of a board, whose times for operators count in place of published ones.
    """

    def __init__(
        self,
        processor: Processor,
        watchdog_us: int,
        *,
        has_psram: bool,
        profile: Profile | None = None,
    ) -> None:
        self._processor = processor
        self._has_psram = has_psram
        self._watchdog_cycles = watchdog_us * CYCLES_PER_US
        self._runner: Runner | None = None
        self._profile = profile
        self._operators: list[float] = []  # cycles of each
        self._cycles = 0
        self._has_run = False
        self._input = b""
        self._running: Event | None = None

    def close(self) -> None:
        """Stop for good: the board is being reset."""
        if self._running is not None:
            self._running.cancel()

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {
            "model_open": self._open,
            "input_load": self._load,
            "invoke": self._start,
            "operator_times": self._times,
        }

    def _open(self, offset: int, length: int, arena_size: int) -> int:
        processor = self._processor
        model = processor.slot_bytes(offset, length)
        if model is None:
            return ErrorCode.SLOT_LENGTH
        code, text, sizes, cycles = OK, "", (0, 0, 0), 0
        try:
            if not self._has_psram:
                raise ArenaError("the arena belongs in PSRAM, and the board has none")
            runner = open_runner(model, arena_size)
        except ArenaError as error:
            code, text = ErrorCode.ARENA, str(error)
        except ModelRejectedError as error:
            code, text = ErrorCode.MODEL_INVALID, str(error)
        else:
            graph = verify(model)
            self._operators = operator_cycles(graph, self._profile)
            cycles, self._cycles = open_cycles(graph), int(sum(self._operators))
            self._has_run = False
            sizes = (runner.arena_used, runner.input.bytes, runner.output.bytes)
            self._runner = runner
        staged = text.encode()
        end = processor.now() + cycles
        processor.post(end, "on_model", code, len(staged), *sizes, staged=staged)
        return OK

    def _load(self, address: int, length: int) -> int:
        if self._runner is None:
            return ErrorCode.NO_MODEL
        if length != self._runner.input.bytes:
            return ErrorCode.TENSOR_SIZE
        self._processor.charge(copy_cycles(length))
        self._input = self._processor.read(address, length)
        return OK

    def _start(self) -> int:
        if self._runner is None:
            return ErrorCode.NO_MODEL
        started, clock = self._processor.now(), self._processor.clock
        if self._cycles > self._watchdog_cycles:
            end, call = started + self._watchdog_cycles, self._processor.starve
        else:
            end, call = started + self._cycles, self._finish
        self._running = clock.at(end, call)
        return OK

    def _times(self, address: int, capacity: int) -> int:
        """Give what each operator took, rounded so that their sum is what all of them took."""
        if not self._has_run:
            return 0
        ends = [int(cycles) // CYCLES_PER_US for cycles in itertools.accumulate(self._operators)]
        times = [end - start for start, end in itertools.pairwise([0, *ends])]
        data = struct.pack(f"<{len(times)}I", *times)[: capacity // 4 * 4]
        self._processor.write(address, data)
        return len(data)

    def _finish(self) -> None:
        assert self._runner is not None
        processor = self._processor
        try:
            output = self._runner.invoke(self._input)
        except InvokeError as error:
            staged = f"the model could not be run: {error}".encode()
            processor.run("on_invoked", ErrorCode.INVOKE, len(staged), 0, staged=staged)
            return
        self._has_run = True
        processor.write(processor.address_of("activation"), output)
        processor.run("on_invoked", OK, 0, len(output))
