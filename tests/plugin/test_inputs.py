# SPDX-License-Identifier: MIT
"""What a session infers on: photos of any model, inputs that are none, names that are odd."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

from hil.model.inputs.photos import default_photos

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "tiny"
CIFAR = ROOT / "tests" / "models" / "mlperf_ic_int8.tflite"
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())
INFERS = """
def test_it(board, model, photos):
    for sample in photos:
        assert board.infer(sample).top5_ids == model.top5_ids(sample)
"""


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "hil-report" / "results.json").read_bytes())
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("--hil-via=tcp", "--junit-xml=junit.xml", *options)


def test_photos_reach_a_bare_model_in_the_range_of_its_input(pytester: pytest.Pytester) -> None:
    (pytester.path / "photos").mkdir()
    for label, name in (("3", "cat_chelsea.jpg"), ("7", "horses_nokota.jpg")):
        directory = pytester.path / "photos" / label
        directory.mkdir()
        shutil.copy(default_photos() / name, directory)
    pytester.makepyfile(INFERS)
    result = run(pytester, f"--hil-model={CIFAR}", "--hil-cut=11", "--hil-photos=photos")
    result.assert_outcomes(passed=1)
    said = "photos scaled to [0, 255] as the input's quantization says"
    assert f"hil: {said}" in result.stdout.lines
    found = document(pytester)
    assert found["model"]["scaling"] == said
    assert found["accuracy"]["board"] == {"n": 2, "top1": 1.0, "top5": 1.0}
    result.stdout.fnmatch_lines(["accuracy * top-5 of 2 labelled photos: board 100.0%, 100.0%"])


def test_inputs_that_are_no_photos_take_their_place(pytester: pytest.Pytester) -> None:
    x = np.random.default_rng(1).integers(0, 256, (3, 48, 48, 3)).astype(np.uint8)
    np.savez(pytester.path / "x.npz", x=x, y=[1, 2, 3])
    pytester.makepyfile(INFERS)
    result = run(pytester, f"--hil-model={TINY}", "--hil-input=x.npz")
    result.assert_outcomes(passed=1)
    photos = document(pytester)["photos"]
    assert [(each["name"], each["label_id"]) for each in photos] == [
        ("x.npz[0]", 1),
        ("x.npz[1]", 2),
        ("x.npz[2]", 3),
    ]


def test_names_that_are_no_utf8_or_that_terminals_obey_run_and_round_trip(
    pytester: pytest.Pytester,
) -> None:
    odd = os.fsdecode(b"c\xfct\x1b[31m.jpg")
    (pytester.path / "photos").mkdir()
    shutil.copy(default_photos() / "cat_chelsea.jpg", pytester.path / "photos" / odd)
    bad = "    raise BadInputError(photos[0].name)\n"
    head = "from hil.errors import BadInputError\n" + INFERS
    test = head + "def test_bad(board, photos):\n" + bad
    (pytester.path / os.fsdecode(b"test_\xfc.py")).write_text(test)
    command = [sys.executable, "-m", "pytest", "--hil-via=tcp", "--junit-xml=junit.xml"]
    options = [f"--hil-model={TINY}", "--hil-photos=photos"]
    # pytest writes its own lines about the test file as it can, so that they are no text.
    done = subprocess.run([*command, *options], capture_output=True, timeout=120, check=False)
    assert b"INTERNALERROR" not in done.stdout + done.stderr
    assert b"1 passed, 1 error" in done.stdout
    assert rb"BadInputError: c\xfct\x1b[31m.jpg" in done.stdout
    assert b"\x1b[31m.jpg" not in done.stdout
    found = document(pytester)
    assert [each["name"] for each in found["photos"]] == [odd]
    assert [os.fsencode(each["nodeid"]) for each in found["tests"]] == [
        b"test_\xfc.py::test_it",
        b"test_\xfc.py::test_bad",
    ]
    cases = [*ElementTree.parse(pytester.path / "junit.xml").iter("testcase")]
    assert {case.get("classname") for case in cases} == {r"test_\xfc"}
