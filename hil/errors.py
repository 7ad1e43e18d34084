# SPDX-License-Identifier: MIT
"""The errors of the harness, sorted by whose fault they are.

Every message is one sentence that says what is wrong and what to do about it. The class decides
how a run ends (docs/architecture.md): bad input is the caller's to mend (exit code 2), an
infrastructure error says nothing about the product (exit code 10, JUnit ``<error>``), a product
failure is what the harness exists to find (exit code 1, JUnit ``<failure>``).
"""

from hil.host.printable import printable
from hil.host.shortened import shortened

LONGEST = 4_000
"""Characters of a sentence that is shown; what boards and files say is quoted in many."""


class HilError(Exception):
    """Base of every error that the harness raises on purpose.

    Its sentence can be shown as it is: what is in it of other people's names is escaped.
    """

    exit_code = 1

    def __str__(self) -> str:
        """Return the sentence with control characters as escapes, and its middle cut if it is long.

        Boards and files are quoted in it.
        """
        return printable(shortened(super().__str__(), LONGEST), "\n\t")


class BadInputError(HilError):
    """Something the caller gave cannot be used: a model, a cut, a photo, an option.

    Attributes:
        at: keys and positions that lead to the mistake in a file of settings, from the top.
    """

    exit_code = 2

    def __init__(self, *arguments: object, at: tuple[str | int, ...] = ()) -> None:
        """Keep the place beside the sentence."""
        super().__init__(*arguments)
        self.at = at


class PlainFirmware(BadInputError):  # noqa: N818 - what the board has, not what went wrong
    """What was asked for needs firmware that speaks hil's console, and the board's does not."""


class InfrastructureError(HilError):
    """The rig, not the product, is at fault: nothing can be said about the product."""

    exit_code = 10


class PortMissingError(InfrastructureError):
    """The serial port does not exist or vanished."""


class PortBusyError(InfrastructureError):
    """Another program holds the serial port."""


class BoardBusyError(InfrastructureError):
    """Another run of hil holds the board; the message says whose and since when."""


class BoardLostError(InfrastructureError):
    """A board of a farm is not this session's any more, or is gone with what it was behind."""


class CoordinatorError(InfrastructureError):
    """The coordinator of a farm cannot be reached, does not answer, or has gone."""


class BoardQuarantinedError(InfrastructureError):
    """The board is set aside, being sick; the message says why, and how it is taken back."""


class WrongChipError(InfrastructureError):
    """What answers on the port is not an ESP32-S3, or not the kind of board the image is for."""


class FlashingError(InfrastructureError):
    """esptool could not write or verify the flash."""


class ResetError(InfrastructureError):
    """A board cannot be reset into its application: its lines or its console do not work."""


class ConsoleError(InfrastructureError):
    """The console connection broke on the host's side."""


class EdgeError(InfrastructureError):
    """The edge server is unreachable, died, or did not answer in time."""


class BluetoothError(InfrastructureError):
    """This computer's Bluetooth cannot be used, or does not reach the board."""


class LabError(InfrastructureError):
    """The process that runs the virtual boards did not start, or died."""


class HostError(InfrastructureError):
    """This computer, or a limit of this process, is short of something, or a right is missing."""


class ProductFailure(HilError):  # noqa: N818 - it is a verdict about the product, not an error
    """The firmware on a verified board does not do what it must."""

    exit_code = 1


class MessageLost(ProductFailure):
    """A message was asked and no answer came, though the other end is there.

    A link may lose messages on purpose, or be allowed to: who knows of it says so by ``tolerated``,
    and then it says nothing about the product.

    Attributes:
        code: ``edge_timeout``, ``edge_lost``, ``edge_unreachable`` or ``link_down`` of
            docs/protocol.md.
        tolerated: whether it is allowed.
        symptom: its name in docs/failures.md.
    """

    symptom = "unanswered"

    def __init__(self, code: str, message: str) -> None:
        """Keep the board's code beside its sentence."""
        super().__init__(message)
        self.code = code
        self.tolerated = False


class ModelRefused(BadInputError):  # noqa: N818 - the board's verdict, as BoardRefused
    """The board cannot run the model that was chosen for it; its sentence says why.

    Attributes:
        code: the error code of docs/protocol.md, such as ``arena``.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep the board's code beside its sentence."""
        super().__init__(message)
        self.code = code


class BootFailure(ProductFailure):
    """The board does not boot what was flashed and verified."""


class BoardPanic(ProductFailure):
    """The firmware panicked, ran into its watchdog, or reset without being asked.

    Attributes:
        by_watchdog: whether the watchdog found that it made no progress.
    """

    by_watchdog = False


class BoardSilent(ProductFailure):
    """The board stopped answering on a console that is still connected."""


class LineMissing(BoardSilent):
    """The board did not say what a test expected of it."""


class BudgetExceeded(ProductFailure):
    """A figure is beyond the limit that budgets.toml or a test sets it.

    Or it is not shown to be within it with the confidence that was asked for.
    """


class BoardRefused(ProductFailure):
    """The board answered a request with an error.

    Attributes:
        code: the error code of docs/protocol.md, for example ``slot_sha256``.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep the board's code beside its sentence."""
        super().__init__(message)
        self.code = code
