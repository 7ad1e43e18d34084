# SPDX-License-Identifier: MIT
"""A project's own fixtures: in nobody's way by any name, and in place of the harness's by right."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY, TIES = (ROOT / "models" / name for name in ("tiny", "ties"))
OPTIONS = ("-p", "no:cacheprovider", f"--hil-model={TINY}", "--hil-via=tcp,udp")

NAMES = ("model", "link", "console", "edge", "photos", "firmware", "cut", "peer", "gateway")
SCOPES = ("function", "class", "module", "package", "session")

OWN = """
import pytest

@pytest.fixture(scope="{scope}")
def {name}():
    return "the project's own"

class TestIt:
    def test_{name}(self, board, {name}, hil_photos):
        assert {name} == "the project's own"
        assert board.infer(hil_photos[0]).transport_exact
"""


def outcomes(pytester: pytest.Pytester) -> dict[str, str]:
    return {each["nodeid"].rpartition("::")[2]: each["outcome"] for each in records(pytester)}


def records(pytester: pytest.Pytester) -> list[dict[str, object]]:
    path = pytester.path / "hil-report" / "results.json"
    found: list[dict[str, object]] = json.loads(path.read_text())["tests"]
    return found


def flashed(pytester: pytest.Pytester) -> list[str]:
    """What was on the board after each flashing that wrote something."""
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    return [each["combination"] for each in document["flash"] if each["written"]]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_project_with_fixtures_of_these_names_runs_tests_with_the_board(
    pytester: pytest.Pytester, scope: str
) -> None:
    pytester.makepyfile(
        **{f"test_{name}": OWN.format(name=name, scope=scope) for name in NAMES},
        __init__="",
    )
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=len(NAMES))
    assert outcomes(pytester) == {f"test_{name}": "passed" for name in NAMES}


def test_in_a_conftest_they_are_in_nobodys_way_either(pytester: pytest.Pytester) -> None:
    own = "\n".join(
        f"@pytest.fixture(scope='session')\ndef {name}():\n    return 'own'" for name in NAMES
    )
    pytester.makeconftest(f"import pytest\n{own}\n")
    pytester.makepyfile(
        f"def test_it(board, hil_photos, latency, small_board, {', '.join(NAMES)}):\n"
        "    assert {model, link, edge} == {'own'}\n"
        "    assert latency.infer(small_board.part.input_tensor(hil_photos[0])) is not None\n"
    )
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


OVERRIDES = f"""
import pytest
import hil

@pytest.fixture(scope="module")
def hil_model():
    return hil.Model.load({str(TIES)!r})

def test_other(board, model, cut, edge, hil_photos):
    assert board.part.model is model and model.name == "ties"
    assert board.part.cut == cut == model.default_cut
    assert board.infer(hil_photos[0]).top5_ids == model.top5_ids(hil_photos[0])
"""

BEFORE = """
import pytest

@pytest.fixture(scope="session")
def warm(model, photos):
    return model

def test_own(board, warm, model, photos):
    assert warm is model and board.part.model is model and model.name == "tiny"
    assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
"""

AFTER = """
from test_a import warm

def test_back(board, warm, link, model, photos):
    assert warm is model and model.name == board.part.model.name == "tiny"
    assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])

class TestClass:
    import pytest

    @pytest.fixture(scope="class")
    def hil_cut(self):
        return "block_1_project"

    def test_cut(self, board, cut, model, warm, link, photos):
        assert board.part.cut == cut and cut.short_name == "block_1_project"
        assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
"""


def test_the_model_of_a_module_is_flashed_for_its_tests_and_the_cut_of_a_class(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_a=BEFORE, test_b=OVERRIDES, test_c=AFTER)
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=6)
    assert flashed(pytester) == [
        "tiny block_3_project",
        "ties block_3_expand",
        "tiny block_3_project",
        "tiny block_1_project",
        "tiny block_3_project",
        "tiny block_1_project",
    ]
    (row,) = {each["combination"] for each in records(pytester) if "test_other" in str(each)}
    assert row == "ties block_3_expand"


PER_TEST = f"""
import pytest

@pytest.fixture
def board(board, link):
    return board

@pytest.fixture(params=[{str(TINY)!r}, {str(TIES)!r}])
def hil_model(request):
    return request.param

def test_models(board, model, photos):
    assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])

class TestCuts:
    @pytest.fixture
    def hil_model(self):
        return {str(TINY)!r}

    @pytest.mark.parametrize("hil_cut", ["block_1_project", 0])
    def test_cuts(self, board, cut, photos):
        assert board.part.cut == cut
        assert board.infer(photos[0]).transport_exact

    @pytest.mark.parametrize("hil_cut", ["block_6_project"], indirect=True)
    def test_indirect(self, board, cut):
        assert board.part.cut.short_name == cut.short_name == "block_6_project"
"""


def test_models_and_cuts_may_differ_from_test_to_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PER_TEST)
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=10)


FIRMWARE = f"""
import pytest

@pytest.fixture(scope="module")
def hil_firmware():
    return {str(ROOT / "firmware/virtual/prebuilt-test")!r}

def test_it(board, firmware, edge, photos):
    assert board.info.test_build and firmware.path.name == "prebuilt-test"
    assert board.infer(photos[0]).transport_exact
"""


def test_the_firmware_of_a_module_is_flashed_for_its_tests(pytester: pytest.Pytester) -> None:
    plain = (
        "def test_it(board, firmware, photos):\n"
        "    assert not board.info.test_build\n"
        "    assert board.infer(photos[0]).transport_exact\n"
    )
    pytester.makepyfile(test_a=plain, test_b=FIRMWARE, test_c=plain)
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=3)


EDGE = """
import pytest
import hil

@pytest.fixture(scope="module")
def hil_edge(hil_model, hil_cut):
    split = hil_model.split(hil_cut)
    with hil.EdgeServer(split.tail, split.model_id, host="127.0.0.1") as server:
        yield server

def test_it(board, edge, hil_edge, photos):
    assert board.connection.edge is hil_edge
    assert board.infer(photos[0]).transport_exact
"""


def test_an_edge_server_of_a_modules_own_serves_its_tests(pytester: pytest.Pytester) -> None:
    plain = "def test_it(board, photos):\n    assert board.infer(photos[0]).transport_exact\n"
    own = EDGE.replace("edge, hil_edge,", "hil_edge,")
    pytester.makepyfile(test_a=plain, test_b=own, test_c=plain)
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("def hil_model():\n    return 7", "hil_model gives 7, of type int; return a hil.Model"),
        ("def hil_model():\n    return 'nowhere'", "nowhere * name a .tflite or a model directory"),
        ("def hil_cut():\n    return None", "hil_cut gives None, * a name or an index"),
        ("def hil_cut():\n    return 'nowhere'", "*nowhere*"),
        ("def hil_firmware():\n    return 7.5", "hil_firmware gives 7.5, of type float; return*"),
    ],
)
def test_an_override_that_gives_something_else_is_told_in_one_sentence(
    pytester: pytest.Pytester, override: str, sentence: str
) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.fixture\n{override}\ndef test_it(board):\n    0\n")
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([f"*{sentence}*"])


def test_a_cut_of_another_model_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import hil, pytest\n@pytest.fixture\ndef hil_cut():\n"
        f"    return hil.Model.load({str(TIES)!r}).default_cut\n"
        "def test_it(board):\n    pass\n"
    )
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*hil_cut gives block_3_expand, a cut of another model than tiny*"]
    )
