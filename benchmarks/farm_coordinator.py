# SPDX-License-Identifier: MIT
"""How many places one labgrid coordinator can look after; prints one JSON object.

A genuine coordinator (extra ``labgrid``) on loopback has so many places without boards. A session
reserves one by a tag that all have, acquires it, releases it and cancels the reservation, one after
the other; the medians of some rounds are printed. With each of these four the coordinator goes
through all places, in one thread, so the processor's time that it takes for a session says how many
sessions a second it can serve at most; other work on the machine does not count. Linux.

    python benchmarks/farm_coordinator.py [--places 10,100,1000,10000] [--rounds 20]
"""

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import grpc
from labgrid.remote.generated import labgrid_coordinator_pb2 as messages
from labgrid.remote.generated.labgrid_coordinator_pb2_grpc import CoordinatorStub

OWNER = "bench/farm"
PATIENCE_S = 60.0
MS = 1000.0


@contextmanager
def coordinator(places: int) -> Iterator[tuple[str, int]]:
    """Start a coordinator with so many places, and yield its address and process id."""
    program = shutil.which("labgrid-coordinator", path=Path(sys.executable).parent)
    if program is None:
        raise SystemExit("labgrid is not installed beside this Python: pip install '.[labgrid]'")
    known = {
        f"p{number}": {
            "matches": [
                {"exporter": "e", "group": f"g{number}", "cls": "*", "name": None, "rename": None}
            ],
            "aliases": [],
            "comment": "",
            "tags": {"chip": "esp32s3"},
            "created": 0.0,
            "changed": 0.0,
        }
        for number in range(places)
    }
    with tempfile.TemporaryDirectory() as directory:
        # JSON is YAML.
        Path(directory, "places.yaml").write_text(json.dumps(known), encoding="utf-8")
        with subprocess.Popen(
            [program, "--listen", "127.0.0.1:0"],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as started:
            assert started.stdout is not None
            address = started.stdout.readline().split()[-1]  # of "listening on HOST:PORT"
            drain = threading.Thread(target=started.stdout.read)
            drain.start()
            try:
                yield address, started.pid
            finally:
                started.kill()
                drain.join()


def processor_s(pid: int) -> float:
    """Return how long a process has been on a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(address: str, rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each thing that a session asks for."""
    asked: queue.SimpleQueue[messages.ClientInMessage | None] = queue.SimpleQueue()
    times = defaultdict[str, list[float]](list)

    def timed(name: str, action: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = action()
        times[name].append((time.perf_counter() - started) * MS)
        return result

    with grpc.insecure_channel(address) as channel:
        stub = CoordinatorStub(channel)
        greeting = messages.StartupDone(version="26.0.1", name=OWNER)
        asked.put(messages.ClientInMessage(startup=greeting))
        asked.put(messages.ClientInMessage(sync=messages.Sync(id=1)))
        heard = stub.ClientStream(iter(asked.get, None), wait_for_ready=True)
        next(message for message in heard if message.HasField("sync"))
        any_of = {"main": messages.Reservation.Filter(filter={"chip": "esp32s3"})}
        wish = messages.CreateReservationRequest(filters=any_of, prio=0.0)
        for _ in range(rounds):
            answer = timed("reserve", lambda: stub.CreateReservation(wish, timeout=PATIENCE_S))
            token, place = answer.reservation.token, answer.reservation.allocations["main"]
            acquire = messages.AcquirePlaceRequest(placename=place)
            release = messages.ReleasePlaceRequest(placename=place, fromuser=OWNER)
            cancel = messages.CancelReservationRequest(token=token)
            for name, call, request in (
                ("acquire", stub.AcquirePlace, acquire),
                ("release", stub.ReleasePlace, release),
                ("cancel", stub.CancelReservation, cancel),
            ):
                timed(name, lambda call=call, request=request: call(request, timeout=PATIENCE_S))
        asked.put(None)
    return {name: round(median(each), 1) for name, each in times.items()}


def main() -> None:
    """Print the figures of each number of places."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", default="10,100,1000,10000")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    figures = []
    for places in map(int, options.places.split(",")):
        with coordinator(places) as (address, pid):
            measure(address, 1)  # what is done once
            before = processor_s(pid)
            ms = measure(address, options.rounds)
            session_ms = (processor_s(pid) - before) / options.rounds * MS
        figures.append(
            {
                "places": places,
                "ms": ms,
                "session_processor_ms": round(session_ms, 1),
                "sessions_a_second": round(MS / session_ms, 1),
            }
        )
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
