# SPDX-License-Identifier: MIT
"""``hil firmware build --target esp32s3``, with an ESP-IDF that only pretends."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hil.cli.firmware import build as command
from hil.errors import BadInputError
from hil.firmware import chip as idf_build
from hil.firmware import virtual as firmware_build
from hil.firmware.chip import Variant
from hil.resources import resource

IDF_PY = """#!{python}
import json, os, shutil, sys
arguments = sys.argv[1:]
out = arguments[arguments.index("-B") + 1]
shutil.copytree({prebuilt!r}, out, dirs_exist_ok=True)
with open(os.path.join(out, "asked.json"), "w") as file:
    json.dump(arguments, file)
print("[1/2] Building C object main.c.obj")
if os.environ.get("SOURCES") == "broken":
    print("main.c:3:5: error: expected ';' before 'return'")
    print("ninja: build stopped")
    sys.exit(2)
print("[2/2] Linking splitnode.elf")
"""


@pytest.fixture
def idf(tmp_path, monkeypatch):
    """An ESP-IDF whose export.sh has not been sourced."""
    tools = tmp_path / "esp-idf" / "tools"
    tools.mkdir(parents=True)
    script = tools / "idf.py"
    script.write_text(IDF_PY.format(python=sys.executable, prebuilt=str(resource("firmware"))))
    script.chmod(0o755)
    (tools.parent / "export.sh").write_text(f'echo exported\nPATH="{tools}:$PATH"\n')
    monkeypatch.setenv("IDF_PATH", str(tools.parent))
    monkeypatch.delenv("IDF_PYTHON_ENV_PATH", raising=False)
    return tools.parent


@pytest.fixture
def exported(idf, monkeypatch):
    """The same, with its export.sh sourced."""
    python = idf / "python" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setenv("IDF_PYTHON_ENV_PATH", str(python.parent.parent))


def asked(out: Path) -> list[str]:
    return json.loads((out / "asked.json").read_text())


def test_the_build_is_run_with_the_defaults_of_its_variant(exported, tmp_path):
    steps = []
    variant = Variant("8MB", ansi_c=True, operators=("ADD", "CONV_2D"))
    idf_build.build(tmp_path / "out", variant, lambda *step: steps.append(step))
    assert steps == [(1, 2), (2, 2)]
    words = asked(tmp_path / "out")
    assert "-DSDKCONFIG_DEFAULTS=sdkconfig.defaults;sdkconfig.8mb;sdkconfig.ansi" in words
    assert f"-DSDKCONFIG={tmp_path}/out/sdkconfig-8mb-ansi" in words
    assert "-DIDF_TARGET=esp32s3" in words
    assert "-DHIL_OPERATORS=ADD;CONV_2D" in words
    assert words[-1] == "build"


def test_the_files_of_defaults_of_every_variant_exist():
    for name in Variant("8MB", ansi_c=True, test=True).defaults:
        assert (idf_build.ROOT / name).is_file()


def test_an_idf_that_is_not_exported_is_exported_for_the_build(idf, tmp_path):
    idf_build.build(tmp_path / "out", Variant(), lambda *_: None)
    assert asked(tmp_path / "out")[-1] == "build"


def test_sources_that_do_not_build_are_bad_input_with_the_compilers_words(
    exported, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCES", "broken")
    with pytest.raises(BadInputError) as caught:
        idf_build.build(tmp_path / "out", Variant(), lambda *_: None)
    assert str(caught.value) == (
        "The firmware does not build (idf.py: 2):\nmain.c:3:5: error: expected ';' before 'return'"
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [(None, "set IDF_PATH or source"), ("/nowhere", "which holds no ESP-IDF")],
)
def test_without_an_idf_one_sentence_says_what_to_do(path, words, tmp_path, monkeypatch):
    monkeypatch.delenv("IDF_PATH", raising=False)
    if path:
        monkeypatch.setenv("IDF_PATH", path)
    with pytest.raises(BadInputError, match=words):
        idf_build.build(tmp_path / "out", Variant(), lambda *_: None)


def test_an_idf_without_its_tools_is_to_be_installed(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("IDF_PYTHON_ENV_PATH", str(tmp_path / "missing"))
    with pytest.raises(BadInputError, match=r"cannot be started .*install.sh"):
        idf_build.build(tmp_path / "out", Variant(), lambda *_: None)


def test_the_command_shows_progress_and_what_was_built(exported, tmp_path):
    out = tmp_path / "out"
    ended = CliRunner().invoke(command, ["--target", "esp32s3", "--out", str(out)])
    assert ended.exit_code == 0
    assert "building: 2 of 2" in ended.stderr
    assert "for esp32s3 with 16 MB of flash" in ended.stdout


@pytest.mark.parametrize(
    ("options", "defaults"),
    [
        ([], {"out": "", "out-test": ";sdkconfig.test"}),
        (["--production"], {"out": ""}),
        (["--test"], {"out": ";sdkconfig.test"}),
    ],
)
def test_the_command_builds_the_test_build_beside_the_production_build(
    exported, tmp_path, options, defaults
):
    command_line = ["--target", "esp32s3", "--out", str(tmp_path / "out"), *options]
    assert CliRunner().invoke(command, command_line).exit_code == 0
    assert {each.name for each in tmp_path.glob("out*")} == defaults.keys()
    for name, more in defaults.items():
        words = asked(tmp_path / name)
        assert f"-DSDKCONFIG_DEFAULTS=sdkconfig.defaults{more}" in words


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ([], {"out": False, "out-test": True}),
        (["--production"], {"out": False}),
        (["--test"], {"out": True}),
    ],
)
def test_virtual_images_are_built_the_same_way(monkeypatch, tmp_path, options, made):
    built = {}

    def build(out, *, test):
        built[out.name] = test

    monkeypatch.setattr(firmware_build, "build", build)
    ended = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), *options])
    assert ended.exit_code == 0
    assert built == made
    assert [line.split(":")[1].startswith(" test") for line in ended.stdout.splitlines()] == [
        *made.values()
    ]


def test_only_one_of_both_builds_can_be_the_only_one():
    ended = CliRunner().invoke(command, ["--test", "--production"])
    assert ended.exit_code == 2
    assert "exclude each other" in ended.stderr


def test_options_of_the_chip_are_refused_for_virtual_boards():
    ended = CliRunner().invoke(command, ["--ansi-c"])
    assert ended.exit_code == 2
    assert "are for --target esp32s3" in ended.stderr
