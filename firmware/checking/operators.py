# SPDX-License-Identifier: MIT
"""Whether the firmware registers every operator that the TFLM at hand has."""

import re
from collections.abc import Iterator
from pathlib import Path

RESOLVER = "tensorflow/lite/micro/micro_mutable_op_resolver.h"
"""Within esp-tflite-micro."""

# Not an operator of a chip, or not one operator.
_OTHERS = {"AddCustom", "AddBuiltin", "AddEthosU"}
_LISTED = re.compile(r"^HIL_OPERATOR\((\w+), (\w+)\)$", re.MULTILINE)
_FUNCTION = re.compile(r"TfLiteStatus (Add\w+)\(.*?\n  \}", re.DOTALL)
_KIND = re.compile(r'BuiltinOperator_(\w+)|AddCustom\(\s*"(\w+)"')


def findings(listed: Path, resolver: Path) -> Iterator[str]:
    """Yield a line for each operator that one of the two has and the other has not.

    Args:
        listed: the firmware's ``operators.def``.
        resolver: TFLM's header.
    """
    ours = set(_LISTED.findall(listed.read_text(encoding="utf-8")))
    theirs = set(registrable(resolver.read_text(encoding="utf-8")))
    for kind, name in sorted(theirs - ours):
        yield f"{listed}: TFLM has {kind} (Add{name}), which is not listed"
    for kind, name in sorted(ours - theirs):
        yield f"{listed}: lists {kind} ({name}), which TFLM does not have by that name"


def registrable(header: str) -> Iterator[tuple[str, str]]:
    """Yield each operator by its name in models and by its function's name without ``Add``."""
    for function in _FUNCTION.finditer(header):
        kind = _KIND.search(function[0])
        if function[1] not in _OTHERS and kind:
            yield kind[1] or kind[2], function[1].removeprefix("Add")
