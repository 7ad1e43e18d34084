# SPDX-License-Identifier: MIT
"""What was measured on a board's links: the samples that budgets judge, and their summary."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TypeVar

from hil.budgets.certainty import Certainty
from hil.budgets.latency import STAGES
from hil.budgets.section import Section
from hil.budgets.spread import percentile, spread
from hil.budgets.statistics.dependence import independent
from hil.budgets.verdict import Samples
from hil.links import LINKS, SMALL_ECHO_BYTES
from hil.results.records import InferenceRecord, LostRecord, RoundTripRecord, WireRecord

INFERENCE_STAGES = (*STAGES[:6], "edge", "edge_invoke")
ROUND_TRIPS = STAGES[6:]

Key = tuple[str, str, bool]
"""Link, where the tail ran, and whether the clock is simulated."""


_R = TypeVar("_R")
_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T", InferenceRecord, LostRecord, RoundTripRecord)


@dataclass(frozen=True)
class Measured:
    """Inferences and round trips, answered and lost, of any links.

    Attributes:
        activation_bytes: size of the round trip that stands for an activation; None if unknown.
        sizes: that size by combination, of those that have one of their own.
    """

    inferences: Sequence[InferenceRecord]
    lost: Sequence[LostRecord]
    round_trips: Sequence[RoundTripRecord]
    activation_bytes: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)

    def by_combination(self) -> "dict[str, Measured]":
        """Keep apart what was measured with other firmware, another model or another cut."""
        key = attrgetter("combination")
        inferences, lost = _by(key, self.inferences), _by(key, self.lost)
        echoes = _by(key, self.round_trips)
        return {
            name: Measured(
                inferences.get(name, []),
                lost.get(name, []),
                echoes.get(name, []),
                self.sizes.get(name, self.activation_bytes),
            )
            for name in {**inferences, **lost, **echoes}
        }

    def taken(self, *, advisory: bool) -> "Measured":
        """Return what was taken while other boards were tested here too, or what was not."""

        def those(records: Sequence[_T]) -> Sequence[_T]:
            return [each for each in records if each.advisory == advisory]

        lists = those(self.inferences), those(self.lost), those(self.round_trips)
        return Measured(*lists, self.activation_bytes, self.sizes)

    @property
    def model_id(self) -> str:
        """Of the model and cut of the first record; empty of none."""
        return next((each.model_id for each in self._records()), "")

    def _records(self) -> Iterator[InferenceRecord | LostRecord | RoundTripRecord]:
        yield from self.inferences
        yield from self.lost
        yield from self.round_trips

    def by_link(self) -> "dict[Key, Measured]":
        """Keep links, tails, and simulated and real clocks apart."""
        key = attrgetter("via", "tail", "simulated")
        inferences, lost = _by(key, self.inferences), _by(key, self.lost)
        echoes = _by(key, self.round_trips)
        size = self.activation_bytes
        return {
            key: Measured(inferences.get(key, []), lost.get(key, []), echoes.get(key, []), size)
            for key in sorted({*inferences, *lost, *echoes}, key=_rank)
        }

    def echoes(self, stage: str) -> list[RoundTripRecord]:
        """Return the round trips of the size that a stage stands for."""
        size = SMALL_ECHO_BYTES if stage == "rtt_small" else self.activation_bytes
        return [each for each in self.round_trips if each.size == size]

    def times_us(self) -> dict[str, list[int]]:
        """Return microseconds by stage; empty where something was asked and never answered."""
        times: dict[str, list[int]] = {}
        if self.inferences or self.lost:
            seen = {name for each in self.inferences for name in each.stages_us}
            for stage in INFERENCE_STAGES:
                if stage in seen or not self.inferences:
                    answered = (each.stages_us for each in self.inferences)
                    times[stage] = [each[stage] for each in answered if stage in each]
        for stage in ROUND_TRIPS:
            if echoes := self.echoes(stage):
                times[stage] = [each.us for each in echoes if each.us is not None]
        return times

    def lost_by_stage(self) -> dict[str, int]:
        """Return, by stage, how many messages were asked and never answered."""
        lost = dict.fromkeys(INFERENCE_STAGES, len(self.lost))
        for stage in ROUND_TRIPS:
            lost[stage] = sum(each.us is None for each in self.echoes(stage))
        return lost

    def goodput(self) -> list[int]:
        """Return each inference's bytes of activation per second of its transfer."""
        return [
            round(each.activation_bytes * 1_000_000 / each.stages_us["transfer"])
            for each in self.inferences
            if each.stages_us.get("transfer", 0) > 0
        ]

    @property
    def asked(self) -> int:
        """Number of messages asked."""
        return len(self.inferences) + len(self.lost) + len(self.round_trips)

    @property
    def unanswered(self) -> int:
        """Number of messages that were never answered."""
        return len(self.lost) + sum(each.us is None for each in self.round_trips)

    def samples(self) -> Samples:
        """Return what a budget judges, of one link."""
        times = {name: values for name, values in self.times_us().items() if name in STAGES}
        return Samples(times, self.goodput(), self.asked, self.unanswered)


def _by(key: Callable[[_R], _K], records: Sequence[_R]) -> dict[_K, list[_R]]:
    groups: dict[_K, list[_R]] = {}
    for each in records:
        groups.setdefault(key(each), []).append(each)
    return groups


def _rank(key: Key) -> tuple[int, Key]:
    return (LINKS.index(key[0]) if key[0] in LINKS else len(LINKS), key)


def section_of(
    chip: str, tail: str, simulated: bool, *, shape: str = "", model: str = ""
) -> Section:
    """Return whose limits judge a board that has worked with a tail.

    Args:
        chip: the board's.
        tail: ``edge`` or ``peer``.
        simulated: whether its clock is.
        shape: name of the file that shaped its links (:func:`hil.budgets.section.shape_name`).
        model: name of its model and cut (:func:`hil.budgets.section.model_name`).
    """
    kind = "virtual" if simulated else chip
    return Section(f"{kind}-peer" if tail == "peer" else kind, model, shape)


def latency(
    measured: Measured, certainty: Certainty | None = None, *, shaped: bool = False
) -> list[dict[str, object]]:
    """Summarize what was measured, by what was on the board, link and clock.

    What is advisory, taken while other boards were tested on this computer, is kept apart.

    Goodput is the activation's payload over its transfer time, at the median, in bytes per second.

    Args:
        measured: of any links.
        certainty: of the bounds; by default the usual one.
        shaped: whether a file shapes simulated links, so that chance plays a part.
    """
    fixed = replace(certainty or Certainty(), sequential=False)
    return [
        {"combination": name, **summary, "advisory": advisory}
        for advisory in (False, True)
        for name, those in measured.taken(advisory=advisory).by_combination().items()
        for summary in _links(those, fixed, shaped=shaped)
    ]


def _links(
    measured: Measured, certainty: Certainty, *, shaped: bool
) -> Iterator[dict[str, object]]:
    for (via, tail, simulated), link in measured.by_link().items():
        lost = link.lost_by_stage()
        goodput = link.goodput()
        chance = shaped or not simulated
        yield {
            "via": via,
            "tail": tail,
            "simulated": simulated,
            "asked": link.asked,
            "lost": link.unanswered,
            "stages_us": {
                name: {**spread(values), "lost": lost[name], **_bounded(values, certainty, chance)}
                for name, values in link.times_us().items()
            },
            "goodput_bytes_per_s": percentile(goodput, 0.50) if goodput else None,
            "wire": _wire(link.inferences),
        }


def _bounded(values: Sequence[int], certainty: Certainty, chance: bool) -> dict[str, object]:
    """Return the bounds of each figure, and how many independent values they are worth."""
    bounds = certainty.intervals(values, chance=chance)
    return {
        "effective": independent(tuple(values)) if chance else len(values),
        "intervals": {name: list(each) for name, each in bounds.items()},
    }


def _wire(inferences: Sequence[InferenceRecord]) -> Mapping[str, int] | None:
    """Add up what the activations of inferences cost on the link, where the board tells."""
    told: list[tuple[InferenceRecord, WireRecord]] = [
        (each, each.wire) for each in inferences if each.wire is not None
    ]
    if not told:
        return None
    return {
        "payload_bytes": sum(inference.activation_bytes for inference, _ in told),
        "bytes": sum(wire.bytes for _, wire in told),
        "frames": sum(wire.frames for _, wire in told),
        "resent": sum(wire.resent for _, wire in told),
    }
