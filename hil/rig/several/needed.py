# SPDX-License-Identifier: MIT
"""The second boards of a rig that are had together with the first one."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from hil.rig.identity import Identity
from hil.rig.rig import BoardSpec, Rig


def roles_needed(rig: Rig, links: Collection[str]) -> list[str]:
    """Return the roles of second boards that are needed for some links."""
    peer = ["peer"] if rig.peer is not None else []
    return [*peer, *(["gateway"] if "espnow" in links else [])]


def needed(rig: Rig, roles: Collection[str]) -> list[BoardSpec]:
    """Return the second boards that are to be had together with the first one.

    These are those that will be needed where others may be waited for: who has the first one, and
    waits for them when they are needed, may wait for somebody who waits for him. One that is not
    attached is missed when it is needed.

    Args:
        rig: which boards.
        roles: ``peer`` and ``gateway``, as far as they will be needed.
    """
    if rig.board.virtual or not rig.board.wait_s:
        return []
    named = [rig.peer if "peer" in roles else None, rig.gateway if roles else None]
    there = [spec for spec in named if spec is not None and _is_there(spec)]
    return list(dict.fromkeys(there))


def exchanged(rig: Rig, seconds: Sequence[BoardSpec], had: Sequence[BoardSpec]) -> Rig:
    """Return a rig with boards that are had.

    Args:
        rig: which boards were meant.
        seconds: as of :func:`needed`.
        had: the first one and these, as they are had.
    """
    by_role = dict(zip(seconds, had[1:], strict=True))
    peer, gateway = (None if s is None else by_role.get(s, s) for s in (rig.peer, rig.gateway))
    return replace(rig, board=had[0], peer=peer, gateway=gateway)


def _is_there(spec: BoardSpec) -> bool:
    """Whether it is known where a board is, or who knows."""
    return Identity.parse(spec.port).kind == "port"
