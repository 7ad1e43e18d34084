# SPDX-License-Identifier: MIT
"""The chip's list of operators: as the host knows them, and as TFLM's header has them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hil.model.tflite.graph import STATEFUL
from hil.model.tflite.kinds import CUSTOM, KINDS

FIRMWARE = Path(__file__).parents[2] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from checking import operators  # noqa: E402

LISTED = FIRMWARE / "main" / "operators.def"
HEADER = """
  TfLiteStatus AddCustom(const char* name, const TFLMRegistration* registration) {
    return AddBuiltin(BuiltinOperator_CUSTOM, *registration);
  }

  TfLiteStatus AddAdd(const TFLMRegistration& registration = Register_ADD()) {
    return AddBuiltin(BuiltinOperator_ADD, registration, ParseAdd);
  }

  TfLiteStatus AddWindow() {
    return AddCustom("SignalWindow", tflite::tflm_signal::Register_WINDOW());
  }
"""


def kinds(text: str) -> list[str]:
    return re.findall(r"^HIL_OPERATOR\((\w+),", text, re.MULTILINE)


def test_the_chip_registers_what_the_host_lets_pass():
    assert sorted(kinds(LISTED.read_text())) == sorted([*KINDS.values(), *CUSTOM])


def test_the_chip_and_the_host_know_the_same_operators_with_state():
    source = (FIRMWARE / "main" / "operators.cc").read_text()
    (block,) = re.findall(r"kRemembering\[\] = \{(.*?)\};", source, re.DOTALL)
    assert sorted(re.findall(r'"(\w+)"', block)) == sorted(STATEFUL)


@pytest.mark.parametrize(
    ("listed", "wrong"),
    [
        ("HIL_OPERATOR(ADD, Add)\nHIL_OPERATOR(SignalWindow, Window)\n", []),
        ("HIL_OPERATOR(ADD, Add)\n", ["TFLM has SignalWindow (AddWindow)"]),
        (
            "HIL_OPERATOR(ADD, Add)\nHIL_OPERATOR(SignalWindow, Window)\nHIL_OPERATOR(X, Y)\n",
            ["lists X (Y)"],
        ),
    ],
)
def test_what_one_side_lacks_is_found(tmp_path, listed, wrong):
    for name, text in (("operators.def", listed), ("header.h", HEADER)):
        (tmp_path / name).write_text(text)
    found = list(operators.findings(tmp_path / "operators.def", tmp_path / "header.h"))
    assert len(found) == len(wrong)
    assert all(part in line for part, line in zip(wrong, found, strict=True))


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs CMake")
def test_a_build_for_one_model_takes_its_lines_only(tmp_path):
    """The part of main/CMakeLists.txt that chooses, in a script of its own."""
    text = (FIRMWARE / "main" / "CMakeLists.txt").read_text()
    chooses = text[text.index("if(HIL_OPERATORS)") :]
    script = tmp_path / "choose.cmake"
    script.write_text(
        f"set(CMAKE_CURRENT_LIST_DIR {FIRMWARE / 'main'})\n"
        f"set(CMAKE_CURRENT_BINARY_DIR {tmp_path})\n"
        "function(set_source_files_properties)\nendfunction()\n" + chooses
    )

    def run(names: str) -> subprocess.CompletedProcess[str]:
        command = ["cmake", f"-DHIL_OPERATORS={names}", "-P", str(script)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = run("ADD;SignalRfft")
    assert done.returncode == 0, done.stderr
    chosen = (tmp_path / "operators_chosen.def").read_text()
    assert kinds(chosen) == ["ADD", "SignalRfft"]
    assert "HIL_OPERATOR(ADD, Add)" in chosen.splitlines()
    assert "GELU" in run("GELU").stderr
