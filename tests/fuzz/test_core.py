# SPDX-License-Identifier: MIT
"""The C core's parsers and state machines under libFuzzer, with ASan and UBSan."""

from pathlib import Path

import pytest

from fuzzing.core import core_targets

CORPUS = Path(__file__).parent / "corpus" / "core"


@pytest.mark.parametrize("target", core_targets())
def test_the_core_stands_what_comes(target, core_fuzzer, fuzz, seconds):
    fuzz([str(core_fuzzer / target)], CORPUS / target, seconds)


def test_every_target_has_a_corpus():
    assert sorted(each.name for each in CORPUS.iterdir()) == core_targets()
