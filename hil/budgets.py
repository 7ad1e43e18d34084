# SPDX-License-Identifier: MIT
"""``budgets.toml``: the limits that a run is judged against."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hil.errors import BadInputError

REFERENCES = ("xnnpack", "float32")
"""What a board can be asked to agree with: other kernels, and the model before quantization."""

KERNELS = ("esp-nn",)
"""Kernels that may differ from the reference ones."""


@dataclass(frozen=True)
class AgreementLimit:
    """Smallest shares of photos, 0..1, that must agree.

    Attributes:
        top1: share with the same first class.
        top5: share with the reference's first class among the board's five.
    """

    top1: float
    top5: float


@dataclass(frozen=True)
class Budgets:
    """Everything ``budgets.toml`` says.

    Attributes:
        min_photos: with fewer photos, agreement is reported and not judged.
        agreement: limits by the name of the reference, one of :data:`REFERENCES`.
        activation_steps: largest difference of an element of the activation from the reference
            head's, in quantization steps, by the board's kernels; kernels that are not named have
            to be exact.
    """

    min_photos: int
    agreement: Mapping[str, AgreementLimit]
    activation_steps: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Budgets":
        """Read a budget file.

        Raises:
            BadInputError: it cannot be read, is not TOML, has a key nobody knows, lacks a limit, or
                has a limit outside 0..1.
        """
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise BadInputError(f"{path} is not valid TOML ({error}).") from error
        return cls.parse(tree, str(path))

    @classmethod
    def parse(cls, tree: Mapping[str, object], where: str) -> "Budgets":
        """Build budgets from parsed TOML; ``where`` names the file for messages."""
        _refuse_unknown(tree, ("agreement", "activation_steps"), where)
        steps = _table(tree, "activation_steps", where)
        _refuse_unknown(steps, KERNELS, f"{where}: [activation_steps]")
        for kernels, value in steps.items():
            if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
                raise BadInputError(
                    f"{where}: [activation_steps] has {kernels} = {value!r}; give steps >= 0."
                )
        section = _table(tree, "agreement", where)
        where = f"{where}: [agreement]"
        _refuse_unknown(section, ("min_photos", *REFERENCES), where)
        min_photos = section.get("min_photos", 100)
        if not isinstance(min_photos, int) or isinstance(min_photos, bool) or min_photos < 1:
            raise BadInputError(f"{where} has min_photos = {min_photos!r}; give a number >= 1.")
        limits = {}
        for name in REFERENCES:
            if name in section:
                table = _table(section, name, where)
                inner = f"{where[:-1]}.{name}]"
                _refuse_unknown(table, ("top1", "top5"), inner)
                limits[name] = AgreementLimit(
                    _share(table, "top1", inner), _share(table, "top5", inner)
                )
        return cls(min_photos, limits, {name: float(str(steps[name])) for name in steps})


def _table(tree: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    value = tree.get(key, {})
    if not isinstance(value, dict):
        raise BadInputError(f"{where} has {key} = {value!r}; it must be a table.")
    return value


def _refuse_unknown(tree: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in tree:
        if key not in known:
            raise BadInputError(
                f"{where} has a budget for {key!r}, which does not exist; known are "
                f"{', '.join(known)}."
            )


def _share(table: Mapping[str, object], key: str, where: str) -> float:
    if key not in table:
        raise BadInputError(f"{where} lacks the limit {key}; give a share from 0 to 1.")
    value = table[key]
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise BadInputError(f"{where} has {key} = {value!r}; give a share from 0 to 1.")
    return float(value)
