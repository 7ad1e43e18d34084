# SPDX-License-Identifier: MIT
"""The command ``hil``. Each subcommand's module is imported when it is called."""

import difflib
import importlib
import io
import sys

import click

from hil.cli.shared.ending import Ended, ending_in_order
from hil.cli.shared.progress import status_line
from hil.cli.shared.saying import say
from hil.computer import require_boards
from hil.errors import HilError
from hil.shortage import check_memory, telling_shortages
from hil.version import __version__

COMMANDS = {
    "test": "Run the shipped suite on the board in use.",
    "run": "Classify photos end to end on a board.",
    "rtt": "Measure round trips between a board and its tail.",
    "report": "Draw the page of a run, or of two side by side.",
    "budgets": "Learn latency budgets from this rig.",
    "boards": "List the boards that can be used.",
    "doctor": "Check what a run needs, and say how to mend it.",
    "flash": "Write firmware and model to a board.",
    "update": "Bring a board up to date through its console.",
    "power": "Power-cycle the rig's boards.",
    "monitor": "Show a board's console and type into it.",
    "sim": "Start virtual boards.",
    "serve": "Run the edge server by itself.",
    "split": "Show where a model can be cut, or cut it.",
    "calibrate": "Measure what operators take on a board.",
    "soak": "Infer by the thousand, with random faults.",
    "selftest": "Run the suite on firmware with known defects.",
    "firmware": "Build firmware, for boards or virtual ones.",
    "completion": "Print a script that completes the command line.",
}

EXIT_CODES = """\b
Exit codes:
  0   everything is as it should be
  1   the product failed: firmware, model or budget
  2   the input cannot be used
  10  the rig failed: port, flashing, network or lab"""

_AT_BOARDS = ("run", "rtt", "flash", "update", "monitor", "calibrate")
"""Those in the room ``board``."""

_ANYWHERE = ("split", "completion")
"""Commands that do something without a board, even a virtual one."""

_INTERRUPTED = 130


class _Commands(click.Group):
    """Knows the names and summaries of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        room = "hil.cli.board" if cmd_name in _AT_BOARDS else "hil.cli"
        command = getattr(importlib.import_module(f"{room}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        if cmd_name not in _ANYWHERE:
            _need_boards(command)
        command.epilog = command.epilog or EXIT_CODES
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = difflib.get_close_matches(args[0], COMMANDS)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _need_boards(command: click.Command) -> None:
    """Have a command refuse to run where there can be no boards; its help can be read there."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _need_boards(each)
        if not command.invoke_without_command:
            return
    if sys.platform == "win32":

        def refuse(*_: object, **__: object) -> None:
            require_boards()

        command.callback = refuse


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hil")
def cli() -> None:
    """Hardware-in-the-loop tests for split machine-learning inference on ESP32-S3."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns.

    What the harness raises on purpose becomes one sentence on standard error and the exit code of
    its class; what it adds as notes (a board's last lines) follows.
    """
    try:
        check_memory()
        with ending_in_order(), status_line(), telling_shortages():
            code = cli.main(arguments, prog_name="hil", standalone_mode=False)
    except HilError as error:
        say(f"hil: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            say(note, err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)  # with the usage, and what the user gave
        say(shown.getvalue().rstrip(), err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        end = error.__cause__ if isinstance(error, click.Abort) else error
        sys.exit(end.status if isinstance(end, Ended) else _INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)
