# SPDX-License-Identifier: MIT
"""The command line as a whole: help, what is nearly a command, completion."""

import pytest
from click.testing import CliRunner

from hil.cli import COMMANDS, cli
from hil.cli.completion import SHELLS


@pytest.mark.parametrize("words", [[], ["split"], ["budgets", "learn"]])
def test_help_is_short_and_long(words: list[str]) -> None:
    short, long = (CliRunner().invoke(cli, [*words, option]) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.output == long.output
    assert "-h, --help" in long.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_what_its_help_begins_with(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "-h"])
    assert (result.exit_code, result.output[:11]) == (0, "Usage: cli ")


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
