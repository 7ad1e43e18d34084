# SPDX-License-Identifier: MIT
"""The selftest on mutants made up for it: one caught, one missed, and those that are none."""

from pathlib import Path

import pytest

from hil.errors import InfrastructureError, ProductFailure
from hil.firmware import virtual
from hil.selftest.matrix import Row
from hil.selftest.mutant import Mutant
from hil.selftest.selftest import Selftest
from hil.selftest.sources import apply, copy_sources
from hil.selftest.verdict import Verdict

pytestmark = pytest.mark.skipif(
    not virtual.can_build(), reason="ziglang is not installed (extra 'firmware')"
)

ROOT = virtual.ROOT.parent
CORE = "firmware/components/splitnode/src"
TRANSFER = (  # one test, on the small model
    "--hil-via=tcp",
    f"--hil-model={ROOT / 'models' / 'tiny'}",
    "-k=test_the_edge_receives_the_activation_that_the_board_computed",
)


def mutant(name: str, file: str, before: str, after: str) -> Mutant:
    """Return the mutant that replaces one line of a file."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    at = lines.index(before)
    hunk = f" {lines[at - 1]}\n-{before}\n+{after}\n {lines[at + 1]}\n"
    diff = f"--- a/{file}\n+++ b/{file}\n@@ -{at},3 +{at},3 @@\n{hunk}"
    return Mutant(name, f"{name}.", "state", "", "altered-activation", diff)


CRC = "        work->output_crc = sn_crc32(0, work->output.data, work->output.length);"
LAST_BYTE = CRC.replace("length);", "length - 1u);")
VERBS = '    {"help", {0}, request_help},'

MUTANTS = [
    mutant("01-last-byte", f"{CORE}/node/infer.c", CRC, LAST_BYTE),
    mutant("02-no-help", f"{CORE}/node/requests.c", VERBS, VERBS.replace('"help"', '"halp"')),
    mutant("03-comment", f"{CORE}/node/requests.c", VERBS, f"{VERBS} /* first */"),
    mutant("04-nonsense", f"{CORE}/node/requests.c", VERBS, f"{VERBS} nonsense"),
    Mutant(
        "05-elsewhere",
        "No.",
        "state",
        "",
        "x",
        "--- a/firmware/x\n+++ b/firmware/x\n@@ -1 +1 @@\n-a\n+b\n",
    ),
    mutant(
        "06-test-build-only",
        "firmware/virtual/port.c",
        "    volatile const uint32_t *nowhere = (volatile const uint32_t *)0xF0000000u;",
        "    volatile const uint32_t *nowhere = (volatile const uint32_t *)0xF0000004u;",
    ),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    out = tmp_path_factory.mktemp("selftest")
    told: list[str] = []
    run = Selftest(MUTANTS, virtual.ROOT, out, arguments=TRANSFER)
    found, unmodified = run.run(2, lambda name, verdict, seconds: told.append(name))
    assert sorted(told) == [*(each.name for each in MUTANTS), "unmodified"]
    assert unmodified.source_digest == virtual.source_digest()
    assert [row.mutant for row in found] == MUTANTS
    assert (out / "01-last-byte" / "build-test" / "flasher_args.json").is_file()
    assert (out / "01-last-byte" / "report" / "results.json").is_file()
    return {row.mutant.name: row for row in found}


def test_a_defect_that_a_test_names_is_caught(rows: dict[str, Row]) -> None:
    row = rows["01-last-byte"]
    assert row.verdict is Verdict.CAUGHT
    assert row.failure is not None
    assert row.failure.test.startswith("hil/suite/prediction/test_exactness.py::")
    assert "CRC-32" in row.failure.message


def test_a_defect_that_no_test_sees_is_missed(rows: dict[str, Row]) -> None:
    row = rows["02-no-help"]
    assert (row.verdict, row.failure) == (Verdict.MISSED, None)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("03-comment", "it changes nothing that a board runs"),
        ("04-nonsense", "the firmware does not compile"),
        ("05-elsewhere", "it does not apply: firmware/x: No such file"),
        ("06-test-build-only", "it changes nothing that a board runs"),
    ],
)
def test_what_is_no_defect_of_the_product_is_unusable(
    rows: dict[str, Row], name: str, reason: str
) -> None:
    row = rows[name]
    assert row.verdict is Verdict.UNUSABLE
    assert row.reason.startswith(reason)


def test_firmware_that_does_not_pass_as_it_is_ends_the_selftest(tmp_path: Path) -> None:
    broken = copy_sources(virtual.ROOT, tmp_path)
    apply(MUTANTS[0], tmp_path)
    run = Selftest(MUTANTS[1:2], broken, tmp_path / "out", arguments=TRANSFER)
    with pytest.raises(ProductFailure, match="The unmodified firmware does not pass the suite"):
        run.run(2, lambda name, verdict, seconds: None)


def test_a_suite_that_cannot_be_run_is_not_the_firmwares_fault(tmp_path: Path) -> None:
    run = Selftest(MUTANTS[1:2], virtual.ROOT, tmp_path, arguments=("--no-such-option",))
    with pytest.raises(InfrastructureError, match=r"cannot be run .*broken"):
        run.run(2, lambda name, verdict, seconds: None)
