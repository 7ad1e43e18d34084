# SPDX-License-Identifier: MIT
"""Reads ``budgets.toml``: understood completely, or refused with one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from hil.budgets.activation import read_activation_steps
from hil.budgets.latency import Latency, LinkBudget, read_latency
from hil.budgets.reading import refuse_unknown
from hil.budgets.section import Section
from hil.errors import BadInputError
from hil.host.files.reading import read_toml
from hil.settings import place

FILE_NAME = "budgets.toml"

_SECTIONS = ("activation_steps", "latency")


@dataclass(frozen=True)
class Budgets:
    """Everything ``budgets.toml`` says.

    Attributes:
        activation_steps: largest difference of an element of the activation from the reference
            head's, in quantization steps, by the board's kernels; kernels that are not named have
            to be exact.
        latency: limits by name of their section and link.
        name: what messages about a verdict call the file.
    """

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
            tree = read_toml(path)
        except OSError as error:
            raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise BadInputError(f"{path} is not valid TOML ({error}).") from error
        where = str(path)
        try:
            return cls.parse(tree, where, path.name)
        except BadInputError as error:
            raise BadInputError(place(path, error) + str(error).removeprefix(where)) from None

    @classmethod
    def parse(cls, tree: Mapping[str, object], where: str, name: str = FILE_NAME) -> Self:
        """Build budgets from parsed TOML; ``where`` names the file for messages."""
        if "agreement" in tree:
            raise BadInputError(
                f"{where} has limits of agreement, which belong to a model: write them as "
                '"agreement" into its manifest.json (docs/models.md), and take them out here.',
                at=("agreement",),
            )
        refuse_unknown(tree, _SECTIONS, where)
        steps = read_activation_steps(tree, where)
        return cls(steps, read_latency(tree, where, name), name)

    def section(self, of: Section, via: str) -> str:
        """Return the name of the section that has a link's limits for a board with its model.

        Limits for just this model go before those for any. Empty where the file has neither.
        """
        for wanted in (of, replace(of, model="")):
            for name, links in self.latency.items():
                section = Section.parse(name)
                if section is not None and section.holds_for(wanted) and via in links:
                    return name
        return ""

    def link(self, of: Section, via: str) -> LinkBudget:
        """Return the budget of a link, without any limit if the file has none."""
        name = self.section(of, via)
        return self.latency[name][via] if name else LinkBudget(f"{self.name} [latency.{of}.{via}]")
