# SPDX-License-Identifier: MIT
"""What is flashed: firmware, model and cut, told apart by their bytes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut

Content = tuple["FirmwareBuild | None", "Model | None", "Cut | None"]
"""What is flashed; plain firmware has no model."""


def is_same(content: Content | None, other: Content) -> bool:
    """Whether two contents are the same bytes."""
    if content is None or not has_same_firmware(content, other):
        return False
    (_, model, cut), (_, new, place) = content, other
    return cut == place and (model and model.int8) == (new and new.int8)


def has_same_firmware(content: Content | None, other: Content) -> bool:
    """Whether the firmware of two contents is the same bytes."""
    if content is None:
        return False
    build, new = content[0], other[0]
    return build is new or (build and build.files) == (new and new.files)
