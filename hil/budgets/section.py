# SPDX-License-Identifier: MIT
"""Whose limits a section of ``budgets.toml`` holds, as its name says.

``[latency.virtual-of-dogs19-block-6-project-85a23f83-over-lossy-68a8fc68.udp]`` holds those of a
virtual board with the model whose id is 85a23f83 (a model and its cut), whose links were shaped by
a file of which 68a8fc68 is the digest. What lies between is for people to read.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

KINDS = ("virtual", "virtual-peer", "esp32s3", "esp32s3-peer")
"""Kinds of board, with the tail on the host or on a second one (``-peer``).

Simulated figures and a chip's are never held to the same limits.
"""

OF = "-of-"
"""Stands in a section's name between the board and the model that it runs."""

OVER = "-over-"
"""Stands in a section's name before the link file that shaped the board's links."""

# The first is the shortest that will do: what follows a model may be called anything.
_NAME = re.compile(
    f"({'|'.join(KINDS)})(?:{OF}([a-z0-9-]*?[0-9a-f]{{8}}))?(?:{OVER}([a-z0-9-]*[0-9a-f]{{8}}))?"
)
_DIGITS = 8
_LONGEST = 48


@dataclass(frozen=True)
class Section:
    """Whose limits they are.

    Attributes:
        kind: one of :data:`KINDS`.
        model: what :func:`model_name` says; empty for limits that hold for any model.
        shape: what :func:`shape_name` says; empty where links are as they are.
    """

    kind: str
    model: str = ""
    shape: str = ""

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read the name of a section; None if it is that of no board."""
        match = _NAME.fullmatch(name)
        return match and cls(match[1], match[2] or "", match[3] or "")

    def __str__(self) -> str:
        """Return its name."""
        model = self.model and f"{OF}{self.model}"
        shape = self.shape and f"{OVER}{self.shape}"
        return f"{self.kind}{model}{shape}"

    @property
    def board(self) -> str:
        """What verdicts call the board: its kind, and what shaped its links."""
        return str(replace(self, model=""))

    def holds_for(self, other: "Section") -> bool:
        """Whether the limits of this section were made for just what another one stands for.

        Of a name only the digits count, for names may change.
        """
        return (self.kind, self.model[-_DIGITS:], self.shape[-_DIGITS:]) == (
            other.kind,
            other.model[-_DIGITS:],
            other.shape[-_DIGITS:],
        )


def model_name(name: str, cut: str, model_id: str) -> str:
    """Return what sections call a model and its cut.

    Args:
        name: the model's.
        cut: short name of the cut; empty for an uncut model.
        model_id: of both, eight hexadecimal digits (:func:`hil.model.split.model_id`).
    """
    return f"{_slug(f'{name}-{cut}')[:_LONGEST].strip('-')}-{model_id}".lstrip("-")


def shape_name(stem: str, document: Mapping[str, object]) -> str:
    """Return what sections call a link file: its name, and eight digits of what it says.

    Two files of one name that say something else are two; comments and order make no difference.
    """
    said = json.dumps(document, sort_keys=True).encode()
    return f"{_slug(stem)}-{hashlib.sha256(said).hexdigest()[:_DIGITS]}".lstrip("-")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
