# SPDX-License-Identifier: MIT
"""Draws the README's picture from what a real run prints: docs/run.svg.

``python docs/picture.py`` runs the suite on a virtual board, all of whose times are simulated.
``--from FILE`` draws what such a run has printed before. What is not shown are pytest-benchmark's
own tables. The picture names no font of its own and loads nothing; its ground is dark wherever it
stands, so that it can be read on any page.
"""

import argparse
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "run.svg"
COMMAND = ("pytest", "-q", "-m", "hil", "--hil-via", "udp,ble")
COLUMNS = 80

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# rich's own template takes its font from a server.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg"
     role="img" aria-label="TITLE">
  <style>
    .{unique_id}-matrix {{
      font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
    }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
    </clipPath>
    {lines}
  </defs>
  <rect fill="#0c0c0c" stroke="#808080" x="0.5" y="0.5" rx="8" width="99.9%" height="99.9%"/>
  <g transform="translate({terminal_x}, {terminal_y})"
     clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""


def run() -> str:
    """Return what the run prints, in colour."""
    done = subprocess.run(
        [sys.executable, "-m", *COMMAND, "--color=yes"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"The run failed, and no picture was drawn:\n{done.stdout}")
    return done.stdout


def shown(printed: str) -> str:
    """Return the part that the picture shows: the command, the run and its closing table.

    Raises:
        ValueError: that is not what a run prints.
    """
    lines = printed.rstrip().splitlines()
    plain = [_COLOUR.sub("", line) for line in lines]
    begin = next((n for n, line in enumerate(plain) if line.startswith("hil: ")), None)
    ends = [n for n, line in enumerate(plain) if line.startswith(("results ", "page "))]
    if begin is None or not ends or " passed" not in plain[-1]:
        raise ValueError("This is not what a run prints that has passed; run one anew.")
    return "\n".join([f"$ {' '.join(COMMAND)}", *lines[begin : ends[-1] + 1], lines[-1]])


def draw(printed: str) -> str:
    """Return the picture of what a run has printed, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown(printed)), soft_wrap=True)
    title = f"A run on a virtual board, all its times simulated: {' '.join(COMMAND)}"
    drawn = console.export_svg(
        theme=MONOKAI,
        code_format=_FORMAT.replace("TITLE", title),
        unique_id="run",
    )
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def main() -> None:
    """Draw the picture, from a new run or from what an earlier one has printed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="source", type=Path, help="what a run has printed")
    parser.add_argument("--out", type=Path, default=PICTURE)
    options = parser.parse_args()
    printed = options.source.read_text(encoding="utf-8") if options.source else run()
    options.out.write_text(draw(printed), encoding="utf-8")


if __name__ == "__main__":
    main()
