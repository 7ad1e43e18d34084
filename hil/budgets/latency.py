# SPDX-License-Identifier: MIT
"""The latency budgets: limits by kind of board, model, link and stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hil.budgets.reading import number, refuse_unknown, share, table
from hil.budgets.section import KINDS, Section
from hil.budgets.spread import ROUNDS
from hil.errors import BadInputError
from hil.links import LINKS
from hil.settings import within

STAGES = (
    "load",
    "invoke",
    "send",
    "wait",
    "transfer",
    "total",
    "rtt_small",
    "rtt_activation",
)
"""What has limits in milliseconds: an inference's stages, and round trips of two sizes."""

RATES = ("goodput", "loss")
"""What a link has one limit of, beside its stages."""

DEFAULT_MARGINAL = 0.1


@dataclass(frozen=True)
class StageLimit:
    """Upper limits of a stage, in microseconds; None where there is none.

    Attributes:
        p50: median.
        p95: needs 20 rounds.
        p99: needs 100 rounds.
        max: of all rounds.
    """

    p50: int | None = None
    p95: int | None = None
    p99: int | None = None
    max: int | None = None

    def items(self) -> list[tuple[str, int]]:
        """Return the limits there are, by statistic."""
        pairs = ((name, getattr(self, name)) for name in ROUNDS)
        return [(name, limit) for name, limit in pairs if limit is not None]


@dataclass(frozen=True)
class LinkBudget:
    """The limits of one link of one kind of board, with one model or any.

    Attributes:
        source: where they stand, for messages.
        stages: by stage, of :data:`STAGES`.
        goodput: least bytes per second of activation over the median transfer time.
        loss: largest share of messages without an answer, 0..1.
        marginal: share of a limit; what comes closer to the limit than that is marginal.
    """

    source: str
    stages: Mapping[str, StageLimit] = field(default_factory=dict)
    goodput: float | None = None
    loss: float | None = None
    marginal: float = DEFAULT_MARGINAL

    @property
    def rounds(self) -> int:
        """Rounds below which some limit cannot be judged."""
        limits = (limit for stage in self.stages.values() for limit in stage.items())
        return max((ROUNDS[name] for name, _ in limits), default=0)

    def place(self, stage: str) -> str:
        """Return where the limit of a stage, of goodput or of loss stands, for messages."""
        if not self.source.endswith("]"):
            return self.source
        return f"{self.source[:-1]}.{stage}]" if stage in STAGES else f"{self.source} {stage}"


Latency = Mapping[str, Mapping[str, LinkBudget]]
"""Budgets by name of their section and link."""


@within("latency")
def read_latency(tree: Mapping[str, object], file: str, name: str) -> Latency:
    """Read ``[latency]``.

    Args:
        tree: the parsed file.
        file: how messages about the file itself name it.
        name: how messages about a verdict name it.

    Raises:
        BadInputError: a board, link, stage or limit that does not exist, a stage without any
            limit, a limit that is negative or no number, a higher limit below a lower one.
    """
    section = table(tree, "latency", file)
    where = f"{file}: [latency]"
    kinds = [*KINDS, *(name for name in section if Section.parse(name) and name not in KINDS)]
    refuse_unknown(section, ("marginal", *kinds), where)
    marginal = _marginal(section, where, DEFAULT_MARGINAL)
    latency: dict[str, dict[str, LinkBudget]] = {}
    for kind in kinds:
        links = table(section, kind, where)
        with within(kind):
            refuse_unknown(links, LINKS, f"{file}: [latency.{kind}]")
        for via in links:
            place = f"[latency.{kind}.{via}]"
            with within(kind, via):
                values = table(links, via, f"{file}: [latency.{kind}]")
                budget = _link(values, f"{file}: {place}", marginal)
            latency.setdefault(kind, {})[via] = replace(budget, source=f"{name} {place}")
    return latency


def stage_limit(values: Mapping[str, object], where: str, suffix: str = "") -> StageLimit:
    """Read a stage's limits, in milliseconds.

    Args:
        values: limits by statistic.
        where: names the place for messages.
        suffix: what the names of the statistics end with.

    Raises:
        BadInputError: as :func:`read_latency`.
    """
    names = [name + suffix for name in ROUNDS]
    refuse_unknown(values, names, where)
    if not values:
        raise BadInputError(f"{where} has no limit; give one or more of {', '.join(names)}.")
    limits: dict[str, int] = {}
    for name in ROUNDS:
        key = name + suffix
        if key not in values:
            continue
        wanted = "milliseconds above 0"
        limit = round(number(values[key], key, where, wanted) * 1000)
        if limit == 0:
            raise BadInputError(f"{where} has {key} = {values[key]!r}; give {wanted}.", at=(key,))
        lower = next((each for each in limits if limits[each] > limit), None)
        if lower is not None:
            raise BadInputError(
                f"{where} has {key} = {values[key]!r}, which is below its {lower}{suffix}; "
                f"{name} cannot be less than {lower}.",
                at=(key,),
            )
        limits[name] = limit
    return StageLimit(**limits)


def _link(values: Mapping[str, object], where: str, marginal: float) -> LinkBudget:
    refuse_unknown(values, (*STAGES, *RATES, "marginal"), where)
    marginal = _marginal(values, where, marginal)
    if not set(values) - {"marginal"}:
        raise BadInputError(f"{where} has no limit; give some, or take the table out.")
    stages = {}
    for stage in STAGES:
        if stage in values:
            with within(stage):
                limits = table(values, stage, where)
                stages[stage] = stage_limit(limits, f"{where[:-1]}.{stage}]")
    goodput = values.get("goodput")
    wanted = "kilobytes per second above 0"
    if goodput is not None and number(goodput, "goodput", where, wanted) == 0:
        raise BadInputError(f"{where} has goodput = {goodput!r}; give {wanted}.", at=("goodput",))
    return LinkBudget(
        where,
        stages,
        None if goodput is None else number(goodput, "goodput", where, wanted) * 1000,
        share(values["loss"], "loss", where) if "loss" in values else None,
        marginal,
    )


def _marginal(values: Mapping[str, object], where: str, default: float) -> float:
    return share(values["marginal"], "marginal", where) if "marginal" in values else default
