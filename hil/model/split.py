# SPDX-License-Identifier: MIT
"""Cut a ``.tflite`` into head and tail that compose to the full model bit for bit.

The quantized graph itself is divided: every tensor, weight and scale stays as it was, so no
rounding changes. A cut is legal where exactly one activation crosses (:mod:`hil.model.crossing`).
"""

import difflib
import functools
import hashlib
import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

from hil.errors import BadInputError
from hil.model.crossing import legal_crossings
from hil.model.names import short_names
from hil.model.parts import Parts
from hil.model.tflite.operators import macs_of_each
from hil.model.tflite.verify import verify

FULL_MODEL_INDEX = 0xFFFF

# The share of all MACs that the default cut of a bare .tflite may leave to the board.
_MOST_HEAD_MACS = 0.6

# How many cuts a sentence names.
_LISTED = 6


@dataclass(frozen=True)
class Cut:
    """A place where the model may be cut, after one operator.

    Attributes:
        index: position of the head's last operator in the full model.
        tensor_name: full name of the tensor that crosses.
        short_name: the Keras layer's name where there is one; unique in its model.
        operator: kind of the head's last operator, such as ``CONV_2D``.
        bytes: size of the activation that crosses.
        shape: its dimensions, the batch included.
        dtype: numpy's name, such as ``int8`` or ``float32``.
        scale: its quantization step, 0.0 for float32.
        zero_point: its quantized zero.
        head_macs: multiply-accumulate operations of one run of the head.
        tail_macs: those of the tail.
    """

    index: int
    tensor_name: str
    short_name: str
    operator: str
    bytes: int
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int
    head_macs: int
    tail_macs: int
    _parts: Parts = field(repr=False, compare=False)

    @functools.cached_property
    def head_bytes(self) -> int:
        """Size of the head's ``.tflite``; it is written to find out, which takes milliseconds."""
        return len(self._parts.head(self.index))

    @functools.cached_property
    def tail_bytes(self) -> int:
        """Size of the tail's ``.tflite``."""
        return len(self._parts.tail(self.index))


@dataclass(frozen=True)
class Cuts(Sequence[Cut]):
    """The legal cuts of one model, in execution order.

    Attributes:
        items: the cuts.
        operators: full and short name of every operator's output, legal cut or not.
        stateful: whether a run of the model can leave something behind for the next one, which
            begins afresh all the same.
    """

    items: tuple[Cut, ...]
    operators: tuple[tuple[str, str], ...]
    stateful: bool = False

    @overload
    def __getitem__(self, position: int) -> Cut: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Cut]: ...
    def __getitem__(self, position: int | slice) -> Cut | Sequence[Cut]:
        """Return the cut at a position in the list (not the operator's index)."""
        return self.items[position]

    def __len__(self) -> int:
        """Return the number of legal cuts."""
        return len(self.items)


@dataclass(frozen=True)
class Split:
    """A model cut in two.

    Attributes:
        head: the ``.tflite`` up to the cut.
        tail: the ``.tflite`` after it.
        cut: where.
        model_id: see :func:`model_id`.
    """

    head: bytes
    tail: bytes
    cut: Cut
    model_id: int


def model_id(model: bytes, cut: Cut | None) -> int:
    """Return the 32-bit id that ties frames and model slots to one model and one cut.

    It is the first four bytes, little-endian, of SHA-256 over the model's SHA-256 followed by the
    cut's operator index as a little-endian u16; ``cut`` None means the uncut model (0xFFFF).
    """
    index = FULL_MODEL_INDEX if cut is None else cut.index
    digest = hashlib.sha256(hashlib.sha256(model).digest() + struct.pack("<H", index)).digest()
    return int(struct.unpack("<I", digest[:4])[0])


def legal_cuts(model: bytes) -> Cuts:
    """Return every legal cut of a model.

    Raises:
        BadInputError: the model does not verify (:func:`hil.model.tflite.verify.verify`).
    """
    graph = verify(model)
    parts = Parts(model, graph)
    names = short_names(graph)
    macs = list(itertools.accumulate(macs_of_each(graph)))
    cuts = []
    for index, crossing in legal_crossings(graph).items():
        operator, tensor = graph.operators[index], graph.tensors[crossing].spec
        first = crossing == operator.outputs[0]
        cuts.append(
            Cut(
                index=index,
                tensor_name=tensor.name,
                short_name=names[index] if first else tensor.name or f"operator_{index}",
                operator=operator.kind,
                bytes=tensor.bytes,
                shape=tensor.shape,
                dtype=tensor.dtype,
                scale=tensor.scale,
                zero_point=tensor.zero_point,
                head_macs=macs[index],
                tail_macs=macs[-1] - macs[index],
                _parts=parts,
            )
        )
    full = [
        graph.tensors[operator.outputs[0]].name if operator.outputs else ""
        for operator in graph.operators
    ]
    return Cuts(tuple(cuts), tuple(zip(full, names, strict=True)), graph.stateful)


def usual_cut(cuts: Cuts) -> Cut:
    """Return the cut to use where nobody names one: that with the smallest activation.

    Only those count whose head has at most 60 % of the model's multiply-accumulates and at least
    one, the earliest on a tie; if there is none, all count.

    Args:
        cuts: at least one.
    """
    eligible = [
        cut
        for cut in cuts
        if 0 < cut.head_macs <= _MOST_HEAD_MACS * (cut.head_macs + cut.tail_macs)
    ]
    return min(eligible or cuts, key=lambda cut: (cut.bytes, cut.index))


def find_cut(cuts: Cuts, wanted: str | int) -> Cut:
    """Return the legal cut that is meant.

    Args:
        cuts: what :func:`legal_cuts` returned.
        wanted: an operator index, or a tensor's full or short name, or so much of the beginning of
            a short name that it can mean only one cut; its case does not count then.

    Raises:
        BadInputError: there is no such cut, or the name is ambiguous; the sentence names the
            nearest legal cuts, by position where the operator exists, else by spelling.
    """
    if not cuts:
        raise BadInputError("The model has no legal cut; it cannot be split.")
    text = str(wanted)
    matches = [cut for cut in cuts if text == str(cut.index)]
    matches = matches or [cut for cut in cuts if text in (cut.tensor_name, cut.short_name)]
    if len(matches) > 1:
        raise BadInputError(
            f"The model has {len(matches)} tensors named {text!r}; "
            f"say which by operator index: {_list(matches)}."
        )
    if matches:
        return matches[0]
    position = next((i for i, names in enumerate(cuts.operators) if text in (*names, str(i))), None)
    if position is not None:
        nearest = sorted(cuts, key=lambda cut: (abs(cut.index - position), cut.index))[:3]
        raise BadInputError(
            f"The model cannot be cut after {text}: more than one activation, or the output "
            f"itself, would cross there; the nearest legal cuts are {_list(nearest)}."
        )
    if text.isdigit():
        raise BadInputError(
            f"The model has no operator {text}, only 0 to {len(cuts.operators) - 1}; "
            f"its last legal cut is {_list(cuts[-1:])}."
        )
    if begun := [cut for cut in cuts if _begins(cut.short_name.casefold(), text.casefold())]:
        if len(begun) > 1:
            raise BadInputError(f"{text!r} may mean {_list(begun)}; say which.")
        return begun[0]
    close = difflib.get_close_matches(text, [cut.short_name for cut in cuts], n=3, cutoff=0.0)
    nearest = [cut for name in close for cut in cuts if cut.short_name == name]
    raise BadInputError(
        f"The model has no tensor or operator {text!r}; "
        f"the legal cuts of similar name are {_list(nearest)}."
    )


def split_at(model: bytes, cut: Cut) -> Split:
    """Cut a model.

    Args:
        model: the bytes of a ``.tflite`` file.
        cut: one of its legal cuts.

    Returns:
        Head and tail; the same bytes for the same model and cut, every time.

    Raises:
        BadInputError: the model does not verify, or the cut is not one of its legal cuts.
    """
    graph = verify(model)
    crossing = legal_crossings(graph).get(cut.index)
    if crossing is None or graph.tensors[crossing].name != cut.tensor_name:
        raise BadInputError(
            f"The cut {cut.short_name} does not belong to this model; list its own."
        )
    parts = Parts(model, graph)
    return Split(parts.head(cut.index), parts.tail(cut.index), cut, model_id(model, cut))


def _begins(name: str, text: str) -> bool:
    """Whether a name begins with a text that does not end within one of its numbers."""
    after = name[len(text) : len(text) + 1]
    inside = text[-1:].isdigit() and after.isdigit()
    return bool(text) and name.startswith(text) and not inside


def _list(cuts: Sequence[Cut]) -> str:
    shown = [f"{cut.short_name} ({cut.index})" for cut in cuts[:_LISTED]]
    more = [f"{len(cuts) - _LISTED} more"] if len(cuts) > _LISTED else []
    return ", ".join(shown + more)
