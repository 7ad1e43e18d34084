# SPDX-License-Identifier: MIT
"""``hil completion``: the script by which a shell completes the command line."""

import click
from click.shell_completion import get_completion_class

from hil.cli.shared.saying import say

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print a script that completes commands and options of hil.

    \b
    bash: hil completion bash > ~/.local/share/bash-completion/completions/hil
    zsh:  hil completion zsh > a file _hil in a directory of $fpath
    fish: hil completion fish > ~/.config/fish/completions/hil.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root()
    say(kind(root.command, {}, "hil", "_HIL_COMPLETE").source())
