# SPDX-License-Identifier: MIT
"""The edge server's log, which nobody can fill."""

import logging

from hil.edge.log import LINES, FewAlike, log


class Clock:
    """Says what time it is told to say."""

    now = 0.0

    def __call__(self):
        return self.now


def written(clock, caplog, lines):
    """Return what is written of lines, each with the time at which it comes."""
    logger = logging.getLogger("hil.edge.trial")
    few = FewAlike(clock)
    logger.addFilter(few)
    try:
        with caplog.at_level("INFO", logger.name):
            for clock.now, text, *arguments in lines:
                logger.info(text, *arguments)
    finally:
        logger.removeFilter(few)
    return caplog.messages


def test_of_lines_that_are_alike_the_first_of_a_second_are_written_and_the_rest_counted(caplog):
    flood = [(number / 10_000, "%s connected", number) for number in range(5_000)]
    flood.append((2.0, "%s connected", "the last"))
    flood.append((2.1, "%s connected", "another"))
    lines = written(Clock(), caplog, flood)
    assert lines[:LINES] == [f"{number} connected" for number in range(LINES)]
    left_out = 5_000 - LINES
    assert lines[LINES:] == [
        f"the last connected (and {left_out} more such lines, left out)",
        "another connected",
    ]


def test_other_lines_are_written_all_the_same(caplog):
    flood = [(0.0, "%s connected", number) for number in range(1_000)]
    assert written(Clock(), caplog, [*flood, (0.5, "the tail ran")])[-1] == "the tail ran"


def test_a_few_lines_a_second_are_all_written(caplog):
    lines = [(float(number), "line %d", number) for number in range(100)]
    assert len(written(Clock(), caplog, lines)) == 100


def test_the_edge_servers_log_is_filtered():
    assert any(isinstance(each, FewAlike) for each in log.filters)
