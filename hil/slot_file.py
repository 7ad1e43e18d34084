# SPDX-License-Identifier: MIT
"""What is flashed into a model slot: a part of a model behind its header."""

import hashlib

from hil.errors import BadInputError
from hil.model.graph import TensorSpec
from hil.model.model import Model
from hil.model.split import Cut
from hil.model.verify import verify
from hil.protocol.codes import DataType, Role
from hil.slot import SlotHeader, SlotTensor, model_slot_image

ROLES = {"head": Role.HEAD, "tail": Role.TAIL, "full": Role.FULL}


def slot_file(model: Model, cut: Cut | None, role: str, capacity: int) -> bytes:
    """Return header and flatbuffer for a model slot.

    Args:
        model: the full model.
        cut: where it is cut; ``None`` in role full.
        role: ``head``, ``tail`` or ``full``.
        capacity: bytes of the slot's partition.

    Raises:
        BadInputError: the role does not exist, or the part does not fit in the slot.
    """
    if role not in ROLES:
        raise BadInputError(f"There is no role {role!r}; use {', '.join(ROLES)}.")
    if role == "full":
        flatbuffer, model_id = model.int8, model.model_id
    else:
        split = model.split(cut)
        flatbuffer, model_id = (split.head if role == "head" else split.tail), split.model_id
        cut = split.cut
    graph = verify(flatbuffer)
    header = SlotHeader(
        role=ROLES[role],
        length=len(flatbuffer),
        model_id=model_id,
        sha256=hashlib.sha256(flatbuffer).digest(),
        full_sha256=hashlib.sha256(model.int8).digest(),
        input=_tensor(graph.input_spec),
        output=_tensor(graph.output_spec),
        classes=model.output.shape[-1],
        name=model.name,
        cut="" if role == "full" or cut is None else cut.short_name,
    )
    data = model_slot_image(header, flatbuffer)
    if len(data) > capacity:
        raise BadInputError(
            f"The {role} of {model.name} needs {len(data)} bytes of model slot, "
            f"{len(data) - capacity} more than the slot has; cut the model earlier, or use a "
            "partition table with a larger slot."
        )
    return data


def _tensor(spec: TensorSpec) -> SlotTensor:
    return SlotTensor(DataType.of(spec.dtype), spec.shape, spec.scale, spec.zero_point)
