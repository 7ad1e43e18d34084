# SPDX-License-Identifier: MIT
"""Builds of firmware that is not this project's, for virtual boards."""

import subprocess
from pathlib import Path

from hil.host import child

HERE = Path(__file__).parent
HELLO = (HERE / "hello.wat").read_text(encoding="utf-8")
"""Says hello, repeats lines; at ``p`` it panics, at ``r`` it restarts itself, ``*`` is Unity's."""


def make_plain(directory: Path, text: str = HELLO, project: str = "hello_world") -> Path:
    """Make a build and return its directory.

    Args:
        directory: where it goes.
        text: WebAssembly text of the firmware.
        project: its name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    source = directory / "main.wat"
    source.write_text(text, encoding="utf-8")
    out = directory / "build"
    options = ["--wat", str(source), "--project", project, "--out", str(out)]
    command = child.command(str(HERE / "pack_plain.py"), *options)
    subprocess.run(command, env=child.environment(), check=True)
    return out
