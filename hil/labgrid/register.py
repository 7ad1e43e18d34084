# SPDX-License-Identifier: MIT
"""Which sessions have begun on this computer: what they leave may be found after its next start.

A computer whose power has failed has no process any more of which to tell that it has ended, and
its name alone does not say that it is the same: containers and copies of one image bear it, too. So
each session is entered while it has places, with the start of the computer at which that was. What
is entered here, of another start of the same computer, is dead.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote

from hil.health.store import Store
from hil.host.files.reading import parse_json
from hil.labgrid.owner import Owner

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True)
class Register:
    """Sessions that have begun here.

    Attributes:
        directory: where it is; ``None`` for a user without a home: nothing is known then.
    """

    directory: Path | None

    @classmethod
    def find(cls) -> Self:
        """Return the register beside what is known of boards (``HIL_STATE_DIR``)."""
        state = Store.find().directory
        return cls(None if state is None else state / "labgrid")

    def enter(self, owner: Owner, coordinator: str) -> None:
        """Enter a session, before it acquires anything.

        Where that cannot be written, what it leaves at a power cut is to be freed by hand.
        """
        if self.directory is None or not _here():
            return
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            self._path(owner).write_text(json.dumps({**_here(), "coordinator": coordinator}))

    def leave(self, owner: Owner) -> None:
        """Strike a session off that has given everything back."""
        if self.directory is not None:
            with suppress(OSError):
                self._path(owner).unlink(missing_ok=True)

    def is_dead(self, owner: Owner) -> bool:
        """Whether a session has ended for certain."""
        return owner.is_dead or self.is_of_earlier_start(owner)

    def forget_dead(self, coordinator: str) -> None:
        """Strike off dead sessions, once nothing of theirs is left at a coordinator."""
        if self.directory is None:
            return
        with suppress(OSError):
            for path in list(self.directory.iterdir()):
                owner = Owner.parse(unquote(path.stem))
                if owner is None or not self.is_dead(owner):
                    continue
                if _read(path).get("coordinator") == coordinator:
                    self.leave(owner)

    def is_of_earlier_start(self, owner: Owner) -> bool:
        """Whether a session began on this computer, and the computer has been started since."""
        if self.directory is None:
            return False
        told, here = _read(self._path(owner)), _here()
        return bool(
            here and told.get("machine") == here["machine"] and told.get("boot") != here["boot"]
        )

    def _path(self, owner: Owner) -> Path:
        assert self.directory is not None
        return self.directory / f"{quote(owner.name, safe='')}.json"


def _here() -> dict[str, str]:
    """Return which computer this is, and which start of it; nothing where that is not known."""
    try:
        machine = _MACHINE.read_text("ascii").strip()
        boot = _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return {}
    return {"machine": machine, "boot": boot} if machine and boot else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        told = parse_json(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
