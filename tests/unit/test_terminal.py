# SPDX-License-Identifier: MIT
"""What a board or a file says reaches no terminal as it is, wherever it is shown."""

import re
from pathlib import Path

import pytest

from hil.cli import main
from hil.cli.shared.saying import say
from hil.console.log import ConsoleLog, LogLine
from hil.errors import BadInputError
from hil.results.serial_log import Entry, file_text, read

CLI = Path(say.__code__.co_filename).parents[1]
EVIL = "\x1b]0;title\x07 \x1b[2J \x9b31m \x85 \u202e \x7f end"
SEEN = r"\x1b]0;title\x07 \x1b[2J \x9b31m \x85 \u202e \x7f end"


def test_an_error_says_control_characters_as_escapes() -> None:
    assert str(BadInputError(f"It is {EVIL}.\n\tAnd so on.")) == f"It is {SEEN}.\n\tAnd so on."


def test_the_consoles_log_is_quoted_with_escapes() -> None:
    log, error = ConsoleLog(), BadInputError("No.")
    log.add(EVIL)

    log.annotate(error)

    assert error.__notes__ == [f"From the console's log:\n  {SEEN}"]
    assert log.lines[0].text == EVIL


def test_a_serial_log_is_shown_with_escapes_and_kept_as_it_was() -> None:
    entry = Entry.of(LogLine(1.0, EVIL), "dut", 0.0)

    assert entry.shown(whose=False).endswith(SEEN)
    assert read(file_text([entry])) == [entry]


@pytest.mark.parametrize("err", [False, True])
def test_commands_print_escapes(capsys: pytest.CaptureFixture[str], err: bool) -> None:
    say(f"{EVIL}\n\tmore", err=err)

    printed = capsys.readouterr()
    assert (printed.err if err else printed.out) == f"{SEEN}\n\tmore\n"


def test_no_command_prints_by_another_way() -> None:
    other = re.compile(r"(?<![\w.])(?:click\.(?:s?echo|style)|print)\(|console\.print\(f?\"")
    found = {
        f"{path.name}: {line.strip()}"
        for path in CLI.rglob("*.py")
        if path.name not in ("saying.py", "monitor.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if other.search(line)
    }

    assert not found


def test_arguments_that_cannot_be_used_are_named_with_escapes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (["\x1b[2Jrun"], ["split", "\x1b[2J.tflite", "--list"]):
        with pytest.raises(SystemExit):
            main(arguments)
        said = capsys.readouterr().err
        assert r"\x1b[2J" in said
        assert "\x1b" not in said


def test_the_plugin_shows_no_line_by_another_way() -> None:
    plugin = CLI.parent / "pytestplugin"
    found = {
        f"{path.name}: {line.strip()}"
        for path in plugin.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "write_line(" in line and "write_line(printable(" not in line
    }

    assert not found
