# SPDX-License-Identifier: MIT
"""A board had for this process, whoever provides it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import cast

from hil.errors import WrongChipError
from hil.esp32s3 import NAME
from hil.host.activity import doing
from hil.rig.lock import BoardLock
from hil.rig.lookup import OnWait
from hil.rig.providers.extensions import BOARDS
from hil.rig.providers.interface import BoardProvider, Lease, Offer, Wanted
from hil.rig.providers.named import place_of, provider_of
from hil.rig.quarantine import Refusals, require_in_use, whereabouts
from hil.rig.rig import BoardSpec
from hil.serialport.line import USUAL
from hil.serialport.url import has_reset_lines

_AT_HAND = ("virtual", "usb", "mac", "serial", "port")
"""Providers whose boards have their ports before they are acquired."""


@doing("acquiring the board")
def have(spec: BoardSpec, on_wait: OnWait | None = None) -> tuple[BoardSpec, Lease]:
    """Return a board with its port, and what gives it back.

    Args:
        spec: which one.
        on_wait: called once with who has it, if it has to be waited for.

    Raises:
        BadInputError: there is no such provider, or no such board.
        BoardBusyError: somebody else had it for all of ``spec.wait_s``.
        BoardQuarantinedError: it is set aside, being sick.
        WrongChipError: it is not an ESP32-S3, or not the one that is meant.
        InfrastructureError: it cannot be had for another reason.
    """
    _require_in_use(spec)
    if spec.lender is not None:
        spec.lender.check()
    provider, name = provider_of(spec.port)
    source = cast(BoardProvider, BOARDS.make(provider))
    with BOARDS.answering_for(provider):
        lease = _checked(provider, source.acquire(name, _wanted(spec, on_wait)))
    return _taken(spec, lease)


def have_all(
    specs: Sequence[BoardSpec], on_wait: OnWait | None = None
) -> list[tuple[BoardSpec, Lease]]:
    """Return several boards of one provider as :func:`have` does: all of them, or none.

    Where the provider has ``acquire_all``, none is had while another is waited for; else they are
    had one after the other.

    Args:
        specs: which ones; each is wanted for the same time.
        on_wait: as of :func:`have`, which tells the errors, too.
    """
    provider, _ = provider_of(specs[0].port)
    acquire_all = getattr(BOARDS.make(provider), "acquire_all", None)
    with ExitStack() as ending:
        found: list[tuple[BoardSpec, Lease]] = []
        if acquire_all is None or len(specs) == 1:
            for spec in specs:
                found.append(have(spec, on_wait))
                ending.callback(found[-1][1].release)
        else:
            for spec in specs:
                _require_in_use(spec)
            with BOARDS.answering_for(provider):
                names = [provider_of(spec.port)[1] for spec in specs]
                leases = [_checked(provider, e) for e in acquire_all(names, _wanted(spec, on_wait))]
                for lease in leases:
                    ending.callback(lease.release)
                had = list(zip(specs, leases, strict=True))
            found = [_taken(*each) for each in had]
        ending.pop_all()
        return found


def _checked(provider: str, lease: object) -> Lease:
    """Return what a provider has given, to be released once; raise TypeError if it is no lease."""
    if not isinstance(lease, Lease):
        raise TypeError(f"acquire() returned {lease!r}, which is no Lease")
    return replace(lease, release=_once(provider, lease))


def _taken(spec: BoardSpec, lease: Lease) -> tuple[BoardSpec, Lease]:
    """Return what :func:`have` does, of a board that has been acquired."""
    if spec.lender is not None:
        lease = replace(lease, check=spec.lender.check, on_lost=spec.lender.on_lost)
    try:
        found = _completed(spec, lease)
        if is_extension(spec.port):  # which board of the farm it is shows only now
            _require_in_use(found)
        return found, lease
    except BaseException:
        lease.release()
        raise


@contextmanager
def had(spec: BoardSpec, on_wait: OnWait | None = None) -> Iterator[BoardSpec]:
    """Have a board for a ``with`` block, that need not be there, but is to be nobody else's.

    Yields it, with its port if another package's provider knows where that is; raises as
    :func:`have`.
    """
    if not is_extension(spec.port):
        with BoardLock.acquire(spec.port, spec.wait_s, on_wait):
            yield spec
        return
    found, lease = have(spec, on_wait)
    try:
        yield found
    finally:
        lease.release()


def is_extension(port: str) -> bool:
    """Whether a board is one of a farm's or of another package's: known when it is acquired."""
    return provider_of(port)[0] not in _AT_HAND


def offers(provider: str) -> list[Offer]:
    """Return what a provider offers.

    Raises:
        BadInputError: it cannot be used.
        InfrastructureError: it cannot tell.
    """
    source = cast(BoardProvider, BOARDS.make(provider))
    with BOARDS.answering_for(provider):
        return list(source.offers())


class _once:  # noqa: N801 - a function that remembers
    """Releases a lease when it is first called."""

    def __init__(self, provider: str, lease: Lease) -> None:
        self._provider = provider
        self._lease: Lease | None = lease

    def __call__(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            with BOARDS.answering_for(self._provider):
                lease.release()


def _completed(spec: BoardSpec, lease: Lease) -> BoardSpec:
    """Return what is known of a board, what ``hil.toml`` says before what its provider says."""
    chip = lease.chip
    if chip is not None and _plain(chip.chip) != NAME:
        raise WrongChipError(
            f"The board {spec.port} is an {chip.chip}, not an ESP32-S3; name another."
        )
    mac = chip.mac.lower() if chip is not None and chip.mac else None
    if mac and spec.mac and mac != spec.mac:
        raise WrongChipError(
            f"The board {spec.port} has the MAC address {mac}, not {spec.mac}; name another, "
            "or mend hil.toml."
        )
    reset = lease.reset if spec.reset == "auto" else spec.reset
    if reset == "auto" and not has_reset_lines(lease.port):
        reset = "none"
    return replace(
        spec,
        port=spec.port if spec.virtual else lease.port,
        place=spec.place or (place_of(spec.port, lease.name) if is_extension(spec.port) else ""),
        name=spec.name or lease.name or (spec.port if is_extension(spec.port) else ""),
        mac=spec.mac or mac,
        baud=spec.baud or lease.baud,
        reset=reset,
        line=lease.line if spec.line == USUAL else spec.line,
        power_cycle=spec.power_cycle or lease.power_cycle,
        edge_host=spec.edge_host or lease.edge_host,
    )


def _wanted(spec: BoardSpec, on_wait: OnWait | None) -> Wanted:
    refusals = Refusals()
    return Wanted(
        spec.wait_s,
        on_wait,
        spec.coordinator,
        lambda called: refusals.of(place_of(spec.port, called)),
    )


def _require_in_use(spec: BoardSpec) -> None:
    """Raise BoardQuarantinedError where a board is set aside, as far as it is known which it is."""
    farms = is_extension(spec.port)
    place = spec.place or (place_of(spec.port) if farms else "")
    if not spec.virtual and (place or not farms):
        port = None if farms else spec.port
        require_in_use(whereabouts(port, spec.mac, place=place, name=spec.name))


def _plain(chip: str) -> str:
    return chip.lower().replace("-", "")
