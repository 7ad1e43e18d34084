# SPDX-License-Identifier: MIT
"""What operators take on one board, as ``hil calibrate`` has measured them there. Pure but for I/O.

An operator that is like a measured one (same kind, multiply-accumulates and elements) takes what
that took; another one of its kind what this kind took for each multiply-accumulate, or element
where it has none. Of kinds that were not measured nothing is known.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Self

from hil.errors import BadInputError
from hil.host.files.reading import read_file

SCHEMA = "hil-profile-1"


@dataclass(frozen=True)
class OperatorTime:
    """One operator of the model that was measured.

    Attributes:
        kind: such as ``CONV_2D``.
        macs: multiply-accumulates of one run.
        elements: of its outputs.
        us: microseconds, the median of all rounds.
    """

    kind: str
    macs: int
    elements: int
    us: int

    @property
    def work(self) -> int:
        """What its time is in proportion to."""
        return self.macs or self.elements


@dataclass(frozen=True)
class Profile:
    """The profile of one board.

    Attributes:
        mac: of the board.
        simulated: whether it is a virtual one.
        kernels: ``reference`` or ``esp-nn``.
        firmware: version and sources.
        model: name of the model that was measured.
        rounds: runs of which each time is the median.
        operators: in the model's order.
    """

    mac: str
    simulated: bool
    kernels: str
    firmware: str
    model: str
    rounds: int
    operators: tuple[OperatorTime, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadInputError: it cannot be read, or is no profile.
        """
        try:
            tree = json.loads(read_file(path))
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); 'hil calibrate' makes a profile."
            ) from error
        except ValueError as error:
            raise BadInputError(f"{path} is no JSON: {error}.") from error
        return cls.of(tree, str(path))

    @classmethod
    def of(cls, tree: Any, name: str) -> Self:
        """Read a parsed file; ``name`` is what to call it.

        Raises:
            BadInputError: it is no profile.
        """
        if not isinstance(tree, dict) or tree.get("schema") != SCHEMA:
            raise BadInputError(f"{name} is no profile of a board; 'hil calibrate' makes one.")
        try:
            operators = tuple(map(_operator, tree["operators"]))
            texts = [str(tree[key]) for key in ("mac", "kernels", "firmware", "model")]
            mac, kernels, firmware, model = texts
            rounds = _count(tree["rounds"])
            return cls(mac, bool(tree["simulated"]), kernels, firmware, model, rounds, operators)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(
                f"{name} is a damaged profile ({error!r}); make it anew by 'hil calibrate'."
            ) from error

    def tree(self) -> dict[str, object]:
        """Return what :meth:`of` reads."""
        return {"schema": SCHEMA, **asdict(self)}

    def require_board(self, mac: str, name: str) -> None:
        """Refuse the profile of another board.

        Args:
            mac: of the board that is there.
            name: what to call the profile.

        Raises:
            BadInputError: it is another's.
        """
        if mac != self.mac:
            raise BadInputError(
                f"{name} is the profile of the board {self.mac}, and this is {mac}; calibrate this "
                "one, or name its own profile."
            )

    def us(self, kind: str, macs: int, elements: int) -> float | None:
        """Return what an operator takes; None where its kind was not measured."""
        like = self._like.get((kind, macs, elements))
        if like is not None:
            return like
        rate = self._rates.get((kind, macs > 0))
        return None if rate is None else rate * (macs or elements)

    @cached_property
    def _like(self) -> Mapping[tuple[str, int, int], float]:
        found: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for each in self.operators:
            found[each.kind, each.macs, each.elements].append(each.us)
        return {key: median(times) for key, times in found.items()}

    @cached_property
    def _rates(self) -> Mapping[tuple[str, bool], float]:
        found: dict[tuple[str, bool], list[OperatorTime]] = defaultdict(list)
        for each in self.operators:
            found[each.kind, each.macs > 0].append(each)
        return {key: _rate(each) for key, each in found.items()}


def _operator(tree: Any) -> OperatorTime:
    macs, elements, us = (_count(tree[key]) for key in ("macs", "elements", "us"))
    return OperatorTime(str(tree["kind"]), macs, elements, us)


def _rate(operators: Iterable[OperatorTime]) -> float:
    """Return microseconds for each unit of work."""
    listed = list(operators)
    return sum(each.us for each in listed) / max(1, sum(each.work for each in listed))


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
