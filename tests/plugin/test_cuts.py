# SPDX-License-Identifier: MIT
"""``--hil-cut best`` and ``--hil-cut all``."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.model.engine.native import preload
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.model.tflite import schema
from hil.planning.choice import predicted_best

# pytester forgets modules that a test has imported, which native ones do not bear.
preload()
schema.load()

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "tiny"
OPTIONS = ("-p", "no:cacheprovider", f"--hil-model={TINY}")
EXACTNESS = str(ROOT / "hil" / "suite" / "prediction" / "test_exactness.py")


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    return found


@pytest.mark.parametrize("via", ["udp", "ble", "udp,ble"])
def test_the_best_cut_is_that_of_the_links_of_the_run(pytester: pytest.Pytester, via: str) -> None:
    pytester.makepyfile(
        """
        def test_it(board, cut, photos):
            assert board.info.cut == cut.short_name
            assert board.infer(photos[0]).transport_exact
        """
    )
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-cut=best", f"--hil-via={via}")
    result.assert_outcomes(passed=1)
    best = predicted_best(Model.load(TINY), via.split(","))
    assert document(pytester)["cut"]["name"] == best.short_name
    result.stdout.fnmatch_lines([f"*cut after {best.short_name}, over *"])


def test_exactness_is_tested_at_every_legal_cut(pytester: pytest.Pytester) -> None:
    """With a model of few cuts: the last part of tiny, and an input of it."""
    model = pytester.path / "rest.tflite"
    model.write_bytes(Model.load(TINY).split("block_6_project").tail)
    rest = Model.load(model)
    (x,) = random_inputs(rest.inputs, 1)
    np.save(pytester.path / "one.npy", x)
    result = pytester.runpytest_subprocess(
        *OPTIONS[:2],
        f"--hil-model={model}",
        "--hil-cut=all",
        "--hil-via=tcp",
        f"--hil-input={pytester.path / 'one.npy'}",
        f"--rootdir={pytester.path}",
        "--import-mode=importlib",
        *("-c", str(pytester.makeini("[pytest]"))),
        EXACTNESS,
    )
    cuts = rest.cuts
    found = document(pytester)
    tests = len({each["nodeid"].partition("[")[0] for each in found["tests"]})
    result.assert_outcomes(passed=tests * len(cuts))
    exact = [each["judgements"] for each in found["photos"]]
    assert len(exact) == len(cuts)
    assert all(kind["exact"] for judged in exact for kind in judged.values())
    assert {each["cut"]["name"] for each in found["combinations"]} == {
        cut.short_name for cut in cuts
    }
    # One flash for each, and none after the last: the default cut comes last.
    assert sum("model" in str(each["written"]) for each in found["flash"]) == len(cuts)


def test_without_the_option_they_have_one_turn(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*OPTIONS, "--collect-only", "-q", EXACTNESS)
    assert "predictions]" not in result.stdout.str()


def test_all_cuts_and_a_matrix_are_one_too_many(pytester: pytest.Pytester) -> None:
    (pytester.path / "matrix.toml").write_text(f'models = ["{TINY}"]\n')
    pytester.makepyfile("def test_it(board): pass")
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "--hil-cut=all", "--hil-matrix=matrix.toml"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--hil-cut all and *matrix.toml are both given;*"])


def test_the_best_cut_of_a_model_without_any_is_one_sentence(pytester: pytest.Pytester) -> None:
    model = Model.load(TINY)
    (pytester.path / "last.tflite").write_bytes(model.split(model.cuts[-1]).tail)
    pytester.makepyfile("def test_it(board): pass")
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "--hil-model=last.tflite", "--hil-cut=best"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*last has no legal cut: *it can only run whole.*"])
