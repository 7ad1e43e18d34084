# SPDX-License-Identifier: MIT
"""Reads ``budgets.toml``: understood completely, or refused with one sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hil.budgets.agreement import AgreementLimit, read_activation_steps, read_agreement
from hil.budgets.latency import Latency, LinkBudget, read_latency
from hil.budgets.reading import refuse_unknown
from hil.errors import BadInputError

FILE_NAME = "budgets.toml"

_SECTIONS = ("agreement", "activation_steps", "latency")


@dataclass(frozen=True)
class Budgets:
    """Everything ``budgets.toml`` says.

    Attributes:
        min_photos: with fewer photos, agreement is reported and not judged.
        agreement: limits by the name of the reference, ``xnnpack`` or ``float32``.
        activation_steps: largest difference of an element of the activation from the reference
            head's, in quantization steps, by the board's kernels; kernels that are not named have
            to be exact.
        latency: limits by kind of board and link.
        name: what messages about a verdict call the file.
    """

    min_photos: int
    agreement: Mapping[str, AgreementLimit]
    activation_steps: Mapping[str, float] = field(default_factory=dict)
    latency: Latency = field(default_factory=dict)
    name: str = FILE_NAME

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a budget file.

        Raises:
            BadInputError: it cannot be read, is not TOML, has a key nobody knows, lacks a limit, or
                has a limit that makes no sense.
        """
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise BadInputError(f"{path} is not valid TOML ({error}).") from error
        return cls.parse(tree, str(path), path.name)

    @classmethod
    def parse(cls, tree: Mapping[str, object], where: str, name: str = FILE_NAME) -> Self:
        """Build budgets from parsed TOML; ``where`` names the file for messages."""
        refuse_unknown(tree, _SECTIONS, where)
        min_photos, agreement = read_agreement(tree, where)
        steps = read_activation_steps(tree, where)
        return cls(min_photos, agreement, steps, read_latency(tree, where, name), name)

    def knows(self, kind: str, via: str) -> bool:
        """Whether the file has limits for a link."""
        return via in self.latency.get(kind, {})

    def link(self, kind: str, via: str) -> LinkBudget:
        """Return the budget of a link, without any limit if the file has none."""
        known = self.latency.get(kind, {}).get(via)
        return known or LinkBudget(f"{self.name} [latency.{kind}.{via}]")
