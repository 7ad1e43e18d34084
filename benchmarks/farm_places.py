# SPDX-License-Identifier: MIT
"""Sessions by the dozen that compete for a few places of labgrid, some of them killed at random.

labgrid's own coordinator and exporter run on loopback. Each session is a process: it acquires any
of the places as ``labgrid:rack=1`` does, or several at a time (``--wants``), uses them for a while,
gives them back. Every fifth is killed by SIGKILL, at random while it waits or while it has what it
wants. Whoever has a place locks a file of its (the kernel's lock, which ends with the process):
that two have one at a time shows there.
Prints one line of JSON, and fails if a promise is not kept:

* ``twice``: how often two sessions had one place at a time: never,
* ``got``, ``busy``, ``killed``, ``failed``: how sessions ended,
* ``waits_s``: by how many places a session wanted, median and longest,
* ``longest_wait_s``: of any, from asking to having or being refused; at most ``bound_s`` and what
  the coordinator takes for its answers (``slack_s``),
* ``free_after_s``: from the end of the last session until all places were free,
* ``seconds``: all of it; at most two minutes,
* ``acquire_release_s``: median of acquiring a place nobody wants and giving it back, alone, with
  the connection made and ended each time; ``first_s``: with grpc and labgrid's messages imported.

Usage: python benchmarks/farm_places.py [--sessions N] [--places N] [--wants N,N,...]
    [--bound SECONDS] [--seed N]
"""

import argparse
import fcntl
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from hil.errors import BoardBusyError, HilError
from hil.labgrid.leftovers import release_leftovers
from hil.labgrid.owner import Owner
from hil.labgrid.provider import LabgridBoards
from hil.labgrid.session import Session
from hil.labgrid.wire import load
from hil.rig.providers.interface import Wanted

FILTER = "rack=1"
MOST_S, SLACK_S = 120.0, 10.0
ALONE = 20
TOLD = "told.jsonl"


class Plan(NamedTuple):
    """What a session does.

    Attributes:
        number: of the session.
        wants: so many places at a time.
        uses_s: them for so long.
        dies: ``waiting``, ``using`` or empty.
        dies_s: so long after that has begun.
    """

    number: int
    wants: int
    uses_s: float
    dies: str
    dies_s: float


def plans(sessions: int, seed: int, wants: list[int]) -> list[Plan]:
    """Return what all sessions do: every fifth dies, half of these while they use a place.

    Args:
        sessions: how many there are.
        seed: of chance.
        wants: places that sessions want by turns.
    """
    chance = random.Random(seed)
    victims = chance.sample(range(sessions), sessions // 5)
    dies = {number: ("waiting", "using")[turn % 2] for turn, number in enumerate(victims)}
    return [
        Plan(
            number,
            wants[number % len(wants)],
            chance.uniform(0.05, 0.5),
            dies.get(number, ""),
            chance.uniform(0, 5),
        )
        for number in range(sessions)
    ]


def die_later(seconds: float) -> None:
    """Kill this process after so many seconds."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()


def session(plan: Plan, address: str, bound_s: float, directory: str) -> None:
    """Compete for places; tell how it ended, how long it took, and how many others had, too."""
    os.environ["LG_COORDINATOR"] = address

    def tell(how: str, waited_s: float, twice: int = 0) -> None:
        # At once and without a lock: whoever is killed holds up nobody.
        with (Path(directory) / TOLD).open("ab", buffering=0) as file:
            file.write(json.dumps([how, waited_s, twice, plan.wants]).encode() + b"\n")

    if plan.dies == "waiting":
        die_later(plan.dies_s)
    begun = time.monotonic()
    try:
        leases = LabgridBoards().acquire_all([FILTER] * plan.wants, Wanted(bound_s))
    except BoardBusyError:
        tell("busy", time.monotonic() - begun)
        return
    except HilError as error:
        tell(f"{type(error).__name__}: {error}", time.monotonic() - begun)
        return
    waited_s = time.monotonic() - begun
    with ExitStack() as stack:
        files = [stack.enter_context((Path(directory) / each.name).open("w")) for each in leases]
        twice = sum(not lock(file.fileno()) for file in files)
        if plan.dies == "using":
            tell("used", waited_s, twice)
            die_later(min(plan.dies_s, plan.uses_s))
            signal.pause()
        time.sleep(plan.uses_s)  # so long they are used
    for lease in leases:
        lease.release()
    tell("got", waited_s, twice)


def lock(file: int) -> bool:
    """Lock a file for as long as it is open; return whether nobody else had it locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start(stack: ExitStack, directory: Path, name: str, word: str, *options: str) -> str:
    """Start a program of labgrid's for the time of a stack; return its first line with a word."""
    with (directory / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", f"labgrid.remote.{name}", *options],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return line.strip()
    raise SystemExit(f"labgrid's {name} did not start: {(directory / f'{name}.log').read_text()}")


def farm(stack: ExitStack, directory: Path, places: int) -> str:
    """Start coordinator and exporter, and make places; return the coordinator's address."""
    listening = start(stack, directory, "coordinator", "listening on", "-l", "127.0.0.1:0")
    address = listening.split()[-1]
    names = [f"place-{number}" for number in range(places)]
    (directory / "exported.yaml").write_text(
        "".join(
            f"{name}:\n  NetworkSerialPort:\n    host: 127.0.0.1\n    port: {9_000 + number}\n"
            for number, name in enumerate(names)
        )
    )
    exporter = ("-c", address, "-n", "bench", "exported.yaml")
    start(stack, directory, "exporter", "Exporter ready", *exporter)
    wire = load()
    messages = wire.messages
    with wire.grpc.insecure_channel(address) as channel:
        stub = wire.Stub(channel)
        for name in names:
            stub.AddPlace(messages.AddPlaceRequest(name=name))
            pattern = f"bench/{name}/*"
            stub.AddPlaceMatch(messages.AddPlaceMatchRequest(placename=name, pattern=pattern))
            stub.SetPlaceTags(messages.SetPlaceTagsRequest(placename=name, tags={"rack": "1"}))
    watching = Session(address, Owner.this_process().name)
    watching.wait(lambda: len(watching.resources()) == places, MOST_S)
    watching.close()
    return address


def alone(address: str) -> tuple[float, float]:
    """Return the seconds for a place that nobody wants: the median, and in a new process."""
    os.environ["LG_COORDINATOR"] = address
    taken = []
    for _ in range(ALONE):
        begun = time.monotonic()
        LabgridBoards().acquire(FILTER, Wanted()).release()
        taken.append(time.monotonic() - begun)
    code = (
        "import time; begun = time.monotonic()\n"
        "from hil.labgrid.provider import LabgridBoards; from hil.rig.providers.interface import "
        f"Wanted\nLabgridBoards().acquire({FILTER!r}, Wanted()).release()\n"
        "print(time.monotonic() - begun)"
    )
    first = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return statistics.median(taken), float(first.stdout)


def compete(
    address: str, bound_s: float, todo: list[Plan], directory: str
) -> tuple[list[tuple[str, float, int, int]], int]:
    """Let sessions compete; return what they told, and how many were killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["hil.labgrid.provider"])
    processes = [
        context.Process(target=session, args=(plan, address, bound_s, directory)) for plan in todo
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = (Path(directory) / TOLD).read_text().splitlines()
    return [tuple(json.loads(line)) for line in lines], sum(bool(p.exitcode) for p in processes)


def waits(told: list[tuple[str, float, int, int]], wants: int) -> list[float]:
    """Return the median and the longest wait of sessions that wanted so many places."""
    waited = [waited for _, waited, _, wanted in told if wanted == wants]
    return [round(statistics.median(waited), 1), round(max(waited), 1)] if waited else []


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--places", type=int, default=3)
    parser.add_argument("--wants", default="1")
    parser.add_argument("--bound", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        address = farm(stack, Path(directory), asked.places)
        median_s, first_s = alone(address)
        begun = time.monotonic()
        todo = plans(asked.sessions, asked.seed, [int(each) for each in asked.wants.split(",")])
        told, killed = compete(address, asked.bound, todo, directory)
        ended = time.monotonic()
        freed = release_leftovers(address)
        watching = Session(address, Owner.this_process().name)
        watching.wait(lambda: not any(each.holder for each in watching.places()), MOST_S)
        held = [each.name for each in watching.places() if each.holder]
        left = len(watching.reservations())
        watching.close()
        done = time.monotonic()
    failed = [how for how, *_ in told if how not in ("got", "used", "busy")]
    result = {
        "sessions": asked.sessions,
        "places": asked.places,
        "twice": sum(twice for _, _, twice, _ in told),
        "got": sum(how in ("got", "used") for how, *_ in told),
        "busy": sum(how == "busy" for how, *_ in told),
        "killed": killed,
        "killed_using": sum(how == "used" for how, *_ in told),
        "failed": failed,
        "bound_s": asked.bound,
        "slack_s": SLACK_S,
        "longest_wait_s": round(max(waited for _, waited, *_ in told), 1),
        "median_wait_s": round(statistics.median(waited for _, waited, *_ in told), 1),
        "waits_s": {wants: waits(told, wants) for wants in sorted({each.wants for each in todo})},
        "left_to_release": len(freed),
        "free_after_s": round(done - ended, 2),
        "seconds": round(done - begun, 1),
        "held_at_the_end": held,
        "reservations_at_the_end": left,
        "acquire_release_s": round(median_s, 3),
        "first_s": round(first_s, 2),
    }
    print(json.dumps(result))
    kept = not result["twice"] and not failed and not held and not left
    in_time = result["longest_wait_s"] <= asked.bound + SLACK_S and result["seconds"] <= MOST_S
    if not kept or not in_time or median_s > 0.5:
        raise SystemExit("A promise was not kept.")


if __name__ == "__main__":
    main()
