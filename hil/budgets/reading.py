# SPDX-License-Identifier: MIT
"""Reads single values of a budget file; each refusal is one sentence that names the place."""

import math
from collections.abc import Mapping, Sequence

from hil.errors import BadInputError


def table(tree: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    """Return a table, empty if it is not there."""
    value = tree.get(key, {})
    if not isinstance(value, Mapping):
        raise BadInputError(f"{where} has {key} = {value!r}; it must be a table.", at=(key,))
    return value


def refuse_unknown(tree: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Refuse a key that no budget has."""
    for key in tree:
        if key not in known:
            raise BadInputError(
                f"{where} has a budget for {key!r}, which does not exist; known are "
                f"{', '.join(known)}.",
                at=(key,),
            )


def number(value: object, key: str, where: str, wanted: str) -> float:
    """Return a finite number of at least 0; ``wanted`` says what to give instead."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(f"{where} has {key} = {value!r}; give {wanted}.", at=(key,))
    if not math.isfinite(value) or value < 0:
        raise BadInputError(f"{where} has {key} = {value!r}; give {wanted}.", at=(key,))
    return float(value)


def share(value: object, key: str, where: str) -> float:
    """Return a share: a number from 0 to 1, or a percentage as text (``"10%"``)."""
    wanted = 'a share from 0 to 1, or a percentage such as "10%"'
    found = value
    if isinstance(value, str) and value.endswith("%"):
        try:
            found = float(value[:-1]) / 100
        except ValueError:
            raise BadInputError(
                f"{where} has {key} = {value!r}; give {wanted}.", at=(key,)
            ) from None
    result = number(found, key, where, wanted)
    if result > 1:
        raise BadInputError(f"{where} has {key} = {value!r}; give {wanted}.", at=(key,))
    return result
