# SPDX-License-Identifier: MIT
"""What controller and workers tell each other, beside what pytest-xdist does.

Through a channel of their own, on the connection that pytest-xdist has: what is sent there arrives
before whatever is sent later on pytest-xdist's. A message is a tuple of a word and its values.
"""

LOT, CHANNEL, MOVES = "hil_lot", "hil_channel", "hil_moves"
"""Keys of ``workerinput``: the boards that are lent, as JSON; the channel; whether tests of a board
that is broken move to others."""

TESTS = "tests"
"""Worker: what it has collected, a dict of lists of indices (:data:`KINDS`)."""

KINDS = ("board", "latency", "benchmark")
"""Tests that need a board; of those, tests that are run alone; tests that use ``benchmark``."""

TOGETHER = "together"
"""Beside them: lists of tests that one worker is to run in a row."""

BROKEN = "broken"
"""Worker: its board is of no use any more, and why."""

BACK = "back"
"""Worker: the index of a test that it has not run, for another one to run."""

KEEP = "keep"
"""Controller: there is no other worker; tests are not to be given back any more."""

REFUSED = "refused"
"""Worker: why no test can be run, and the exit code for that."""

LOST = "lost"
"""Controller: the port of a board that is lent, and lost."""

CHECK = "check"
"""Worker: the port of a board that does not answer; controller: the name of an error's class and
its sentence, or nothing."""
