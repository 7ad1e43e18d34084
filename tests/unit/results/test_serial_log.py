# SPDX-License-Identifier: MIT
"""The serial log of a test as a file."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.console.log import Kind, LogLine
from hil.pytestplugin.outcomes import logfiles
from hil.results.serial_log import HEADER, Entry, file_text, read

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=60)
times = st.integers(0, 10_000_000).map(lambda ms: ms / 1000)
entries = st.builds(
    Entry,
    host_s=times,
    board_s=st.none() | times,
    board=st.sampled_from(("dut", "/dev/ttyACM0", "rfc2217://127.0.0.1:4000")),
    kind=st.sampled_from(("rx", "tx", "start", "fault", "hil")),
    text=texts,
)


@given(st.lists(entries, max_size=20))
def test_a_file_reads_back_as_it_was_written(items):
    assert read(file_text(items)) == items


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="hil-log-1"):
        read("0.001  a line of an older version\n")


@pytest.mark.parametrize(
    ("line", "board_s", "kind", "text"),
    [
        (LogLine(7.5, "I (1234) main: up"), 1.234, "rx", "I (1234) main: up"),
        (LogLine(7.5, "\x1b[0;32mI (5) a: b\x1b[0m"), 0.005, "rx", "\x1b[0;32mI (5) a: b\x1b[0m"),
        (LogLine(7.5, "> #100 info *0000", Kind.HOST), None, "tx", "#100 info *0000"),
        (LogLine(7.5, "hil: reset", Kind.HARNESS), None, "hil", "reset"),
        (LogLine(7.5, "> I (5) main: typed"), None, "rx", "> I (5) main: typed"),
        (
            LogLine(7.5, "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"),
            None,
            "start",
            "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)",
        ),
        (LogLine(7.5, "assert failed: f a.c:1 (0)"), None, "fault", "assert failed: f a.c:1 (0)"),
        (LogLine(7.5, "E (40) esp_image: bad"), 0.04, "rx", "E (40) esp_image: bad"),
    ],
)
def test_each_line_has_the_times_of_host_and_board_and_its_kind(line, board_s, kind, text):
    assert Entry.of(line, "dut", since=7.0) == Entry(0.5, board_s, "dut", kind, text)


def test_people_see_the_same_in_columns():
    entry = Entry(0.5, 1.234, "dut", "tx", "#100 info")
    assert entry.shown(whose=False) == "    0.500     1.234  > #100 info"
    assert entry.shown(whose=True) == "    0.500     1.234  dut: > #100 info"


def test_a_file_says_what_its_columns_are():
    assert file_text([]) == f"{HEADER}\n"
    assert HEADER.split("\t") == ["#hil-log-1", "host_s", "board_s", "board", "kind", "text"]


def test_a_test_that_is_interrupted_leaves_its_log(monkeypatch, tmp_path):
    run = SimpleNamespace(log_dir=tmp_path, keeping=nullcontext, logged=0)
    said = [Entry(0.1, None, "dut", "rx", "last words")]
    monkeypatch.setattr(logfiles, "serial_log", lambda run, since: said)
    monkeypatch.setattr(logfiles.Run, "under_way", staticmethod(lambda config: run))
    item = SimpleNamespace(stash=pytest.Stash(), config=None, nodeid="test_b")
    around = logfiles.pytest_runtest_protocol(item)
    next(around)
    with pytest.raises(KeyboardInterrupt):
        around.throw(KeyboardInterrupt)
    (log,) = (tmp_path / "logs").iterdir()
    assert "last words" in log.read_text()


LONG_LOG = [
    Entry(number / 1000, None, "dut", "rx", f"line {number} {'x' * 90}") for number in range(100)
]


def test_of_a_log_that_is_too_long_the_last_lines_are_kept_and_the_others_counted():
    text = file_text(LONG_LOG, 2_000)
    first, *rest = read(text)
    assert len(text) < 2_200
    assert rest == LONG_LOG[-len(rest) :]
    assert (first.kind, first.text) == ("hil", f"{100 - len(rest)} earlier lines are left out")


def test_the_logs_of_a_run_become_short_once_they_are_too_much(monkeypatch, tmp_path):
    run = SimpleNamespace(log_dir=tmp_path, keeping=nullcontext, logged=0)
    monkeypatch.setattr(logfiles, "serial_log", lambda run, since: LONG_LOG)
    monkeypatch.setattr(logfiles.Run, "under_way", staticmethod(lambda config: run))
    monkeypatch.setattr(logfiles, "RUN_BYTES", 15_000)
    monkeypatch.setattr(logfiles, "LATE_CHARACTERS", 1_000)
    sizes = []
    for number in range(4):
        item = SimpleNamespace(stash=pytest.Stash(), config=None, nodeid=f"test_{number}")
        logfiles.begin(item)
        logfiles.write(item)
        sizes.append(item.stash[logfiles.PATH].stat().st_size)
    assert [size > 10_000 for size in sizes] == [True, True, False, False]
    assert max(sizes[2:]) < 1_300


def test_long_lines_are_cut_where_they_are_shown_and_in_results():
    entry = Entry(0.1, None, "dut", "rx", "x" * 4096)
    assert len(entry.shown(whose=True)) < 500
    assert len(entry.columns[4]) < 500


def test_a_log_time_that_no_clock_shows_is_no_time():
    line = LogLine(7.5, f"I ({'9' * 400}) main: up")
    assert Entry.of(line, "dut", 7.0).board_s is None
