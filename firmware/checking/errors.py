# SPDX-License-Identifier: MIT
"""Why nothing, or something, could not be checked."""


class TreeError(Exception):
    """What is wrong with a tree or with what is to be checked against it; one sentence."""


class ToolMissingError(Exception):
    """What a check needs and is not installed, and where it comes from; half a sentence."""
