# SPDX-License-Identifier: MIT
"""A sick board over several sessions: noticed, set aside, refused, shown, taken back."""

import html
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--hil-via=udp")
TESTS = """
def test_infers(board, photos):
    board.infer(photos[0])
"""
PASSES = """
def test_says_who_it_is(board):
    assert board.info.mac
"""

SLOW = """
from dataclasses import replace

from hil.pytestplugin.run import Run


def pytest_runtest_teardown(item):
    run = Run.under_way(item.config)
    if run is not None and run.results.worker == "gw1":
        run.results.inferences[:] = [
            replace(each, stages_us={**each.stages_us, "invoke": 10**7})
            for each in run.results.inferences
        ]
"""
"""A conftest that has the board of a worker take ten seconds for each invoke."""


@pytest.fixture
def sim(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Iterator[str]:
    """The URL of a board of ``hil sim``, that has the faults of the marker's arguments."""
    faults = [f"--fault={each}" for each in request.param]
    with simulating(*faults) as (url, *_):
        yield url


@contextmanager
def simulating(*arguments: str) -> Iterator[list[str]]:
    """Run ``hil sim``; yield the URLs of its boards."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "hil", "sim", "--json", *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            boards = json.loads(process.stdout.readline())["boards"]
            yield [each["url"] for each in boards]
        finally:
            process.terminate()


def describe(pytester: pytest.Pytester, url: str, health: str = "") -> None:
    (pytester.path / "hil.toml").write_text(
        f'[[boards]]\nname = "desk-1"\nport = "{url}"\nroles = ["dut"]\n[health]\n{health}\n'
    )


def boards(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-P", "-m", "hil", "boards", *arguments)


def health(pytester: pytest.Pytester) -> dict[str, Any] | None:
    listed = json.loads(boards(pytester, "--json").stdout.lines[-1])
    (found,) = (each["health"] for each in listed if each["name"] == "desk-1")
    told: dict[str, Any] | None = found
    return told


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    return found


def page(pytester: pytest.Pytester) -> str:
    return html.unescape((pytester.path / "hil-report" / "index.html").read_text())


def entries(pytester: pytest.Pytester) -> list[dict[str, Any]]:
    found = sorted((pytester.path / "state").rglob("*.json"))
    return [json.loads(path.read_text()) for path in found]


@pytest.mark.parametrize(
    "sim", [[f"brownout@invoke={number}" for number in (1, 2, 3)]], indirect=True
)
def test_a_board_that_breaks_down_is_set_aside_refused_and_taken_back_when_it_is_well(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(TESTS)
    describe(pytester, sim, "bad = 2\nwindow = 3")
    assert health(pytester) is None
    first = pytester.runpytest_subprocess(*OPTIONS)
    assert first.ret == 1
    first.stdout.fnmatch_lines(
        [
            "health     desk-1: 1 reset that nobody asked for; 1 of its last 1 sessions were bad, "
            "2 set it aside."
        ]
    )
    told = results(pytester)["board"]["health"]
    assert told["state"] == "remarks"
    assert told["faults"] == ["1 reset that nobody asked for"]
    line = (
        "desk-1: 1 reset that nobody asked for; 1 of its last 1 sessions were bad, 2 set it aside."
    )
    assert page(pytester).count(line) == 1
    second = pytester.runpytest_subprocess(*OPTIONS)
    aside = "2 of its last 2 sessions were bad: 1 reset that nobody asked for"
    second.stdout.fnmatch_lines(
        [
            f"health     desk-1 is set aside since 20*: {aside}; 'hil boards heal desk-1' takes it "
            "back."
        ]
    )
    left = results(pytester)["board"]["health"]
    assert (left["state"], left["why"]) == ("quarantined", aside)

    refused = pytester.runpytest_subprocess(*OPTIONS)
    assert refused.ret == 10
    refused.stdout.fnmatch_lines(
        [
            f"The board desk-1 at {sim} is set aside since 20* ({aside}); mend it and have "
            "'hil boards heal desk-1' take it back, or take another."
        ]
    )
    told = health(pytester)
    assert told is not None
    assert (told["quarantined"], told["why"]) == (True, aside)
    same = ("why", "since", "sessions", "bad", "faults", "named")
    assert {key: told[key] for key in same} == {key: left[key] for key in same}
    boards(pytester).stdout.fnmatch_lines(
        [f"*SET ASIDE since 20*: {aside}; 'hil boards heal desk-1'*"]
    )

    failed = boards(pytester, "heal", "desk-1", "--via", "udp")
    assert failed.ret == 1
    failed.stderr.fnmatch_lines(
        ["hil: desk-1 at * stays set aside: the acceptance suite has failed on it; its results *"]
    )
    assert health(pytester) == told
    healed = boards(pytester, "heal", "desk-1", "--via", "udp")
    assert healed.ret == 0
    healed.stdout.fnmatch_lines([f"desk-1 at {sim} is taken back."])
    assert health(pytester) is None
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    told = health(pytester)
    assert told is not None
    assert (told["quarantined"], told["sessions"], told["bad"]) == (False, 1, 0)
    assert results(pytester)["board"]["health"]["state"] == "well"
    assert "set aside" not in page(pytester)
    kinds = [each["kind"] for each in entries(pytester)]
    assert kinds == ["session", "session", "quarantined", "healed", "session"]


@pytest.mark.parametrize("sim", [["wrong-boot-mode=5"]], indirect=True)
def test_flashing_that_takes_many_resets_is_noticed_though_all_passes(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(PASSES)
    describe(pytester, sim, "retries = 0")
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["health     desk-1: * retr* of flashing or starting it; 1 of its *"]
    )


@pytest.mark.parametrize("sim", [["wrong-boot-mode=5"]], indirect=True)
def test_a_worker_of_xdist_enters_how_its_board_has_fared_and_the_session_says_it(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(PASSES)
    describe(pytester, sim, "retries = 0\nbad = 1")
    result = pytester.runpytest_subprocess("-p", "xdist", "-n", "1", *OPTIONS)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["health     desk-1 is set aside since 20*: 1 of its last 1 *"])
    assert [each["kind"] for each in entries(pytester)] == ["session", "quarantined"]
    (board,) = results(pytester)["boards"]
    assert board["health"]["state"] == "quarantined"
    assert f"desk-1 is set aside since {board['health']['since']}: 1 of its" in page(pytester)


def test_what_a_board_has_unlike_its_siblings_is_part_of_what_the_session_leaves(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(SLOW)
    pytester.makepyfile(
        """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_infers(board, photos, number):
    for _ in range(8):
        board.infer(photos[0])
"""
    )
    with simulating("--boards=3") as urls:
        (pytester.path / "hil.toml").write_text(
            "".join(
                f'[[boards]]\nname = "desk-{number}"\nport = "{url}"\nroles = ["dut"]\n'
                for number, url in enumerate(urls)
            )
        )
        result = pytester.runpytest_subprocess(
            *("-p", "xdist", "-n", "3", "--dist", "each", "-m", "hil", *OPTIONS)
        )
    assert result.ret == 0
    found = {each["worker"]: each for each in results(pytester)["boards"]}
    states = {worker: each["health"]["state"] for worker, each in found.items()}
    assert states == {"gw0": "well", "gw1": "remarks", "gw2": "well"}
    name = found["gw1"]["name"]
    result.stdout.fnmatch_lines(
        [f"health     {name}: invoke took * on its siblings; 1 of its last *"]
    )
    assert f"{name}: invoke took " in page(pytester)
    assert [each["kind"] for each in entries(pytester)].count("compared") == 1


def test_another_board_is_taken_in_the_place_of_one_that_is_set_aside(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(PASSES)
    options = ("-p", "xdist", "-m", "hil", *OPTIONS)
    with simulating("--boards=2") as urls:
        (pytester.path / "hil.toml").write_text(
            "".join(
                f'[[boards]]\nname = "{name}"\nport = "{url}"\nroles = ["dut"]\n'
                for name, url in zip(("desk-1", "desk-2"), urls, strict=True)
            )
        )
        boards(pytester, "quarantine", "desk-1", "--why", "smoke")
        every = pytester.runpytest_subprocess("-n", "auto", *options)
        assert every.ret == 0
        every.stdout.fnmatch_lines(["*desk-1 is not taken: * is set aside since 20* (smoke); *"])
        boards(pytester, "quarantine", "desk-2", "--why", "noise")
        none = pytester.runpytest_subprocess("-n", "auto", *options)
    assert none.ret == 10
    none.stdout.fnmatch_lines(["*The board desk-? at * is set aside since 20*; mend it and have *"])
    (session,) = (each for each in entries(pytester) if each["kind"] == "session")
    assert session["board"]["name"] == "desk-2"


@pytest.mark.parametrize("sim", [[]], indirect=True)
def test_a_board_set_aside_by_hand_is_given_to_who_says_so_and_a_damaged_word_of_it_is_told(
    pytester: pytest.Pytester, sim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(PASSES)
    describe(pytester, sim)
    assert boards(pytester, "quarantine", "desk-1", "--why", "it smells of smoke").ret == 0
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 10
    monkeypatch.setenv("HIL_QUARANTINE", "off")
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["health     desk-1 is set aside since 20*: it smells of smoke; *"])
    monkeypatch.delenv("HIL_QUARANTINE")

    latest = max((pytester.path / "state").rglob("*.json"))
    latest.write_text("{")
    damaged = pytester.runpytest_subprocess(*OPTIONS)
    assert damaged.ret == 10
    damaged.stdout.fnmatch_lines(
        [f"What is known of the board * is damaged, * ({latest}: no JSON*"]
    )
    assert latest.read_text() == "{"


@pytest.mark.parametrize("sim", [[]], indirect=True)
def test_sessions_are_not_entered_where_that_is_switched_off_or_nobody_would_know_the_board(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(PASSES)
    describe(pytester, sim, "enabled = false")
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    (pytester.path / "hil.toml").unlink()
    assert pytester.runpytest_subprocess(*OPTIONS, f"--hil-board={sim}").ret == 0
    assert pytester.runpytest_subprocess(*OPTIONS, "--hil-board=virtual").ret == 0
    assert entries(pytester) == []


@pytest.mark.parametrize("sim", [[]], indirect=True)
def test_what_a_test_has_lost_by_impairment_does_not_count(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(
        """
def test_loses(board, link, edge, latency, photos):
    with edge.impair(loss=1):
        assert latency.infer(photos[0]) is None
        assert latency.rtt(8) is None
    assert latency.infer(photos[0])
"""
    )
    describe(pytester, sim)
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    (entry,) = entries(pytester)
    assert (entry["signs"]["lost"], entry["signs"]["asked"]) == (0, 3)


@pytest.mark.parametrize("sim", [[]], indirect=True)
def test_where_nothing_can_be_entered_that_is_said_and_the_tests_have_passed_all_the_same(
    pytester: pytest.Pytester, sim: str
) -> None:
    pytester.makepyfile(
        PASSES
        + """
def test_takes_the_place_of_the_state(board):
    import os, pathlib
    pathlib.Path(os.environ["HIL_STATE_DIR"]).write_text("not a directory")
"""
    )
    describe(pytester, sim)
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["health     What is known of boards' health cannot be used *; mend that, or name *"]
    )
