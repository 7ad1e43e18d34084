# SPDX-License-Identifier: MIT
"""Start virtual boards in a lab process of their own, and end them again."""

import contextlib
import importlib.util
import json
import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from hil.computer import require_boards
from hil.errors import BadInputError, LabError
from hil.host import child
from hil.host.activity import doing
from hil.sim.faults.faults import parse_faults
from hil.sim.faults.moment import parse_moment
from hil.sim.faults.power import inject, mishaps, switch_wifi

START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class VirtualPort:
    """Where a virtual board is found, and what it is.

    Attributes:
        url: its serial port, ``rfc2217://``, with modem lines.
        socket: the same port, ``socket://``, without.
        mac: base MAC address.
        chip: ``esp32s3``, unless a wrong one was asked for.
        power_cycle: a command line that re-plugs it.
    """

    url: str
    socket: str
    mac: str
    chip: str
    power_cycle: str


class Lab:
    """A running lab process.

    It dies with this process, however this one ends: it holds the reading end of a pipe whose
    writing end exists only here.

    Attributes:
        boards: where the virtual boards are.
        hci: their BLE radio, as a transport of bumble; ``None`` without bumble.
        process: the lab.
        shaped: whether a link file says what becomes of packets.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        lifeline: int,
        log: IO[bytes],
        ends: dict[str, Any],
        shaped: bool = False,
    ) -> None:
        self.process = process
        self.shaped = shaped
        self._lifeline: int | None = lifeline
        self._log = log
        self.boards = tuple(VirtualPort(**board) for board in ends["boards"])
        self.hci: str | None = ends.get("hci")
        self._switches: str = ends["switches"]

    @classmethod
    @doing("starting virtual boards")
    def start(
        cls,
        *,
        boards: int = 1,
        chip: str = "esp32s3",
        patience_s: float = 30.0,
        seed: int = 1,
        link: dict[str, Any] | None = None,
        faults: Sequence[str] = (),
        profile: dict[str, Any] | None = None,
        strangers: int = 0,
    ) -> "Lab":
        """Start a lab and wait until its boards can be opened.

        Args:
            boards: how many virtual boards.
            chip: ``esp32s3``, or ``esp32`` or ``esp32c3`` to have a wrong one.
            patience_s: real seconds that an answer of the host may take.
            seed: of everything random.
            link: how links behave, as in the file of ``hil sim --link``.
            faults: what is wrong with the boards, as for ``hil sim --fault``.
            profile: what operators take on a real board, as in the file of ``hil calibrate``.
            strangers: frames that a stranger sends before each of others over ESP-NOW and BLE.

        Raises:
            BadInputError: what virtual boards need is not installed, or there is no such fault.
            LabError: the process did not come up.
            HostError: this is Windows.
        """
        require_simulation()
        parse_faults(faults, boards, chip)
        reading, writing = os.pipe()
        log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        options: dict[str, Any] = {
            "boards": boards,
            "chip": chip,
            "patience_s": patience_s,
            "seed": seed,
            "faults": list(faults),
            "strangers": strangers,
        }
        if link is not None:
            options["link"] = link
        if profile is not None:
            options["profile"] = profile
        try:
            process = subprocess.Popen(
                child.command("hil.sim.lab", json.dumps(options), str(reading)),
                env=child.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(reading,),
                start_new_session=True,  # a Ctrl-C at the terminal is the starter's to handle
            )
        finally:
            os.close(reading)
        try:
            return cls(process, writing, log, _first_line(process, log), link is not None)
        except BaseException:
            os.close(writing)
            process.kill()
            process.wait()
            raise

    def switch_wifi(self, *, on: bool) -> None:
        """Turn the lab's access point on or off: boards lose it, and find it again by themselves.

        Raises:
            LabError: the lab does not answer.
        """
        host, _, port = self._switches.rpartition(":")
        failure = switch_wifi(host, int(port), on=on)
        if failure is not None:
            raise LabError(failure)

    def arm(self, fault: str, index: int = 0) -> None:
        """Let something befall a board at a point, as in ``panic@invoke`` (docs/faults.md).

        Args:
            fault: what and where; it counts from now on.
            index: which of the boards.

        Raises:
            BadInputError: there is no such fault.
            LabError: the lab does not answer.
        """
        moment = parse_moment(fault)
        self._inject("arm", index, str(moment))

    def waiting(self, index: int = 0) -> tuple[str, ...]:
        """Return the faults of a board that are set and have not struck yet; raises LabError."""
        return self._inject("waiting", index)

    def disarm(self, index: int = 0) -> tuple[str, ...]:
        """Let nothing befall a board any more; return what had not yet; raises LabError."""
        return self._inject("disarm", index)

    def mishaps(self) -> dict[str, int]:
        """Return how often what has disturbed the air that no board can help (docs/faults.md).

        ``wifi-off``, ``out-of-range`` and ``channel``; ``slow-host`` where simulated time has gone
        on without what this host owed; ``off`` is 1 while the access point is off. Raises LabError.
        """
        host, _, port = self._switches.rpartition(":")
        return mishaps(host, int(port))

    def _inject(self, verb: str, index: int, fault: str = "") -> tuple[str, ...]:
        host, _, port = self._switches.rpartition(":")
        return inject(host, int(port), verb, index + 1, fault)

    def check(self) -> None:
        """Raise LabError if the process has died."""
        code = self.process.poll()
        if code is not None:
            raise LabError(
                f"the lab process that runs the virtual boards has died (exit {code}: "
                f"{_last_line(self._log)}); start again"
            )

    def close(self) -> None:
        """End the process; calling it again does nothing."""
        if self._lifeline is None:
            return
        os.close(self._lifeline)
        self._lifeline = None
        try:
            self.process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


@contextlib.contextmanager
def ended_on_error(lab: Lab | None) -> Iterator[None]:
    """End a lab, if there is one, where what is to use it cannot be had."""
    try:
        yield
    except BaseException:
        if lab is not None:
            lab.close()
        raise


def require_simulation() -> None:
    """Raise BadInputError where the extra ``sim`` is not installed, HostError on Windows."""
    require_boards()
    if importlib.util.find_spec("wasmtime") is None:
        raise BadInputError(
            "virtual boards need wasmtime: pip install 'esp32-split-hil[sim]', "
            "or name a real board with --hil-board / --board"
        )


def _first_line(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline() if ready else b""
    if not line:
        why = _last_line(log) if ready else f"silent for {START_TIMEOUT_S:g} s"
        raise LabError(f"the lab process that runs the virtual boards did not start: {why}")
    ends: dict[str, Any] = json.loads(line)
    return ends


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it left no message"
