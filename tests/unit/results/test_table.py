# SPDX-License-Identifier: MIT
"""What the closing table and the properties say, from the document alone."""

import json

from hil.results import FlashRecord, JudgementRecord, RegionRecord, Results
from hil.results.table import closing_lines, properties


def closing(results: Results) -> str:
    return "\n".join(closing_lines(json.loads(json.dumps(results.document())), 160))


def test_the_table_names_everything_that_was_under_test(results: Results) -> None:
    text = closing(results)
    for part in ("02:00:00:00:00:01", "0.1.0", "reference kernels", "dogs19", "block_6_project"):
        assert part in text


def test_the_table_says_what_was_flashed(results: Results) -> None:
    line = "app, model: 600,000 bytes in 3.2 s (host); up to date already: bootloader"
    assert line in closing(results)
    results.flash[:] = [FlashRecord((), (RegionRecord("app", 0, 1),), 0.1)]
    assert "nothing, all of its 1 regions were up to date" in closing(results)


def test_the_table_says_how_many_photos_agree(results: Results) -> None:
    assert "1/1 photos: split == full model" in closing(results)
    results.judge("cat.jpg", "full", JudgementRecord(False, False, "19 of 19 elements differ"))
    text = closing(results)
    assert "1/2 photos agree: split != full model" in text
    assert "split == full model" not in text


def test_the_table_tells_of_a_board_that_took_more_than_one_attempt(results: Results) -> None:
    assert "unusual" not in closing(results)
    results.notes += ["/dev/x: trying again after: Mute.", "/dev/x: power-cycling by uhubctl"]
    assert "unusual    /dev/x: trying again after: Mute. (and 1 more in" in closing(results)


def test_simulated_times_are_called_simulated(results: Results) -> None:
    text = closing(results)
    assert "latency    simulated, milliseconds" in text
    assert text.count("simulated") >= 3


def test_agreement_tells_judged_from_reported(results: Results) -> None:
    assert "limits 90% and 90% held" in closing(results)
    results.predict("dog.jpg", "xnnpack", (2, 7, 3, 4, 5))
    assert "limits 90% and 90% BROKEN" in closing(results)


def test_an_empty_run_has_an_empty_table() -> None:
    assert closing_lines(Results().document(), 80) == []


def test_properties_are_flat_text(results: Results) -> None:
    flat = properties(results.document())
    assert flat["hil.board.simulated"] == "true"
    assert flat["hil.full_exact"] == "1/1"
    assert flat["hil.latency.simulated.tcp.total.p95_us"] == "2970"
    assert all(isinstance(value, str) for value in flat.values())


def test_links_say_in_one_word_whether_they_are_authenticated(results: Results) -> None:
    assert "links      simulated\n" in closing(results)
    results.authentication.note("tcp", "")
    assert "links      simulated, authenticated\n" in closing(results)
    results.authentication.note("tcp", "The firmware knows no keys; flash it.")
    results.authentication.note("tcp", "")
    told = closing(results)
    assert "links      simulated, NOT authenticated\n" in told
    assert "keyless    The firmware knows no keys; flash it.\n" in told


def test_what_strangers_sent_is_told_if_it_is_not_nothing(results: Results) -> None:
    assert "foreign" not in closing(results)
    results.authentication.foreign = 12_345
    assert "foreign    12,345 frames of strangers came and were dropped\n" in closing(results)
