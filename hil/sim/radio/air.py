# SPDX-License-Identifier: MIT
"""What the boards of a lab share: time, links' parameters, seed, and what lies between them."""

from collections import Counter
from typing import Protocol, TypeVar

from hil.sim.clock.clock import SimClock
from hil.sim.clock.profile import Profile
from hil.sim.radio.link import LinkDirection, LinkParameters
from hil.sim.radio.presets import PRESETS
from hil.sim.radio.stranger import Stranger

Shared = TypeVar("Shared")


class Medium(Protocol):
    """Something between boards that has to be started and closed (named in ``MEDIA`` of lab.py).

    It is constructed with its :class:`Air`.
    """

    async def start(self) -> dict[str, object]:
        """Open what reaches out of the lab; return what the lab announces of it."""

    async def close(self) -> None:
        """Close that again."""


class Air:
    """The common part of one lab.

    Args:
        clock: simulated time.
        links: parameters of the links, by the names of :data:`hil.sim.radio.presets.PRESETS`.
        seed: of everything random.
        profile: of a board, by which all boards of the lab take their time for models; None: by
            published figures.
        strangers: frames that a stranger sends before each of others over ESP-NOW and BLE.

    Attributes:
        mishaps: how often something has kept frames from where they were sent that no board can
            help: ``wifi-off``, ``out-of-range``, ``channel``, ``slow-host``.
    """

    def __init__(
        self,
        clock: SimClock,
        links: dict[str, LinkParameters] | None = None,
        seed: int = 1,
        profile: Profile | None = None,
        strangers: int = 0,
    ) -> None:
        self.clock = clock
        self.profile = profile
        self.links = PRESETS | (links or {})
        self.seed = seed
        self.mishaps: Counter[str] = Counter()
        self._strangers = strangers
        self._near: dict[str, Stranger] = {}
        self._shared: dict[type, object] = {}
        self._directions: dict[str, LinkDirection] = {}

    def shared(self, kind: "type[Shared]") -> Shared:
        """Return the lab's one object of a class, which is constructed with this air."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)  # type: ignore[call-arg]
        found = self._shared[kind]
        assert isinstance(found, kind)
        return found

    def direction(self, link: str, *names: object) -> LinkDirection:
        """Return a direction of a link; the same names get the same one, as long as the lab runs.

        Args:
            link: name of its parameters.
            names: what tells this direction from all others, for example the board's MAC and
                ``up``. What is random in it depends on them and on the seed, and on nothing else.
        """
        name = " ".join(map(str, (self.seed, link, *names)))
        if name not in self._directions:
            self._directions[name] = LinkDirection(self.links[link], name)
        return self._directions[name]

    def intrusions(self, way: str, frame: bytes, limit: int) -> list[bytes]:
        """Return what a stranger says right before a frame is heard.

        Args:
            way: which link, from whom to whom.
            frame: header and fragment.
            limit: longest frame of the link, in bytes.
        """
        if not self._strangers:
            return []
        if way not in self._near:
            self._near[way] = Stranger(self._strangers, f"{self.seed} stranger {way}")
        return self._near[way].before(frame, limit)
