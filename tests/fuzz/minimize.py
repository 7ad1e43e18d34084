# SPDX-License-Identifier: MIT
"""Add to a Python target's corpus what reaches new lines: ``minimize.py TARGET DIRECTORY``.

The core's corpora are minimized by libFuzzer itself (``-merge=1 -set_cover_merge=1``).
"""

import hashlib
import logging
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import fuzz_targets

CORPUS = Path(__file__).parent / "corpus" / "python"
MOST_BYTES = 4096
"""Of one input; longer ones are the seeds' affair."""

_HIL = str(fuzz_targets.ROOT / "hil")
_seen: set[tuple[str, int, int]] = set()


def _trace(frame: FrameType, event: str, _argument: Any) -> Any:
    if not frame.f_code.co_filename.startswith(_HIL):
        return None
    previous = frame.f_lineno

    def lines(inner: FrameType, event: str, _argument: Any) -> Any:
        nonlocal previous
        if event == "line":
            _seen.add((inner.f_code.co_filename, previous, inner.f_lineno))
            previous = inner.f_lineno
        return lines

    return lines


def main() -> None:
    """Keep the shortest inputs that reach everything."""
    logging.disable(logging.CRITICAL)
    name, directory = sys.argv[1:]
    target = fuzz_targets.load(name)
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    old = [*target.seeds(), *(each.read_bytes() for each in sorted(kept.iterdir()))]
    new = sorted((each.read_bytes() for each in Path(directory).iterdir()), key=len)
    for number, data in enumerate([*old, *(each for each in new if len(each) <= MOST_BYTES)]):
        before = len(_seen)
        sys.settrace(_trace)
        try:
            target.run(data)
        finally:
            sys.settrace(None)
        if number >= len(old) and len(_seen) > before:
            (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    main()
