# SPDX-License-Identifier: MIT
"""Opening a serial port, and saying in one sentence why it cannot be opened."""

import errno

import serial

from hil.errors import BadInputError, InfrastructureError, PortBusyError, PortMissingError
from hil.serialport import install
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.permission import permission_sentence
from hil.serialport.ports import moves_rts
from hil.serialport.url import address
from hil.serialport.users import port_users

WRITE_PATIENCE_S = 10.0
"""Until a device has taken what is written; 16 KB, the largest window, last 1.5 s at 115,200 baud.
A board that hangs behind its own USB takes nothing."""

_REFUSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)


def open_port(port: str, baudrate: int = 115_200) -> serial.SerialBase:
    """Open a device or a pyserial URL without resetting the board.

    Args:
        port: ``/dev/ttyUSB0``, ``COM3``, ``rfc2217://host:port`` or ``socket://host:port``.
        baudrate: line rate in baud.

    Returns:
        The open port with ``timeout`` 0.1 s. Writing that takes more than 10 s raises
        ``serial.SerialTimeoutException``. A device is locked against every other program that
        asks for the lock, as esptool does. Closing it leaves DTR and RTS alone where that could
        reset the board.

    Raises:
        PortMissingError: there is no such device, or nothing listens at that address.
        PortBusyError: another program holds the port.
        BadInputError: ``port`` is not a form that pyserial knows.
        InfrastructureError: the operating system refuses for another reason.
    """
    install()
    try:
        _check_address(port)
        opened = serial.serial_for_url(
            port,
            baudrate=baudrate,
            timeout=0.1,
            write_timeout=WRITE_PATIENCE_S,
            exclusive=True,
        )
        if moves_rts(port):
            _keep_lines_on_close(opened)
        return opened
    except ValueError as error:
        raise BadInputError(
            f"serial port {port!r} cannot be used ({error}): give a device such as /dev/ttyUSB0 "
            "or a URL such as rfc2217://host:port"
        ) from error
    except PORT_FAILURES as error:
        raise _explain(port, error) from error


def _check_address(port: str) -> None:
    """Raise ``ValueError`` for a network URL without host or port; pyserial stumbles over it."""
    if port.startswith(("rfc2217://", "socket://")) and not all(address(port)):
        raise ValueError("host or port is missing")


def _keep_lines_on_close(port: serial.SerialBase) -> None:
    """Have the kernel not drop DTR and RTS at the last close (``HUPCL``).

    Of its bridge's RTS a CP2102C then makes something that pulls EN low; esptool 5.6 clears the
    flag too.
    """
    import termios  # not on Windows

    try:
        attributes = termios.tcgetattr(port.fileno())
        attributes[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
    except PORT_FAILURES:
        port.close()
        raise


def _explain(port: str, error: Exception) -> InfrastructureError:
    """Turn pyserial's exception into the harness's."""
    code, text = getattr(error, "errno", None), str(error)
    if code in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return PortMissingError(
            f"serial port {port} does not exist: plug the board in, or name another port "
            "('hil boards' lists them)"
        )
    if code in _REFUSED or "Connection refused" in text:
        return PortMissingError(
            f"nothing listens at {port}: start the server of that port, or name another port"
        )
    if code == errno.EACCES:
        return InfrastructureError(permission_sentence(port))
    if code == errno.EBUSY or "exclusively lock" in text or "closed by the server" in text:
        users = ", ".join(port_users(port)) or "another program"
        return PortBusyError(
            f"serial port {port} is in use by {users}: end it, or name another port"
        )
    return InfrastructureError(
        f"serial port {port} cannot be opened ({text}): check the connection"
    )
