# SPDX-License-Identifier: MIT
"""Projects whose own files have the names of this package, of its libraries, or of Python's."""

import sys
from pathlib import Path

import pytest

from hil.host import child

TINY = Path(__file__).parents[2] / "models" / "tiny"
ENTRY = Path(child.__file__).parent / "pytestplugin" / "entry"
TEST = "def test_the_board(board, photos):\n    assert board.infer(photos[0]).transport_exact\n"
NAMES = ("serial", "esptool", "numpy", "PIL", "wasmtime/__init__", "tflite_micro/__init__")
PYTHONS = ("statistics", "wave", "sqlite3/__init__", "hmac")


def run_as_module(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.run(
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hil-via=tcp"),
        *(f"--hil-model={TINY}", *arguments),
    )


def test_modules_of_the_project_stand_in_nobodys_way(pytester: pytest.Pytester) -> None:
    for name in (*NAMES, *PYTHONS):
        file = pytester.path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise RuntimeError('the project\\'s own')\n")
    (pytester.path / "secrets.py").write_text("WIFI_SSID = 'rig'\n")
    pytester.makeconftest("from secrets import WIFI_SSID\n")
    pytester.makepyfile("import secrets\nassert secrets.WIFI_SSID\n\n" + TEST)

    run_as_module(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize("folder", ["hil", "tests/hil"])
def test_the_project_has_a_package_of_this_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    # As installed: the entry point lies where Python finds it.
    monkeypatch.setenv("PYTEST_PLUGINS", "esp32_split_hil")
    monkeypatch.setenv("PYTHONPATH", f"{ENTRY}:{ENTRY.parents[2]}")
    package = pytester.path / folder
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef own():\n    return 1\n"
    )
    (package / "test_own.py").write_text(TEST + "\ndef test_own(own):\n    assert own == 1\n")

    result = run_as_module(pytester)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["hil: */hil is a package named hil too, *importlib*"])
    run_as_module(pytester, folder).assert_outcomes(passed=2)
