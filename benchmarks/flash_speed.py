# SPDX-License-Identifier: MIT
"""How long the bare esptool takes to write 4 MB into a virtual board; prints one JSON object.

What the harness's own flashing takes is to be compared with this. Two payloads: one that does not
compress, which is the most work, and one that mostly does, like firmware with erased gaps. The
board runs in this process, so ``board_cpu_s`` is its share; esptool has a process of its own.

Usage: python benchmarks/flash_speed.py [rounds]
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from hil.sim.board import VirtualBoard
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.chip.nor import MIB, NorFlash
from hil.sim.chip.reset import ResetReason

SIZE = 4 * MIB
ESPTOOL = "from hil.serialport import install; install(); import esptool; esptool._main()"


class Silent:
    """An application that does nothing, so that only flashing is measured."""

    def __init__(self, _board: VirtualBoard, _reason: ResetReason) -> None:
        pass

    def feed(self, _data: bytes) -> None:
        """Ignore the console."""

    def halt(self) -> None:
        """Nothing is running."""


async def write(board: VirtualBoard, image: Path, content: bytes) -> dict[str, float]:
    """Write ``image``, which holds ``content``, at address 0; return wall-clock and CPU seconds."""
    cpu, started = time.process_time(), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ESPTOOL, "--port", board.url, "--baud", "921600"),
        *("write-flash", "0x0", str(image)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"esptool failed:\n{output.decode(errors='replace')}")
    if board.flash.read(0, SIZE) != content:
        raise SystemExit("esptool succeeded, but the flash holds something else")
    return {
        "esptool_s": round(seconds, 2),
        "board_cpu_s": round(time.process_time() - cpu, 2),
        "mbyte_per_s": round(SIZE / seconds / 1e6, 2),
    }


async def measure(rounds: int) -> dict[str, object]:
    """Return the fastest of ``rounds`` for each payload."""
    noise = random.Random(1)
    payloads = {
        "incompressible": noise.randbytes(SIZE),
        "sparse": (b"\xff" * (7 * 4096) + noise.randbytes(4096)) * (SIZE // (8 * 4096)),
    }
    result: dict[str, object] = {"bytes": SIZE, "rounds": rounds}
    board = VirtualBoard(esp32s3(virtual_mac(1)), NorFlash(), Silent)
    await board.start()
    with tempfile.TemporaryDirectory() as directory:
        for name, payload in payloads.items():
            image = Path(directory) / f"{name}.bin"
            image.write_bytes(payload)
            runs = [await write(board, image, payload) for _ in range(rounds)]
            result[name] = min(runs, key=lambda run: run["esptool_s"])
    await board.close()
    return result


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3)), indent=2))
