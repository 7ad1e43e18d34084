# SPDX-License-Identifier: MIT
"""How much faster a sweep over photos is with several virtual boards than with one.

Sessions of pytest with one worker, two and four, each with a virtual board, have as many photos
inferred. Once as on real boards, which compute while this computer waits: each photo takes a tiny
model's inference, and a stated wait (``--wait``) in place of the operators' time. There each board
is to bring at least 0.9 of what one alone does. And once as it is with virtual boards, whose
operators this computer's cores compute (``--model``): that is reported, and bound by the cores.

What counts is photos a second from the moment on when every worker has had its first (before that
boards are flashed) until the last photo; the whole session is reported besides. Exits with 1 where
the limit is missed, or photos are not in the results.

    python benchmarks/farm_scaling.py [--photos N] [--wait S] [--boards 1,2,4] [--model DIR]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARE = 0.9
TESTS = """
import os, time
import pytest

@pytest.mark.parametrize("number", range(COUNT))
def test_photo(board, photos, number, request):
    began = time.monotonic()
    assert board.infer(photos[number % len(photos)]).transport_exact
    time.sleep(WAIT)  # a real board computes meanwhile
    worker = request.config.workerinput["workerid"]
    line = f"{worker} {began} {time.monotonic()}\\n".encode()
    log = os.open("log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, line)
    os.close(log)
"""
PLUGINS = "hil.plugin,xdist.plugin"


def sweep(boards: int, photos: int, wait_s: float, model: Path) -> dict[str, float]:
    """Have photos inferred by so many boards.

    Returns:
        photos a second while all workers were at it, seconds of the whole session, and seconds of
        this computer's cores for each photo.

    Raises:
        SystemExit: the session failed, or not every photo is in its results.
    """
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        source = TESTS.replace("COUNT", str(photos)).replace("WAIT", str(wait_s))
        (place / "test_sweep.py").write_text(source)
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= {"PYTEST_PLUGINS": PLUGINS, "PYTHONPATH": str(ROOT), "HIL_CONFIG": ""}
        options = [f"-n{boards}", "--hil-board=virtual", "--hil-via=tcp", f"--hil-model={model}"]
        before, began = os.times(), time.monotonic()
        session = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
        )
        whole, after = time.monotonic() - began, os.times()
        if session.returncode:
            sys.exit(session.stdout[-3000:] + session.stderr[-1000:])
        document = json.loads((place / "hil-report" / "results.json").read_text())
        if len(document["inferences"]) != photos or len(document["boards"]) != boards:
            sys.exit("not every photo, or not every board, is in the results")
        lines = [line.split() for line in (place / "log").read_text().splitlines()]
    first: dict[str, float] = {}
    for worker, _, ended in lines:
        first.setdefault(worker, float(ended))
    start, ends = max(first.values()), [float(ended) for _, _, ended in lines]
    spent = sum(after[2:4]) - sum(before[2:4])
    return {
        "photos_per_s": sum(end > start for end in ends) / (max(ends) - start),
        "session_s": whole,
        "core_s_per_photo": spent / photos,
    }


def compared(boards: list[int], photos: int, wait_s: float, model: Path) -> list[dict[str, float]]:
    """Sweep with each number of boards, and say how each compares with the first."""
    rows: list[dict[str, float]] = []
    for number in boards:
        row = {"boards": number, **sweep(number, photos, wait_s, model)}
        alone = (rows[0] if rows else row)["photos_per_s"] / boards[0]
        row["share"] = row["photos_per_s"] / alone / number
        rows.append({key: round(value, 3) for key, value in row.items()})
        print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--wait", type=float, default=0.5, help="seconds")
    parser.add_argument("--boards", default="1,2,4")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    arguments = parser.parse_args()
    boards = [int(each) for each in arguments.boards.split(",")]
    tiny = ROOT / "models" / "tiny"
    waiting = compared(boards, arguments.photos, arguments.wait, tiny)
    computing = compared(boards, arguments.photos, 0.0, arguments.model)
    print(
        json.dumps(
            {
                "photos": arguments.photos,
                "wait_s": arguments.wait,
                "cores": os.cpu_count(),
                "waiting": waiting,
                "computing": computing,
                "limit_share": SHARE,
            },
            indent=1,
        )
    )
    return int(any(row["share"] < SHARE for row in waiting))


if __name__ == "__main__":
    sys.exit(main())
