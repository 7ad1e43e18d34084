# SPDX-License-Identifier: MIT
"""What a test asks to be held to: the arguments of its marker ``latency_budget``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from hil.budgets.latency import DEFAULT_MARGINAL, RATES, STAGES, LinkBudget, stage_limit
from hil.budgets.reading import number, refuse_unknown, share
from hil.budgets.spread import ROUNDS
from hil.errors import BadInputError
from hil.links import LINKS

_TIMES = tuple(f"{name}_ms" for name in ROUNDS)
_KEYWORDS = ("via", *_TIMES, *RATES, "marginal")


@dataclass(frozen=True)
class Demand:
    """What is to be judged.

    Attributes:
        stages: which stages; all that were measured if empty.
        via: over which link; over all that were used if None.
        budget: limits of the test's own; None for those of ``budgets.toml``.
    """

    stages: tuple[str, ...]
    via: str | None
    budget: LinkBudget | None

    @classmethod
    def parse(cls, args: tuple[object, ...], kwargs: Mapping[str, object], where: str) -> Self:
        """Read the arguments of the marker.

        Args:
            args: names of stages.
            kwargs: ``via``; own limits ``p50_ms``, ``p95_ms``, ``p99_ms``, ``max_ms`` of those
                stages, ``goodput`` (kB/s), ``loss`` (share); ``marginal`` (share).
            where: the test, for messages.

        Raises:
            BadInputError: a stage, link or keyword that does not exist, or a limit that makes no
                sense.
        """
        where = f"{where}: latency_budget"
        stages = []
        for name in args:
            if not isinstance(name, str) or name not in (*STAGES, *RATES):
                known = ", ".join((*STAGES, *RATES))
                raise BadInputError(f"{where} names {name!r}, which is no stage; use {known}.")
            stages.append(name)
        refuse_unknown(kwargs, _KEYWORDS, where)
        via = kwargs.get("via")
        if via is not None and (not isinstance(via, str) or via not in LINKS):
            links = ", ".join(LINKS)
            raise BadInputError(f"{where} names {via!r}, which is no link; use {links}.")
        limits = {key: value for key, value in kwargs.items() if key != "via"}
        budget = _own_limits(stages, limits, where) if limits else None
        if budget is not None:
            stages = list(dict.fromkeys([*stages, *(key for key in RATES if key in limits)]))
        return cls(tuple(stages), via, budget)


def _own_limits(stages: list[str], limits: Mapping[str, object], where: str) -> LinkBudget:
    times = {key: value for key, value in limits.items() if key in _TIMES}
    timed = [stage for stage in stages if stage in STAGES]
    if bool(times) != bool(timed):
        what = "limits of time and no stage" if times else f"limits, and none of {timed[0]}"
        raise BadInputError(
            f"{where} has {what}; name both, or take the limits out to use budgets.toml."
        )
    limit = {stage: stage_limit(times, where, "_ms") for stage in timed}
    for key in RATES:
        if key in stages and key not in limits:
            raise BadInputError(f"{where} has limits, and none of {key}; give {key} one too.")
    goodput = limits.get("goodput")
    return LinkBudget(
        "the test's own limit",
        limit,
        None
        if goodput is None
        else number(goodput, "goodput", where, "kilobytes per second above 0") * 1000,
        share(limits["loss"], "loss", where) if "loss" in limits else None,
        share(limits["marginal"], "marginal", where) if "marginal" in limits else DEFAULT_MARGINAL,
    )
