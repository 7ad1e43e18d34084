# SPDX-License-Identifier: MIT
"""Whether what a file of defaults asks for exists in a configuration, and is taken."""

import re
from collections.abc import Iterator
from pathlib import Path

from checking.tree import Config, read_values

_LINE = re.compile(r"(?:# )?CONFIG_(\w+)(?:=.*| is not set)")


def findings(file: Path, config: Config, unchecked: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a line for each setting of `file` that `config` does not have, or has otherwise.

    Args:
        file: an ``sdkconfig.defaults``, with which `config` was generated.
        config: what came of it.
        unchecked: beginnings of names that `config` cannot know.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    asked = read_values(lines)
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.strip())
        if not match or match[1].startswith(unchecked or ("\0",)):
            continue
        name, inverted = config.renamed.get(match[1], (match[1], False))
        want = asked.get(match[1])
        if inverted:
            want = None if want else "y"
        have = config.values.get(name)
        if name not in config.names:
            yield f"{file}:{number}: there is no CONFIG_{match[1]}"
        elif not _same(want, have):
            yield f"{file}:{number}: CONFIG_{name} becomes {have or 'n'}: what does it depend on?"


def _same(want: str | None, have: str | None) -> bool:
    if want is None or have is None:
        return want == have
    try:
        return int(want, 0) == int(have, 0)
    except ValueError:
        return want == have
