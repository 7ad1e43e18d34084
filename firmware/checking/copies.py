# SPDX-License-Identifier: MIT
"""Calls that copy their whole input to the heap, where the input may be as large as a model.

Mbed TLS copies what a function of PSA is given before it reads it (``LOCAL_INPUT_ALLOC`` in
psa_crypto.c), and ESP-IDF gives it internal memory for that. Which functions do, and which of
their arguments is the length, is read from the Mbed TLS at hand.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from checking import ctext

FILES = (
    "components/mbedtls/mbedtls/library/psa_crypto.c",
    "components/mbedtls/mbedtls/tf-psa-crypto/core/psa_crypto.c",
)
"""Of ESP-IDF 5, and of 6."""

_FUNCTION = re.compile(r"^psa_status_t\s+(psa_\w+)\s*\(", re.MULTILINE)
_COPY = re.compile(r"\bLOCAL_INPUT_ALLOC\s*\(\s*\w+\s*,\s*(\w+)\s*,")
_CONSTANT = re.compile(
    r"(?:\bsizeof\b\s*\(?[\w.>\-\[\]]+\)?|\b0x[0-9A-Fa-f]+u?|\b\d+u?|\b[A-Z][A-Z0-9_]*|[-+*/() ])+"
)


def copying(psa_crypto: str) -> dict[str, list[int]]:
    """Return the functions that copy, and which of their arguments are the lengths, from 0.

    Those that take their input in pieces (``..._update``) are left out.

    Args:
        psa_crypto: the text of Mbed TLS's ``psa_crypto.c``.
    """
    text = ctext.strip(psa_crypto)
    starts = list(_FUNCTION.finditer(text))
    found: dict[str, list[int]] = {}
    for start, after in zip(
        starts, [*(each.start() for each in starts[1:]), len(text)], strict=True
    ):
        parameters = [
            (re.findall(r"\w+", each) or [""])[-1]
            for each in ctext.arguments(text, start.end() - 1)
        ]
        lengths = _COPY.findall(text[start.end() : after])
        where = [parameters.index(each) for each in lengths if each in parameters]
        if where and "_update" not in start[1]:
            found[start[1]] = where
    return found


def findings(file: Path, functions: dict[str, list[int]], source: str) -> Iterator[str]:
    """Yield a line for each call in `file` that may copy a large input.

    Args:
        file: a C or C++ source file.
        functions: what `copying` says.
        source: where it says so, for the reader.
    """
    text = ctext.strip(file.read_text(encoding="utf-8"))
    for match in re.finditer(r"\b(psa_\w+)\s*\(", text):
        given = ctext.arguments(text, match.end() - 1)
        for at in functions.get(match[1], []):
            if at < len(given) and not _CONSTANT.fullmatch(given[at]):
                line = text.count("\n", 0, match.start()) + 1
                yield (
                    f"{file}:{line}: {match[1]} copies its input, all {given[at]} bytes of it, to "
                    f"the heap (LOCAL_INPUT_ALLOC in {source}); pass it on in pieces, by setup, "
                    "update and finish"
                )
