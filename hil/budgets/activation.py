# SPDX-License-Identifier: MIT
"""How closely a board's kernels must agree with the reference ones."""

from collections.abc import Mapping

from hil.budgets.reading import number, refuse_unknown, table
from hil.settings import within

KERNELS = ("esp-nn",)
"""Kernels that may differ from the reference ones."""


@within("activation_steps")
def read_activation_steps(tree: Mapping[str, object], file: str) -> Mapping[str, float]:
    """Read ``[activation_steps]``: quantization steps by kernels.

    Raises:
        BadInputError: unknown kernels, or a figure that is none.
    """
    section = table(tree, "activation_steps", file)
    where = f"{file}: [activation_steps]"
    refuse_unknown(section, KERNELS, where)
    return {name: number(value, name, where, "steps >= 0") for name, value in section.items()}
