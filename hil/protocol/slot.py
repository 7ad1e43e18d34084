# SPDX-License-Identifier: MIT
"""The header in front of a model in its flash partition (docs/protocol.md, section 4)."""

import hashlib
import math
import struct
import zlib
from dataclasses import dataclass

from hil.errors import BadInputError
from hil.host.printable import printable
from hil.protocol.codes import DataType, ProtocolError, Role

HEADER_SIZE = 4096
NAME_SIZE = 64
"""Bytes of the field for a model's name, of which one is zero at least."""
CUT_SIZE = 128
"""Bytes of the field for a cut's name, likewise."""

MOST_CLASSES = 0xFFFF
"""A RESULT counts the elements of an output in 16 bits."""

_MAGIC = 0x4D4C4948
_ERASED = 0xFFFFFFFF
_FORMAT = 1
MAX_RANK = 6
_HEADER = struct.Struct("<IHBBII32s32s40s40sI64s128s3736x")
_TENSOR = struct.Struct("<BBH6IfiI")
_CRC = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class SlotTensor:
    """A tensor as the header describes it.

    Attributes:
        dtype: element type.
        shape: 1 to 6 dimensions, each at least 1.
        scale: quantization scale, kept as float32; 0 if not quantized.
        zero_point: quantization zero point.
    """

    dtype: DataType
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def size(self) -> int:
        """Bytes of the tensor."""
        return math.prod(self.shape) * self.dtype.size

    def pack(self) -> bytes:
        """Return the 40 bytes of the description.

        Raises:
            BadInputError: the tensor has no dimension or more than six.
        """
        if not 1 <= len(self.shape) <= MAX_RANK:
            raise BadInputError(
                f"A model slot describes tensors of rank 1 to 6, not {len(self.shape)}; "
                "cut the model elsewhere."
            )
        return _TENSOR.pack(
            self.dtype,
            len(self.shape),
            0,
            *self.shape,
            *(0,) * (MAX_RANK - len(self.shape)),
            self.scale,
            self.zero_point,
            self.size,
        )

    @classmethod
    def parse(cls, data: bytes) -> "SlotTensor":
        """Read 40 bytes.

        Raises:
            ProtocolError: with reason tensor_size.
        """
        dtype, rank, _, *dimensions, scale, zero_point, size = _TENSOR.unpack(data)
        shape = tuple(dimensions[:rank])
        if dtype in list(DataType) and 1 <= rank <= MAX_RANK and all(shape):
            tensor = cls(DataType(dtype), shape, scale, zero_point)
            if tensor.size == size:
                return tensor
        raise ProtocolError(
            "tensor_size", "The model slot describes a tensor that cannot be; flash the model anew."
        )


@dataclass(frozen=True, slots=True)
class SlotHeader:
    """What a board knows about its model before it opens it.

    Attributes:
        role: the part of the model.
        length: bytes of the flatbuffer.
        model_id: names full model and cut, u32.
        sha256: of the flatbuffer, 32 bytes.
        full_sha256: of the full model it was cut from, 32 bytes.
        input: the tensor that goes in.
        output: the tensor that comes out.
        classes: number of classes of the full model.
        name: of the model, at most 63 bytes of UTF-8.
        cut: name of the cut, at most 127 bytes of UTF-8; empty for a full model.
    """

    role: Role
    length: int
    model_id: int
    sha256: bytes
    full_sha256: bytes
    input: SlotTensor
    output: SlotTensor
    classes: int
    name: str
    cut: str

    def pack(self) -> bytes:
        """Return the 4,096 bytes of the header.

        Raises:
            BadInputError: a name is too long or a tensor cannot be described.
        """
        packed = _HEADER.pack(
            _MAGIC,
            _FORMAT,
            self.role,
            0,
            self.length,
            self.model_id,
            self.sha256,
            self.full_sha256,
            self.input.pack(),
            self.output.pack(),
            self.classes,
            _pack_name(self.name, NAME_SIZE),
            _pack_name(self.cut, CUT_SIZE),
        )
        return packed + _CRC.pack(zlib.crc32(packed))

    @classmethod
    def parse(cls, data: bytes) -> "SlotHeader":
        """Read the header at the start of a slot's bytes.

        Raises:
            ProtocolError: the reason is the code a board would give: no_model, slot_magic,
                slot_version, slot_header_crc, slot_length, slot_role or tensor_size.
        """
        if len(data) < HEADER_SIZE:
            raise ProtocolError("slot_length", f"A model slot has 4096 bytes, not {len(data)}.")
        data = data[:HEADER_SIZE]
        (
            magic,
            version,
            role,
            _,
            length,
            model_id,
            sha256,
            full_sha256,
            input_tensor,
            output_tensor,
            classes,
            name,
            cut,
        ) = _HEADER.unpack_from(data)
        if magic == _ERASED:
            raise ProtocolError("no_model", "The model slot is empty; flash a model.")
        if magic != _MAGIC:
            raise ProtocolError("slot_magic", "The model slot holds no model; flash a model.")
        if version != _FORMAT:
            raise ProtocolError(
                "slot_version", f"The model slot has format {version}; flash the model anew."
            )
        if zlib.crc32(data[:-4]) != _CRC.unpack(data[-4:])[0]:
            raise ProtocolError(
                "slot_header_crc", "The model slot's header is damaged; flash the model anew."
            )
        if role not in list(Role):
            raise ProtocolError("slot_role", f"The model slot has the unknown role {role}.")
        if length == 0:
            raise ProtocolError("slot_length", "The model slot holds a model of no bytes.")
        return cls(
            Role(role),
            length,
            model_id,
            sha256,
            full_sha256,
            SlotTensor.parse(input_tensor),
            SlotTensor.parse(output_tensor),
            classes,
            _parse_name(name),
            _parse_name(cut),
        )

    def check(self, flatbuffer: bytes) -> None:
        """Compare the bytes after the header with it.

        Raises:
            ProtocolError: with reason slot_length or slot_sha256.
        """
        if len(flatbuffer) != self.length:
            raise ProtocolError(
                "slot_length",
                f"The model has {len(flatbuffer)} bytes where its header says {self.length}.",
            )
        if hashlib.sha256(flatbuffer).digest() != self.sha256:
            raise ProtocolError("slot_sha256", "The model is not the one its header describes.")


def fitting(name: str, size: int, model_id: int) -> str:
    """Return a name as a field of ``size`` bytes can hold it.

    Args:
        name: any text.
        size: :data:`NAME_SIZE` or :data:`CUT_SIZE`.
        model_id: ends a name that had to be shortened, so that it stays one of its own.
    """
    shown = printable(name)
    if len(shown.encode()) < size:
        return shown
    end = f"~{model_id:08x}"
    kept = shown.encode()[: size - 1 - len(end)]
    return kept.decode("utf-8", "ignore") + end


def model_slot_image(header: SlotHeader, flatbuffer: bytes) -> bytes:
    """Return what is flashed into a model slot: header, then flatbuffer.

    Raises:
        ProtocolError: header and flatbuffer do not belong together.
        BadInputError: the header cannot be packed.
    """
    header.check(flatbuffer)
    return header.pack() + flatbuffer


def _pack_name(name: str, size: int) -> bytes:
    encoded = name.encode()
    if len(encoded) >= size or b"\0" in encoded:
        raise BadInputError(
            f"The name {name!r} does not fit in the {size - 1} bytes of a model slot; shorten it."
        )
    return encoded


def _parse_name(field: bytes) -> str:
    name, end, _ = field.partition(b"\0")
    try:
        if end:
            return name.decode()
    except UnicodeDecodeError:
        pass
    raise ProtocolError("slot_magic", "The model slot holds a name that is no text.")
