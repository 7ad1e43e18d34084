# SPDX-License-Identifier: MIT
"""Several firmwares, models and cuts in one session."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
FIRMWARE = ROOT / "firmware" / "virtual"
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())
OPTIONS = ("-p", "no:cacheprovider", "--hil-via=udp,tcp")

TEST = """
import pytest

@pytest.fixture(scope="session")
def warm(model):
    yield model

def test_plain():
    pass

def test_over_each(board, link, warm, model, cut, photos):
    assert board.part.model is model is warm and board.part.cut == cut
    assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])

def test_once(board, latency, hil_combination, firmware):
    assert board.rtt(board.part.cut.bytes).us
    assert board.info.test_build == firmware.path.name.endswith("-test")
    assert hil_combination.model is None or board.part.model.name in hil_combination.name

@pytest.mark.parametrize("hil_combination", ["prebuilt-test-ties"], indirect=True)
def test_one(board, model):
    assert model.name == "ties" and board.info.test_build
"""

MATRIX = f"""
firmwares = ["{FIRMWARE}/prebuilt", "{FIRMWARE}/prebuilt-test"]
models = [
  {{path = "{MODELS}/tiny", cuts = ["block_1_project", "block_3_project"]}},
  "{MODELS}/ties",
]
"""

NAMES = [
    *("prebuilt-tiny-block_1_project", "prebuilt-tiny-block_3_project", "prebuilt-ties"),
    *("prebuilt-test-tiny-block_1_project", "prebuilt-test-tiny-block_3_project"),
    "prebuilt-test-ties",
]


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    path = pytester.path / "hil-report" / "results.json"
    document: dict[str, Any] = json.loads(path.read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_each_combination_is_flashed_once_and_has_rows_of_its_own(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(TEST)
    (pytester.path / "matrix.toml").write_text(MATRIX)
    result = pytester.runpytest_subprocess(
        *OPTIONS, "--hil-matrix", "matrix.toml", "--junitxml=junit.xml"
    )
    result.assert_outcomes(passed=1 + 3 * len(NAMES) + 1)
    document = results(pytester)
    assert [each["name"] for each in document["combinations"]] == NAMES
    written = [each["combination"] for each in document["flash"] if each["written"]]
    assert written == NAMES
    rows = [(each["combination"], each["via"]) for each in document["latency"]]
    assert sorted(rows) == sorted((name, via) for name in NAMES for via in ("udp", "tcp"))
    for row in document["latency"]:
        assert row["stages_us"]["total"]["n"] == 1
    echoed = [
        each["combination"] for each in document["latency"] if "rtt_activation" in each["stages_us"]
    ]
    assert echoed == NAMES  # each by the size of its own activation
    for key in ("inferences", "round_trips"):
        assert [each["combination"] for each in document[key]].count(NAMES[0]) in (1, 2)
    about = [each for each in document["tests"] if "test_plain" not in each["nodeid"]]
    assert all(f"[{each['combination']}" in each["nodeid"] for each in about)
    assert [each["name"] for each in document["photos"]].count(document["photos"][0]["name"]) == 6
    result.stdout.fnmatch_lines(
        [
            "hil: *6 combinations, over udp, tcp: prebuilt-tiny-block_1_project, *",
            *(f"with       {name}: *" for name in NAMES),
        ]
    )
    cases = [
        each.get("name") for each in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    ]
    assert len(set(cases)) == len(cases)
    properties = {
        each.get("name"): each.get("value")
        for each in ElementTree.parse(pytester.path / "junit.xml").iter("property")
    }
    assert properties["hil.cut.name"] == "block_1_project"
    assert properties["hil.with.prebuilt-ties.model.name"] == "ties"


def test_one_that_does_not_run_takes_none_of_the_others_with_it(pytester: pytest.Pytester) -> None:
    """The chip's image is none for a virtual board."""
    pytester.makeconftest(
        "import pytest\nfrom hil.errors import BootFailure\nfrom hil.board.board import Board\n"
        "flash = Board.flash\n"
        "def refuse(board, build, model, *more):\n"
        "    if model.name == 'ties':\n        raise BootFailure('The board does not boot.')\n"
        "    return flash(board, build, model, *more)\n"
        "Board.flash = refuse\n"
    )
    pytester.makepyfile(
        "def test_a(board):\n    0\ndef test_b(board, photos):\n    assert board.infer(photos[0])\n"
    )
    (pytester.path / "m.toml").write_text(f'models = ["{MODELS}/ties", "{MODELS}/tiny"]')
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-matrix=m.toml")
    result.assert_outcomes(passed=2, failed=2)
    outcomes = {
        each["nodeid"].partition("::")[2]: each["outcome"] for each in results(pytester)["tests"]
    }
    assert outcomes == {
        "test_a[ties]": "failed",
        "test_b[ties]": "failed",
        "test_a[tiny]": "passed",
        "test_b[tiny]": "passed",
    }


def test_the_ini_file_may_name_it_and_overrides_take_an_axis_out(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhil_matrix = m.toml\n")
    (pytester.path / "m.toml").write_text(f'models = ["{MODELS}/ties", "{MODELS}/tiny"]')
    own = "import pytest\n@pytest.fixture\ndef own():\n    0\n"
    for name, value in (
        ("model", MODELS / "tiny"),
        ("cut", 0),
        ("firmware", FIRMWARE / "prebuilt"),
    ):
        own += f"@pytest.fixture\ndef hil_{name}():\n    return {str(value)!r}\n"
    pytester.makepyfile(
        test_own=own + "def test_own(board):\n    pass\n",
        test_both="def test_it(model):\n    pass\ndef test_none(own=1):\n    pass\n",
    )
    result = pytester.runpytest("--collect-only", "-q")
    result.stdout.fnmatch_lines_random(
        ["*::test_own", "*::test_it?ties?", "*::test_it?tiny?", "*::test_none"]
    )
    result.stdout.no_fnmatch_line("*test_own[[]*")


@pytest.mark.parametrize(
    ("matrix", "options", "sentence"),
    [
        ('models = ["nowhere"]', (), "*m.toml: *nowhere cannot be read*"),
        (f'models = ["{MODELS}/tiny"]\ncuts = ["block_77"]', (), "*m.toml: *block_77*"),
        ('firmwares = ["nowhere"]', (), "*m.toml: *nowhere*"),
        ("modells = 1", (), "*m.toml: it has the unknown key 'modells'*"),
        ("cuts = [0]", ("--hil-cut=1",), "*--hil-cut and the cuts of *m.toml are both given*"),
    ],
)
def test_a_matrix_that_cannot_be_tested_is_refused_before_anything_is_flashed(
    pytester: pytest.Pytester, matrix: str, options: tuple[str, ...], sentence: str
) -> None:
    pytester.makepyfile("def test_it(board):\n    pass\n")
    (pytester.path / "m.toml").write_text(matrix)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-matrix=m.toml", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {sentence}"])
    assert results(pytester)["flash"] == []
