# SPDX-License-Identifier: MIT
"""The page of a run: what is in it, and what is not."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hil.errors import BadInputError
from hil.report.report import report_page
from hil.results import ErrorRecord, Results

SECTIONS = ("identity", "accuracy", "latency", "history", "errors", "tests")

HOSTILE = "<script>alert(1)</script>\"'`\x1b[31m\u202egnp.\x00 &amp; {{ 7 * 7 }} ]]>"


class Page(HTMLParser):
    """The elements of a page, their ids, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str, class_: str = "") -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and (not class_ or class_ in attributes.get("class", "").split())
        ]


def page_of(document: dict[str, Any], directory: Path = Path()) -> Page:
    return Page(report_page(document, directory))


def with_two_contents(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a run whose board held the same under two names."""
    lists = ("flash", "photos", "latency")
    parts = ("firmware", "model", "cut", "agreement", "accuracy")
    two: dict[str, Any] = {**document, "budgets": {**document["budgets"], "verdicts": []}}
    two |= {name: [] for name in (*lists, "inferences", "lost", "round_trips", "combinations")}
    for name in ("small", "large"):
        two["combinations"].append({"name": name, **{part: document[part] for part in parts}})
        for each in (*lists, "inferences", "round_trips"):
            two[each] += [{**row, "combination": name} for row in document[each]]
        two["budgets"]["verdicts"] += [
            {**verdict, "combination": name, "nodeid": f"of {name}"}
            for verdict in document["budgets"]["verdicts"]
        ]
    return two


def test_every_section_is_there_whatever_a_run_has_seen(make_run: Any) -> None:
    for results in (make_run(), Results(), Results(exit_status=10)):
        page = page_of(results.document())
        assert [each["id"] for each in page.of("section")] == list(SECTIONS)


def test_a_simulated_run_says_so_in_its_title_and_on_every_plot(document: dict[str, Any]) -> None:
    source = report_page(document, Path())
    assert re.search(r"<title>Simulated: ", source)
    page = Page(source)
    assert len(page.of("svg")) == len(page.of("text", "badge")) > 5


def test_a_run_by_a_boards_clock_says_nothing_of_the_kind(make_run: Any) -> None:
    source = report_page(make_run(simulated=False).document(), Path())
    assert "simulated" not in source.partition("</style>")[2].lower()


def test_an_id_is_given_once(document: dict[str, Any]) -> None:
    ids = [each["id"] for _, each in page_of(document).elements if "id" in each]
    assert len(ids) == len(set(ids))


def test_every_chart_says_in_words_what_it_shows_and_has_its_figures_as_a_table(
    document: dict[str, Any],
) -> None:
    page = page_of(document)
    for svg in page.of("svg"):
        assert svg["role"] == "img"
        for ident in svg["aria-labelledby"].split():
            assert any(each.get("id") == ident for _, each in page.elements)
    assert len(page.of("figure")) == len(page.of("svg"))
    assert len(page.of("table")) >= len(page.of("svg"))


def test_each_round_is_a_dot_and_each_limit_a_line(make_run: Any) -> None:
    page = page_of(make_run(photos=0, rounds=25, links=("udp",)).document())
    stages = ("load", "invoke", "send", "wait", "transfer", "total", "rtt_small")
    assert len(page.of("circle", "dot")) == 25 * len(stages)
    assert len(page.of("line", "limit")) == 2 * len(stages)


def test_only_the_rounds_that_were_judged_are_drawn(make_run: Any) -> None:
    results = make_run(photos=0, rounds=25, links=("udp",))
    results.inferences += results.inferences[:5]
    page = page_of(results.document())
    assert len(page.of("circle", "dot")) == 25 * 7


def test_bars_have_a_part_for_each_stage_that_takes_time(make_run: Any) -> None:
    page = page_of(make_run(photos=0, links=("tcp", "ble")).document())
    assert len(page.of("rect", "mark")) == 2 * 5 + 2 * 4  # with the head, and without it


def test_a_broken_limit_is_told_first_and_drawn_as_broken(make_run: Any) -> None:
    results = make_run(links=("udp",), limit_ms=1)
    results.exit_status = 1
    page = page_of(results.document())
    assert page.of("div", "bad")
    assert re.search(r"exceeds its budget of 1\.000 ms", page.text.partition("Under test")[0])
    assert page.of("line", "broken")


def test_intervals_and_what_they_say_of_a_verdict_are_shown(document: dict[str, Any]) -> None:
    document["budgets"]["confidence"] = {
        **{"level": 0.95, "sequential": False, "rounds": 20},
        **{"max_rounds": 500, "undecided": "fail"},
    }
    for verdict in document["budgets"]["verdicts"]:
        verdict["effective"] = 12
        verdict["intervals"] = {"p50": [1_000, 2_500], "p95": [2_000, None]}
        for check in verdict["checks"]:
            check["certain"] = "undecided"
    page = page_of(document)
    assert "(1.000 to 2.500)" in page.text
    assert "(2.000 to open)" in page.text
    assert "20\n(worth 12)" in page.text
    assert "pass\n(not certain)" in page.text
    assert "each end is wrong with a probability of at most 5%" in page.text
    assert page.of("line", "interval")


def test_a_verdict_that_is_undecided_is_told(document: dict[str, Any]) -> None:
    for verdict in document["budgets"]["verdicts"]:
        verdict["outcome"] = "undecided"
        verdict["sentences"] = ["udp send p95 may be below or above its budget."]
    page = page_of(document)
    assert "udp send p95 may be below or above its budget." in page.text.partition("Under test")[0]
    assert len(page.of("td", "warn")) > 20


def test_without_budgets_rounds_are_drawn_in_milliseconds(make_run: Any) -> None:
    page = page_of(make_run(links=("udp",), limit_ms=None).document())
    assert "Rounds over udp (simulated)" in page.text
    assert not page.of("line", "limit")


def test_photos_that_disagree_are_shown_with_both_top_five(make_run: Any, tmp_path: Path) -> None:
    page = page_of(make_run(photos=14, failing="cat.jpg").document(), tmp_path)
    pictures = page.of("img")
    assert [each["alt"] for each in pictures] == ["cat.jpg", "photo_0007.jpg"]
    assert all(each["src"].startswith("data:image/jpeg;base64,") for each in pictures)
    assert len(page.of("li", "failing")) == 1
    assert "full: 3 of 19 elements differ" in page.text


def test_a_photo_that_has_been_deleted_is_told(make_run: Any, tmp_path: Path) -> None:
    document = make_run(photos=1, failing="cat.jpg").document()
    document["photo_files"]["cat.jpg"] = "gone.jpg"
    page = page_of(document, tmp_path)
    assert not page.of("img")
    assert "gone.jpg is not there any more" in page.text


def test_a_file_that_is_no_photo_any_more_is_told(make_run: Any, tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_text("text")
    document = make_run(photos=1, failing="cat.jpg").document()
    document["photo_files"]["cat.jpg"] = "cat.jpg"
    assert "cat.jpg is no photo that can be shown" in page_of(document, tmp_path).text


def test_confusion_is_shown_among_labels(make_run: Any) -> None:
    document = make_run(photos=12).document()
    for number, photo in enumerate(document["photos"]):
        photo["label_id"] = number % 2
        photo["top5"]["board"][0] = 0 if number < 8 else 1
    page = page_of(document)
    assert len(page.of("td", "right")) == 2
    assert len(page.of("td", "wrong")) == 2
    assert "What was taken for what" in page.text


def test_errors_have_their_backtrace_and_serial_log(make_run: Any, crashed: ErrorRecord) -> None:
    results = make_run()
    results.errors.append(crashed)
    page = page_of(results.document())
    assert "sn_node_infer at node/infer.c:12" in page.text
    assert "> #1 infer *0000" in page.text
    assert [each["class"] for each in page.of("span", "fault")] == ["fault"]
    assert "at t.py:7" in page.text


def test_what_many_tests_have_met_is_told_once(make_run: Any) -> None:
    results = make_run()
    for number in range(30):
        results.errors.append(
            ErrorRecord(f"t.py::test_{number}", "setup", "infrastructure", "PortError", "No port.")
        )
    text = page_of(results.document()).text
    assert text.count("No port.") == 1
    assert "The same in 29 more" in text


def test_without_history_the_page_says_how_to_have_one(document: dict[str, Any]) -> None:
    document["history"] = {"runs": [], "missing": "No run is saved.", "unread": []}
    assert "No run is saved." in page_of(document).text


def test_history_is_drawn_run_by_run(document: dict[str, Any]) -> None:
    totals = {"tcp": {"p50": 66_000, "p95": None, "max": 67_000}}
    run = {"at": "2026-11-30T10:00:00", "commit": "abc", "firmware": None, "total_us": totals}
    document["history"] = {"runs": [run] * 3, "missing": None, "unread": ["0004_x.json"]}
    page = page_of(document)
    assert len(page.of("circle", "point")) == 3
    assert "0004_x.json" in page.text


def test_with_several_contents_of_the_board_each_has_its_own_figures(
    document: dict[str, Any],
) -> None:
    alone = len(page_of(document).of("svg"))
    page = page_of(with_two_contents(document))
    assert [each["id"] for each in page.of("h3") if "id" in each] == ["latency-0", "latency-1"]
    assert len(page.of("svg")) == 2 * alone
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert "What the board held, one after the other" in page.text


def test_hostile_words_are_shown_and_obeyed_nowhere(make_run: Any, tmp_path: Path) -> None:
    results = make_run(photos=8, failing=HOSTILE)
    results.labels["00c0ffee"] = (HOSTILE,) * 19
    results.notes.append(HOSTILE)
    log = ((0.1, None, HOSTILE, "rx", HOSTILE), (0.1, None, "dut", HOSTILE, HOSTILE))
    error = ErrorRecord(HOSTILE, "call", "test", HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, 1, log)
    results.errors.append(error)
    document = results.document()
    document["board"]["port"] = document["model"]["name"] = document["cut"]["name"] = HOSTILE
    for each in document["latency"]:
        each["via"] = HOSTILE
    source = report_page(document, tmp_path)
    page = Page(source)
    assert len(page.of("script")) == 1
    assert not any(key.startswith("on") for _, each in page.elements for key in each)
    assert not {"\x1b", "\u202e", "\x00"} & set(source)
    assert "{{ 7 * 7 }}" in page.text
    assert page.text.count("<script>alert(1)</script>") > 8


def test_the_page_allows_itself_only_its_own_style_and_script(document: dict[str, Any]) -> None:
    source = report_page(document, Path())
    page = Page(source)
    (policy,) = (each["content"] for each in page.of("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any("style" in each for _, each in page.elements)
    links = [each[key] for _, each in page.elements for key in ("href", "src") if key in each]
    assert all(each.startswith(("#", "data:")) for each in links)


def test_it_stays_small_with_a_thousand_photos(make_run: Any, tmp_path: Path) -> None:
    results = make_run(photos=1000, rounds=250)
    assert len(report_page(results.document(), tmp_path).encode()) < 5_000_000


def test_it_stays_small_with_a_hundred_photos_that_all_disagree(
    make_run: Any, tmp_path: Path
) -> None:
    document = make_run(photos=100).document()
    for photo in document["photos"]:
        photo["top5"]["float32"] = photo["top5"]["float32"][::-1]
    source = report_page(document, tmp_path)
    assert len(Page(source).of("img")) == 100
    assert len(source.encode()) < 3_000_000


def test_pictures_that_find_no_room_are_left_out_and_named(make_run: Any, tmp_path: Path) -> None:
    document = make_run(photos=200).document()
    for photo in document["photos"]:
        photo["top5"]["float32"] = photo["top5"]["float32"][::-1]
    page = page_of(document, tmp_path)
    assert len(page.of("img")) == 150
    assert "50 more photos that disagree" in page.text


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["latency"].append(7),
        lambda d: d["run"].clear(),
        lambda d: d["photos"][0].pop("top5"),
        lambda d: d["inferences"][0].update(stages_us="x"),
        lambda d: d["errors"].append({}),
        lambda d: d.update(history=[]),
    ],
)
def test_a_document_that_was_altered_is_refused_in_one_sentence(
    document: dict[str, Any], damage: Any
) -> None:
    damage(document)
    with pytest.raises(BadInputError, match="does not hold what its schema says") as caught:
        report_page(document, Path("results"))
    assert "\n" not in str(caught.value)
