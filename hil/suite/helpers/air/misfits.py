# SPDX-License-Identifier: MIT
"""What may be wrong with the HELLO of a head."""

from collections.abc import Callable

from hil.protocol import DataType, Flags, Message, Role
from hil.suite.helpers.air.scripted_head import ScriptedHead


def _said(**said: object) -> Callable[[ScriptedHead], Message]:
    return lambda head: head.hello(**said)


def _sized(more: int) -> Callable[[ScriptedHead], Message]:
    return lambda head: head.hello(tensor_size=head.tail.info.tensor_size + more)


def _other_type(head: ScriptedHead) -> Message:
    is_uint8 = head.tail.info.dtype is DataType.UINT8
    return head.hello(dtype=DataType.INT8 if is_uint8 else DataType.UINT8)


def _of_model(flip: int) -> Callable[[ScriptedHead], Message]:
    def say(head: ScriptedHead) -> Message:
        right = head.hello()
        return right._replace(model_id=right.model_id ^ flip)

    return say


def _cut(length: int) -> Callable[[ScriptedHead], Message]:
    def say(head: ScriptedHead) -> Message:
        right = head.hello()
        return right._replace(payload=(right.payload + b"\0")[:length])

    return say


MISFITS: dict[str, tuple[Callable[[ScriptedHead], Message], str]] = {
    "another model, by the lowest bit": (_of_model(1), "model_mismatch"),
    "another model, by the highest bit": (_of_model(1 << 31), "model_mismatch"),
    "a tensor a byte larger": (_sized(1), "model_mismatch"),
    "a tensor 65,536 bytes larger": (_sized(65_536), "model_mismatch"),
    "another data type": (_other_type, "model_mismatch"),
    "the HELLO of a tail": (_said(role=Role.TAIL), "protocol"),
    "the HELLO of a whole model": (_said(role=Role.FULL), "protocol"),
    "a HELLO of 15 bytes": (_cut(15), "protocol"),
    "a HELLO of 17 bytes": (_cut(17), "protocol"),
    "frames of 127 bytes": (_said(frame_limit=127), "mtu"),
    "an authenticated HELLO": (
        lambda head: head.hello()._replace(flags=Flags.AUTHENTICATED),
        "auth",
    ),
}
"""What is wrong with a HELLO, and the code by which it is refused."""

DAMAGES = {
    "its CRC": (42, 1),
    "its model, against its CRC": (20, 1),
    "its direction": (3, Flags.ANSWER),
    "its number of fragments": (14, 3),
    "its index": (12, 1),
    "its magic": (0, 1),
    "its version": (2, 0x30),
    "its type": (2, 8),
    "its flags": (3, 0x10),
}
"""What is wrong with a frame that is dropped: which byte, which bits."""
