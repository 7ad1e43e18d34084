# SPDX-License-Identifier: MIT
"""A farm on loopback: labgrid's own coordinator and exporter, with virtual boards as resources."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from hil.labgrid.owner import Owner
from hil.labgrid.session import Session
from hil.labgrid.wire import load
from hil.sim.process import Lab

PATIENCE_S = 60.0
"""For a program to start, or a condition to come true, on a machine that is busy."""

EXPORTER = "bench"


class Farm:
    """Started by :meth:`start`; a context manager.

    Places ``desk-1`` and ``desk-2`` have the tags ``chip=esp32s3`` and ``board=a`` or ``b`` and a
    virtual board each, ``empty`` has a tag ``rack=1`` and no resources, ``absent`` a tag ``rack=2``
    and those of an exporter that is not there.

    Attributes:
        address: of the coordinator.
        lab: with the boards.
    """

    def __init__(self, directory: Path, lab: Lab) -> None:
        self.directory = directory
        self.lab = lab
        self.address = "127.0.0.1:0"
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> "Farm":
        self.start_coordinator()
        self.start_exporter()
        self.add_places()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for name in list(self._processes):
            self.stop(name)

    def environment(self) -> dict[str, str]:
        """Return that of a program which is to use the farm."""
        return {**os.environ, "LG_COORDINATOR": self.address}

    def start_coordinator(self) -> None:
        """Start it, where it was before if it has been stopped, without places."""
        (self.directory / "places.yaml").unlink(missing_ok=True)
        listening = self._start("coordinator", "listening on", "-l", self.address)
        self.address = listening.split()[-1]

    def start_exporter(self) -> None:
        """Start it, and wait until the coordinator knows of its boards."""
        resources = "".join(
            f"desk-{number}:\n  NetworkSerialPort:\n    host: 127.0.0.1\n"
            f"    port: {board.url.rpartition(':')[2]}\n"
            for number, board in enumerate(self.lab.boards, 1)
        )
        (self.directory / "resources.yaml").write_text(resources)
        options = ("-c", self.address, "-n", EXPORTER, "--hostname", "127.0.0.1")
        self._start("exporter", "Exporter ready", *options, "resources.yaml")
        known = len(self.lab.boards)
        self.told(lambda session: len(session.resources()) == known)

    def stop(self, name: str) -> None:
        """End a program as a power cut does."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    def add_places(self) -> None:
        """Make all that there are from the beginning."""
        self.add_place("desk-1", chip="esp32s3", board="a")
        self.add_place("desk-2", chip="esp32s3", board="b")
        self.add_place("empty", "", rack="1")
        self.add_place("absent", "nobody/*/*", rack="2")

    def add_place(self, name: str, match: str | None = None, **tags: str) -> None:
        """Make a place; by default what the exporter offers in a group of that name belongs to it.

        Args:
            name: of the place.
            match: ``EXPORTER/GROUP/CLASS``; empty: none.
            tags: it has.
        """
        wire = load()
        messages = wire.messages
        with wire.grpc.insecure_channel(self.address) as channel:
            stub = wire.Stub(channel)
            stub.AddPlace(messages.AddPlaceRequest(name=name), timeout=PATIENCE_S)
            stub.SetPlaceTags(messages.SetPlaceTagsRequest(placename=name, tags=tags))
            pattern = f"{EXPORTER}/{name}/*" if match is None else match
            if pattern:
                request = messages.AddPlaceMatchRequest(placename=name, pattern=pattern)
                stub.AddPlaceMatch(request)

    def delete_place(self, name: str) -> None:
        wire = load()
        with wire.grpc.insecure_channel(self.address) as channel:
            wire.Stub(channel).DeletePlace(wire.messages.DeletePlaceRequest(name=name))

    def session(self, owner: str = "elsewhere/ada") -> Session:
        """Connect, as another user of labgrid's; the caller closes it."""
        return Session(self.address, owner)

    def kick(self, place: str) -> None:
        """Release a place, whoever has it, as ``labgrid-client release --kick`` does."""
        session = self.session()
        try:
            found = session.place(place)
            assert found is not None
            session.release(place, found.holder)
        finally:
            session.close()

    def holders(self) -> dict[str, str]:
        """Return who has the places that somebody has."""
        session = self.session(Owner.this_process().name)
        try:
            return {each.name: each.holder for each in session.places() if each.holder}
        finally:
            session.close()

    def reservations(self) -> int:
        """Return how many there are."""
        session = self.session()
        try:
            return len(session.reservations())
        finally:
            session.close()

    def told(self, condition: Callable[[Session], bool]) -> None:
        """Wait until the coordinator tells what makes a condition true."""
        session = self.session()
        try:
            assert session.wait(lambda: condition(session), PATIENCE_S)
        finally:
            session.close()

    def _start(self, name: str, word: str, *arguments: str) -> str:
        """Start a program of labgrid's; return its first line that has a word."""
        with (self.directory / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"labgrid.remote.{name}", *arguments],
                cwd=self.directory,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._processes[name] = process
        assert process.stdout is not None
        patience = threading.Timer(PATIENCE_S, process.kill)
        patience.start()
        said: list[str] = []
        try:
            for line in process.stdout:
                said.append(line)
                if word in line:
                    return line.strip()
        finally:
            patience.cancel()
        raise AssertionError(f"labgrid's {name} did not start: {''.join(said)}")
