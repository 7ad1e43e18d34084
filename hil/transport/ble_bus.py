# SPDX-License-Identifier: MIT
"""This computer's system bus of D-Bus, as far as BlueZ is asked on it. Lives in one event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from hil.errors import BluetoothError
from hil.transport.ble_words import RESTART, in_words, meaning, said

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

BLUEZ = "org.bluez"
BUS = "org.freedesktop.DBus"
PROPERTIES = f"{BUS}.Properties"
OBJECT_MANAGER = f"{BUS}.ObjectManager"

ANSWER_S = 8.0
"""How long an answer may take: D-Bus itself sets no limit."""


BUS_ENDED = "The system bus of D-Bus ended; start dbus again, and bluetooth with it."


class BusRefusal(BluetoothError):  # noqa: N818 - an answer, which the caller may have expected
    """A call was answered with an error.

    Attributes:
        name: of the error, such as ``org.bluez.Error.DoesNotExist``.
        why: what it means, as half a sentence.
        said: what it says.
    """

    def __init__(self, name: str, body: Sequence[object]) -> None:
        """Keep the name beside the sentence."""
        self.name = name
        self.why = meaning(name, body)
        self.said = said(name, body)
        super().__init__(f"BlueZ refuses: {self.why}.")


class SystemBus:
    """A connection to it, the one that ``DBUS_SYSTEM_BUS_ADDRESS`` names if set.

    Attributes:
        ended: done when the connection has ended.
    """

    def __init__(self, bus: "MessageBus") -> None:
        self._bus = bus
        self.ended = asyncio.ensure_future(self._end())

    @classmethod
    async def connect(cls) -> Self:
        """Connect.

        Raises:
            BluetoothError: it cannot be reached, or refuses this user.
        """
        from dbus_fast import BusType
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import AuthError, DBusError

        try:
            bus = MessageBus(bus_type=BusType.SYSTEM)
            try:
                async with asyncio.timeout(ANSWER_S):
                    await bus.connect()
            except BaseException:
                bus.disconnect()  # else its socket stays open
                raise
        except TimeoutError as error:
            raise BluetoothError(
                f"BLE needs D-Bus, and the system bus does not answer within {ANSWER_S:g} s: "
                "start it again, and bluetooth with it."
            ) from error
        except AuthError as error:
            raise BluetoothError(
                f"BLE needs D-Bus, and the system bus refuses this user ({in_words(error)}): "
                "allow it in the bus's configuration, or use a virtual board."
            ) from error
        except (OSError, EOFError, DBusError, ValueError) as error:
            raise BluetoothError(
                f"BLE needs D-Bus, and the system bus does not answer ({in_words(error)}): "
                "start dbus and bluetooth, or use a virtual board."
            ) from error
        return cls(bus)

    async def listen(self, heard: "Callable[[Message], None]", rules: Sequence[str]) -> None:
        """Call `heard` with every signal that fits one of the match rules.

        Raises:
            BluetoothError: as :meth:`call`.
        """
        self._bus.add_message_handler(heard)
        for rule in rules:
            await self.call("/org/freedesktop/DBus", BUS, "AddMatch", "s", [rule], to=BUS)

    async def call(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: Sequence[Any] = (),
        *,
        to: str = BLUEZ,
        starts: bool = False,
    ) -> list[Any]:
        """Call a method and return what it returns.

        Args:
            path: of the object.
            interface: of the method.
            member: its name.
            signature: of the arguments.
            body: the arguments.
            to: which service.
            starts: whether the bus may start the service for this.

        Raises:
            BusRefusal: it was answered with an error.
            BluetoothError: there was no answer within `ANSWER_S`, or the bus has ended.
        """
        from dbus_fast import Message, MessageFlag, MessageType

        flags = MessageFlag.NONE if starts else MessageFlag.NO_AUTOSTART
        message = Message(
            destination=to,
            path=path,
            interface=interface,
            member=member,
            flags=flags,
            signature=signature,
            body=list(body),
        )
        if self.ended.done():
            raise BluetoothError(BUS_ENDED)
        try:
            async with asyncio.timeout(ANSWER_S):
                reply = await self._bus.call(message)
        except TimeoutError as error:
            raise BluetoothError(
                f"BlueZ has not answered within {ANSWER_S:g} s ({member}); {RESTART}."
            ) from error
        except (OSError, EOFError) as error:
            raise BluetoothError(BUS_ENDED) from error
        if reply is None:
            raise BluetoothError(BUS_ENDED)
        if reply.message_type is MessageType.ERROR:
            raise BusRefusal(reply.error_name or "", reply.body)
        return list(reply.body)

    def close(self) -> None:
        """Disconnect."""
        self._bus.disconnect()

    async def _end(self) -> None:
        end: Any = self._bus.wait_for_disconnect  # without types
        with contextlib.suppress(OSError, EOFError):  # by itself, or by this end: it has ended
            await end()
