# SPDX-License-Identifier: MIT
"""What a board says on a port in memory."""

from fake_port import FakePort

from hil.protocol.console.line import crc16

LONG = 5.0


PANICS = [
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
    "abort() was called at PC 0x42008ab3 on core 0",
    "assert failed: app_main main.c:42 (ptr != NULL)",
    "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).",
    "\x1b[0;31mE (5313) task_wdt: Task watchdog got triggered. The following tasks did not reset",
    "***ERROR*** A stack overflow in task inference has been detected.",
]


def checked(text: str) -> bytes:
    return f"{text} *{crc16(text.encode()):04x}\r\n".encode()


def answer_with(port: FakePort, *lines: bytes) -> None:
    """Answer the next request with lines in which N stands for its number."""

    def reply(data: bytes) -> None:
        number = data.split()[0].lstrip(b"\0#").decode()
        for line in lines:
            text = line.decode().replace("#N", f"#{number}")
            port.feed(checked(text))

    port.on_write = reply


def panic(*addresses: int) -> bytes:
    """A panic of one core, as panic.c prints it."""
    stack = "".join(f" 0x{each:08x}:0x3fc9b2f0" for each in addresses)
    return f"\r\n{PANICS[0]}\r\n\r\n\r\nBacktrace:{stack}\r\n\r\n\r\n\r\n".encode()
