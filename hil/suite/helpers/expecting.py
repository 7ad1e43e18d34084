# SPDX-License-Identifier: MIT
"""What a board says is what it has to say, or a symptom is named."""

from hil.console.info import BoardInfo
from hil.symptoms import expect


def expect_equal(got: object, expected: object, symptom: str, stage: str, link: str = "") -> None:
    """Raise a ``Misbehaviour`` unless what came is what should have come."""
    expect(got == expected, symptom, link=link, stage=stage, expected=expected, got=got)


def runs(info: BoardInfo) -> tuple[str, str, str, str, int | None]:
    """Return what a board runs: application, model slot, role, what is on trial, model id."""
    return info.app, info.model_slot, info.role, info.trial, info.model_id
