# SPDX-License-Identifier: MIT
"""How the command line ends."""

import pytest

from hil import __version__, cli
from hil.errors import BadInputError, BootFailure, EdgeError, PortMissingError


@pytest.fixture
def ending(monkeypatch, capsys):
    """Let the command raise; return exit code and standard error."""

    def run(error):
        def raising(*args, **kwargs):
            raise error

        monkeypatch.setattr(cli.cli, "main", raising)
        with pytest.raises(SystemExit) as end:
            cli.main([])
        return end.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("Wrong."), 2),
        (BootFailure("Wrong."), 1),
        (PortMissingError("Wrong."), 10),
        (EdgeError("Wrong."), 10),
    ],
)
def test_an_error_is_one_line_and_its_kinds_exit_code(ending, error, code):
    assert ending(error) == (code, "hil: Wrong.\n")


def test_notes_follow_the_sentence(ending):
    error = BootFailure("It does not boot.")
    error.add_note("From the console's log:\n  invalid header: 0xffffffff")
    _, text = ending(error)
    assert text.splitlines()[0] == "hil: It does not boot."
    assert text.splitlines()[-1] == "  invalid header: 0xffffffff"


def test_ctrl_c_ends_with_130(ending):
    assert ending(KeyboardInterrupt()) == (130, "")


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert __version__ in capsys.readouterr().out
