# SPDX-License-Identifier: MIT
"""The part of a model that a board runs, and what is flashed into its model slot for it."""

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.inputs.samples import Sample
from hil.model.model import Model
from hil.model.split import Cut, Split
from hil.model.tflite.graph import TensorSpec
from hil.model.tflite.verify import verify
from hil.protocol.codes import DataType, Role
from hil.protocol.slot import (
    CUT_SIZE,
    MAX_RANK,
    MOST_CLASSES,
    NAME_SIZE,
    SlotHeader,
    SlotTensor,
    fitting,
    model_slot_image,
)
from hil.symptoms import expect

if TYPE_CHECKING:
    from hil.model.inputs.conversion import Photo

ROLES = {"head": Role.HEAD, "tail": Role.TAIL, "full": Role.FULL}


@dataclass(frozen=True, eq=False)
class ModelPart:
    """A head, a tail, or a whole model.

    Attributes:
        model: the full model.
        role: ``head``, ``tail`` or ``full``.
        split: the two halves; ``None`` in role full.
        flatbuffer: the part itself.
        model_id: names model and cut, u32.
    """

    model: Model
    role: str
    split: Split | None
    flatbuffer: bytes
    model_id: int

    @classmethod
    def of(cls, model: Model, cut: Cut | str | int | None, role: str) -> Self:
        """Take a part of a model.

        Args:
            model: the full model.
            cut: where it is cut; ``None`` for its default. Not used in role full.
            role: ``head``, ``tail`` or ``full``.

        Raises:
            BadInputError: there is no such role or cut.
        """
        if role not in ROLES:
            raise BadInputError(f"There is no role {role!r}; use {', '.join(ROLES)}.")
        if role == "full":
            return cls(model, role, None, model.int8, model.model_id)
        split = model.split(cut)
        flatbuffer = split.head if role == "head" else split.tail
        return cls(model, role, split, flatbuffer, split.model_id)

    @property
    def cut(self) -> Cut | None:
        """Where the model is cut; ``None`` in role full."""
        return self.split.cut if self.split else None

    @property
    def title(self) -> str:
        """What to call it in a sentence: ``the head of dogs19``."""
        return f"the {self.role} of {self.model.name}"

    @property
    def slot_name(self) -> str:
        """The model's name as its slot, and so the board, has it."""
        return fitting(self.model.name, NAME_SIZE, self.model_id)

    @property
    def slot_cut(self) -> str:
        """The cut's name as the slot has it; empty in role full."""
        return fitting(self.cut.short_name, CUT_SIZE, self.model_id) if self.cut else ""

    def input_tensor(self, image: "Photo | Sample") -> Array:
        """Return an input as the full model's input tensor; a tensor of that kind as it is.

        Raises:
            BadInputError: it is none.
        """
        return self.model.input_tensor(image)

    def activation(self, data: bytes) -> Array:
        """Return the bytes of an activation as an array of the cut's shape and dtype.

        Raises:
            Misbehaviour: they are more or fewer.
        """
        assert self.cut is not None
        return _array(data, self.cut.dtype, self.cut.shape, "activation")

    def output(self, data: bytes) -> Array:
        """Return the bytes of an output vector as an array of the model's shape and dtype.

        Raises:
            Misbehaviour: they are more or fewer.
        """
        return _array(data, self.model.output.dtype, self.model.output.shape, "output")

    def slot_file(self, capacity: int) -> bytes:
        """Return header and flatbuffer for a model slot of ``capacity`` bytes.

        Raises:
            BadInputError: the part does not fit, and the sentence says by how much; or its output
                has more elements than boards count.
        """
        classes = math.prod(self.model.output.shape)
        if classes > MOST_CLASSES:
            raise BadInputError(
                f"The output of {self.model.name} has {classes:,} elements, but boards count "
                f"{MOST_CLASSES:,} at most; take a model whose output is smaller."
            )
        graph = verify(self.flatbuffer)
        header = SlotHeader(
            role=ROLES[self.role],
            length=len(self.flatbuffer),
            model_id=self.model_id,
            sha256=hashlib.sha256(self.flatbuffer).digest(),
            full_sha256=hashlib.sha256(self.model.int8).digest(),
            input=_tensor(graph.input_spec),
            output=_tensor(graph.output_spec),
            classes=classes,
            name=self.slot_name,
            cut=self.slot_cut,
        )
        data = model_slot_image(header, self.flatbuffer)
        if len(data) > capacity:
            raise BadInputError(
                f"With its header, {self.title} has {len(data)} bytes, {len(data) - capacity} "
                "more than the model slot; cut the model earlier, or enlarge the slot."
            )
        return data


def _array(data: bytes, dtype: str, shape: tuple[int, ...], what: str) -> Array:
    size = math.prod(shape) * np.dtype(dtype).itemsize
    expect(
        len(data) == size,
        "tensor-cut",
        stage=what,
        expected=f"{size} bytes",
        got=len(data),
    )
    return np.frombuffer(data, dtype).reshape(shape)


def _tensor(spec: TensorSpec) -> SlotTensor:
    """Describe a tensor; one of more dimensions than there is room for, or of none, as a vector."""
    plain = 1 <= len(spec.shape) <= MAX_RANK
    shape = spec.shape if plain else (math.prod(spec.shape),)
    return SlotTensor(DataType.of(spec.dtype), shape, spec.scale, spec.zero_point)
