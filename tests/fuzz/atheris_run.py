# SPDX-License-Identifier: MIT
"""One target under atheris, in a process of its own: ``atheris_run.py TARGET [libFuzzer's]``."""

import logging
import sys

import atheris

with atheris.instrument_imports(include=["hil", "fuzz_targets", "zipfile", "json", "tomllib"]):
    import fuzz_targets

    target = fuzz_targets.load(sys.argv[1])


def main() -> None:
    """Fuzz; libFuzzer ends the process."""
    logging.disable(logging.CRITICAL)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
