# SPDX-License-Identifier: MIT
"""What a board can hold and how long it may run a head. Pure."""

from dataclasses import dataclass

from hil.protocol.slot import HEADER_SIZE


@dataclass(frozen=True)
class Limits:
    """The limits of one board; those of the virtual board if not given.

    Attributes:
        slot_bytes: of a model slot, its header included: ``model_0`` of firmware/partitions.csv.
        arena_bytes: for TFLM's tensors: ARENA_SIZE of firmware/virtual/machine.h (the chip's
            firmware has half as much again, for what esp-nn's kernels take besides).
        tensor_bytes: of the largest activation: TENSOR_CAPACITY there.
        watchdog_us: after which a run of the model is stopped: CONFIG_ESP_TASK_WDT_TIMEOUT_S.
    """

    slot_bytes: int = 0x300000
    arena_bytes: int = 1024 * 1024
    tensor_bytes: int = 80 * 80 * 96 * 4
    watchdog_us: int = 10_000_000

    def obstacles(
        self, flatbuffer: int, arena: int | None, activation: int, invoke_us: int
    ) -> tuple[str, ...]:
        """Return why a board cannot run a part of a model; nothing if it can.

        Args:
            flatbuffer: bytes of the part's ``.tflite``.
            arena: bytes that TFLM needs for it; None: not known.
            activation: bytes that it sends.
            invoke_us: that one run takes.
        """
        found = []
        if (over := HEADER_SIZE + flatbuffer - self.slot_bytes) > 0:
            found.append(f"{over:,} bytes more than the model slot")
        if arena is not None and (over := arena - self.arena_bytes) > 0:
            found.append(f"{over:,} bytes more than the arena")
        if (over := activation - self.tensor_bytes) > 0:
            found.append(f"the activation is {over:,} bytes larger than its buffer")
        if invoke_us > self.watchdog_us:
            found.append(f"runs longer than the watchdog's {self.watchdog_us / 1e6:g} s")
        return tuple(found)
