# SPDX-License-Identifier: MIT
"""Loads the plugin in a checkout that has not been installed, where no entry point does."""

from importlib.metadata import entry_points

pytest_plugins = ["pytester"]
if not any(point.value == "hil.plugin" for point in entry_points(group="pytest11")):
    pytest_plugins.append("hil.plugin")
