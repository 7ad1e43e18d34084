# SPDX-License-Identifier: MIT
"""The command line as a whole: help, what is nearly a command, completion."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from hil.cli import COMMANDS, cli
from hil.cli.completion import SHELLS


def helps(words: list[list[str]]) -> list[str]:
    """Return what command lines print.

    In a process of its own: click remembers of a command that a test has called by itself that its
    option for help was the long one.
    """
    program = (
        "import json, sys\n"
        "from click.testing import CliRunner\n"
        "from hil.cli import cli\n"
        "done = [CliRunner().invoke(cli, words) for words in json.loads(sys.argv[1])]\n"
        "assert not any(each.exit_code for each in done)\n"
        "print(json.dumps([each.output for each in done]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(words)], capture_output=True, check=True
    )
    printed: list[str] = json.loads(done.stdout)
    return printed


@pytest.mark.parametrize("words", [[], ["split"], ["budgets", "learn"]])
def test_help_is_short_and_long(words: list[str]) -> None:
    short, long = helps([[*words, "-h"], [*words, "--help"]])
    assert short == long
    assert "-h, --help" in long


def test_every_command_has_help() -> None:
    for name, printed in zip(COMMANDS, helps([[name, "-h"] for name in COMMANDS]), strict=True):
        assert printed.startswith(f"Usage: cli {name}")


def test_what_is_nearly_a_command_is_suggested() -> None:
    result = CliRunner().invoke(cli, ["flsh"])
    assert result.exit_code == 2
    assert "Did you mean flash?" in result.output


def test_what_is_no_command_is_refused_without_a_guess() -> None:
    result = CliRunner().invoke(cli, ["xyzzy"])
    assert result.exit_code == 2
    assert "Did you mean" not in result.output


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_gets_a_script_that_asks_hil(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "_HIL_COMPLETE" in result.output


def test_commands_and_options_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner(env={"_HIL_COMPLETE": "bash_complete"})

    def completed(line: str) -> list[str]:
        words = line.split(" ")
        env = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        result = runner.invoke(cli, env=env, prog_name="hil")
        return [each.partition(",")[2] for each in result.output.splitlines()]

    assert completed("hil fl") == ["flash"]
    assert "--list" in completed("hil split --li")
