# SPDX-License-Identifier: MIT
"""How long a session has its boards: what each worker does, what is spread, what one does alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from hil.errors import BadInputError

US = 1e-6


@dataclass(frozen=True)
class Suite:
    """Seconds of one session's parts.

    Attributes:
        fixed_s: until the first test, on every board: pytest, flashing, start.
        work_s: all tests that are spread over workers, as one worker would run them.
        longest_s: the longest of them, which is not divided; photos are spread one by one.
        latency_s: the pass that judges budgets, on one board; the others have been given back.
        photos: photos among the tests that are spread.
        photo_s: what one photo takes.
    """

    fixed_s: float
    work_s: float
    longest_s: float
    latency_s: float
    photos: int = 0
    photo_s: float = 0.0

    def with_photos(self, photos: int) -> "Suite":
        """Return the suite with more or fewer photos."""
        more_s = (photos - self.photos) * self.photo_s
        return replace(self, work_s=self.work_s + more_s, photos=photos)

    def spread_s(self, workers: int, efficiency: float) -> float:
        """Return what the spread tests take with so many workers.

        Args:
            workers: at least 1.
            efficiency: of more than one worker, throughput per worker as a share of one's alone.
        """
        if workers == 1:
            return self.work_s
        return max(self.work_s / (workers * efficiency), self.longest_s)

    def session_s(self, workers: int, efficiency: float = 1.0) -> float:
        """Return how long a session has its last board."""
        return self.fixed_s + self.spread_s(workers, efficiency) + self.latency_s

    def board_s(self, workers: int, efficiency: float = 1.0) -> float:
        """Return how long a session has boards, all of them together, each worker having one."""
        spread_s = self.fixed_s + self.spread_s(workers, efficiency)
        return workers * spread_s + self.latency_s

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Suite":
        """Read the parts out of the results of a run on one board.

        On a virtual board computing takes no time of the board's. So what its clock says of each
        inference and round trip, *simulated*, takes the place of what the host needed for it.

        Raises:
            BadInputError: the run did not end, was on several boards, or has no tests.
        """
        run, tests = document["run"], document["tests"]
        if run["outcome"] == "running" or not tests:
            raise BadInputError("The run has not ended, or has run no test: take another one.")
        if len(document.get("boards") or ()) > 1:
            raise BadInputError("The run was on several boards: take one of a single board.")
        judged = {each["nodeid"]: each for each in document["budgets"]["measured"]}
        host = {test["nodeid"]: test["host_seconds"] for test in tests}
        latency = sum(seconds for name, seconds in host.items() if name in judged)
        flash = document["flash"][0]["host_seconds"] if document["flash"] else 0.0
        spread = {name: seconds for name, seconds in host.items() if name not in judged}
        added = sum(map(_device_s, document["inferences"])) + sum(
            map(_device_s, document["round_trips"])
        )
        added_latency = sum(
            _device_s(record)
            for spans in judged.values()
            for kind in ("inferences", "round_trips")
            for record in document[kind][slice(*spans[kind])]
        )
        return cls(
            fixed_s=max(run["host_seconds"] - sum(host.values()), 0.0) + flash,
            work_s=max(sum(spread.values()) - flash + added - added_latency, 0.0),
            longest_s=max(spread.values(), default=0.0),
            latency_s=latency + added_latency,
            photos=len(document["photos"]),
            photo_s=_photo_s(document),
        )


def _device_s(record: Mapping[str, Any]) -> float:
    """Return what a real board would have taken beyond the host's time, if it is simulated."""
    if not record["simulated"]:
        return 0.0
    if "stages_us" in record:
        return float(record["stages_us"]["total"] - record["host_us"]["infer"]) * US
    return float(record["us"] or 0) * US


def _photo_s(document: Mapping[str, Any]) -> float:
    """Return the median time of an inference, by the board's clock where it is simulated."""
    times = [
        record["stages_us"]["total"] if record["simulated"] else record["host_us"]["infer"]
        for record in document["inferences"]
    ]
    return median(times) * US if times else 0.0
