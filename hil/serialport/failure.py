# SPDX-License-Identifier: MIT
"""What an open serial port raises when it fails, whichever of the system's calls found out."""

import sys

PORT_FAILURES: tuple[type[Exception], ...] = (OSError,)
"""``serial.SerialException`` is an ``OSError``; ``termios.error``, which pyserial 3.5 lets through
where it empties buffers or waits for them on a device that has gone, is not."""

if sys.platform != "win32":
    import termios

    PORT_FAILURES = (OSError, termios.error)
