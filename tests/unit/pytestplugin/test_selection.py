# SPDX-License-Identifier: MIT
"""Whose turn it is."""

from types import SimpleNamespace

import pytest

from hil.pytestplugin.turns.links import link_of


@pytest.mark.parametrize(
    ("params", "link"), [({"hil_link": "udp"}, "udp"), ({"hil_link": object()}, None), ({}, None)]
)
def test_the_link_of_a_test_is_a_name_or_there_is_none(params, link):
    """Where there is no link to take turns, pytest gives a placeholder, and skips the test."""
    assert link_of(SimpleNamespace(callspec=SimpleNamespace(params=params))) == link


def test_a_test_without_turns_has_no_link():
    assert link_of(SimpleNamespace()) is None
