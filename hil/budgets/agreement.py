# SPDX-License-Identifier: MIT
"""How often a board must agree with other ways to run the same model, and how closely."""

from collections.abc import Mapping
from dataclasses import dataclass

from hil.budgets.reading import number, refuse_unknown, share, table
from hil.errors import BadInputError

REFERENCES = ("xnnpack", "float32")
"""What a board can be asked to agree with: other kernels, and the model before quantization."""

KERNELS = ("esp-nn",)
"""Kernels that may differ from the reference ones."""

DEFAULT_MIN_PHOTOS = 100


@dataclass(frozen=True)
class AgreementLimit:
    """Smallest shares of photos, 0..1, that must agree.

    Attributes:
        top1: share with the same first class.
        top5: mean share of the five classes that both have.
    """

    top1: float
    top5: float


def read_agreement(
    tree: Mapping[str, object], file: str
) -> tuple[int, Mapping[str, AgreementLimit]]:
    """Read ``[agreement]``: the smallest number of photos, and limits by reference.

    Raises:
        BadInputError: it has a key nobody knows, lacks a limit, or has one outside 0..1.
    """
    section = table(tree, "agreement", file)
    where = f"{file}: [agreement]"
    refuse_unknown(section, ("min_photos", *REFERENCES), where)
    least = section.get("min_photos", DEFAULT_MIN_PHOTOS)
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise BadInputError(f"{where} has min_photos = {least!r}; give a number >= 1.")
    limits = {}
    for name in REFERENCES:
        if name in section:
            inner = f"{file}: [agreement.{name}]"
            shares = table(section, name, where)
            refuse_unknown(shares, ("top1", "top5"), inner)
            for key in ("top1", "top5"):
                if key not in shares:
                    raise BadInputError(f"{inner} lacks the limit {key}; give a share from 0 to 1.")
            limits[name] = AgreementLimit(
                share(shares["top1"], "top1", inner), share(shares["top5"], "top5", inner)
            )
    return least, limits


def read_activation_steps(tree: Mapping[str, object], file: str) -> Mapping[str, float]:
    """Read ``[activation_steps]``: quantization steps by kernels.

    Raises:
        BadInputError: unknown kernels, or a figure that is none.
    """
    section = table(tree, "activation_steps", file)
    where = f"{file}: [activation_steps]"
    refuse_unknown(section, KERNELS, where)
    return {name: number(value, name, where, "steps >= 0") for name, value in section.items()}
