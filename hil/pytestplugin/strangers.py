# SPDX-License-Identifier: MIT
"""labgrid's own pytest plugin, kept from sessions that are about boards of ``hil``.

It is there wherever labgrid is installed. Its fixtures ``env``, ``target`` and ``strategy`` take
the place of other packages' (beside pytest-embedded every test that has its ``target`` is skipped),
and it turns on live logging. Whoever uses it names it (``-p labgrid``, ``--lg-env``, ``LG_ENV``).
"""

import os
import re
from collections.abc import Sequence
from types import ModuleType

import pytest

from hil.pytestplugin.outcomes.kinds import needs_board

_NAME = "labgrid"
_FIXTURES = ("env", "target", "strategy")

_LEFT_OUT: pytest.StashKey[tuple[ModuleType, dict[str, object]]] = pytest.StashKey()
"""The plugin, and what was taken from it."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take it off before it does anything.

    pytest reads the fixtures of every plugin that has once been there, so that they are hidden.
    """
    manager = early_config.pluginmanager
    plugin = manager.get_plugin(_NAME)
    if not isinstance(plugin, ModuleType) or not _is_about_boards(early_config):
        return
    if _is_asked_for(early_config):
        return
    manager.set_blocked(_NAME)
    hidden = {name: vars(plugin).pop(name) for name in _FIXTURES if name in vars(plugin)}
    early_config.stash[_LEFT_OUT] = plugin, hidden


def pytest_unconfigure(config: pytest.Config) -> None:
    """Put back what was hidden: another session of this process may ask for it."""
    if (left_out := config.stash.get(_LEFT_OUT, None)) is not None:
        plugin, hidden = left_out
        vars(plugin).update(hidden)


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> list[str]:
    """Say that it was left out, or that it takes part though nobody has asked for it."""
    if _LEFT_OUT in config.stash:
        return [f"hil: labgrid's own pytest plugin is left out; -p {_NAME} keeps it"]
    if not config.pluginmanager.has_plugin(_NAME) or _is_asked_for(config):
        return []
    if not any(map(needs_board, items)):
        return []
    return [
        "hil: labgrid's own pytest plugin takes part, with its fixtures "
        f"{', '.join(_FIXTURES)}; -p no:{_NAME} leaves it out"
    ]


def _is_about_boards(config: pytest.Config) -> bool:
    options = config.known_args_namespace
    asked = options.hil_board or os.environ.get("HIL_BOARD") or config.getini("hil_board")
    return bool(asked) or "hil" in re.findall(r"\w+", options.markexpr or "")


def _is_asked_for(config: pytest.Config) -> bool:
    options = config.known_args_namespace
    return _NAME in options.plugins or bool(options.lg_env or os.environ.get("LG_ENV"))
