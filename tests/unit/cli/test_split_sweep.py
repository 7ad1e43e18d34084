# SPDX-License-Identifier: MIT
"""``hil split --sweep`` and ``--devices``, without a board."""

import html
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hil.cli.cuts.options import Asked
from hil.cli.cuts.sweep import _found, _has
from hil.cli.shared.chosen import ChosenRig
from hil.cli.split import split
from hil.errors import BadInputError, HostError
from hil.links import LINKS
from hil.model.model import Model
from hil.rig.rig import BoardSpec, Rig

TINY = Path(__file__).parents[3] / "models" / "tiny"
LOSSY = Path(__file__).parents[3] / "docs" / "lossy.toml"
WIDTH = 80
ASKED = Asked(True, None, False, "all", None, False, 1, None, None)


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(split, [str(argument) for argument in arguments])
    if isinstance(result.exception, BadInputError):
        raise result.exception
    return result


def test_the_sweep_shows_every_cut_and_names_the_best_of_each_link(tiny: Model) -> None:
    result = _run(TINY, "--sweep")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "20 legal cuts; times predicted, simulated" in result.output
    for via in LINKS:
        assert any(line.startswith(f"{via} ") and "fastest: " in line for line in lines)
    for cut in tiny.cuts:
        assert f"{cut.bytes:,}" in result.output
    assert sum(line.startswith("*") and "." in line for line in lines) >= 2


@pytest.mark.parametrize("width", [50, 80, 130])
@pytest.mark.parametrize("what", [("--sweep",), ("--devices", 2)])
def test_tables_fit_the_terminal(
    monkeypatch: pytest.MonkeyPatch, what: tuple[object, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = _run(TINY, *what, "--via", "tcp,ble").output.splitlines()
    assert max(map(len, lines)) <= width
    assert ("arena" in lines[0]) is (width >= WIDTH and "--sweep" in what)


def test_a_board_is_refused_where_there_can_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(HostError, match="need Linux, macOS or WSL"):
        _found(Model.load(TINY), ASKED, ChosenRig("virtual", None, None, None, None, "on", 0.0))


def test_the_sweep_as_json_gives_figures(tiny: Model) -> None:
    tree = json.loads(_run(TINY, "--sweep", "--via", "udp,ble", "--json").output)
    assert (tree["schema"], tree["times"], tree["simulated"]) == ("hil-sweep-1", "predicted", True)
    assert [cut["index"] for cut in tree["cuts"]] == [cut.index for cut in tiny.cuts]
    assert tree["baseline"] == "block_3_project"
    assert list(tree["links"]) == ["udp", "ble"]
    cut = tree["cuts"][3]
    time = cut["times"]["ble"]
    parts = [time[f"{part}_us"] for part in ("load", "invoke", "transfer", "tail")]
    assert time["total_us"] == sum(parts)
    assert cut["arena_bytes"] > 0
    fastest = tree["links"]["udp"]["fastest"]
    computing = [each for each in tree["cuts"] if each["head_macs"]]
    assert fastest["total_us"] == min(each["times"]["udp"]["total_us"] for each in computing)


def test_another_cut_can_be_compared_with() -> None:
    output = _run(TINY, "--sweep", "--via", "tcp", "--against", "Conv_1").output
    assert "less than Conv_1" in output
    assert "lighter: " in output or "fastest: " in output
    with pytest.raises(BadInputError, match="similar name"):
        _run(TINY, "--sweep", "--against", "block_1_add")


def test_a_link_file_shapes_the_prediction() -> None:
    def transfer(*more: object) -> int:
        tree = json.loads(_run(TINY, "--sweep", "--via", "tcp", "--json", *more).output)
        return int(tree["cuts"][0]["times"]["tcp"]["transfer_us"])

    assert transfer("--link", LOSSY) > transfer()


def test_the_page_is_one_file_that_reaches_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "deep" / "cuts.html"
    result = _run(TINY, "--sweep", "--via", "udp,ble", "--html", page)
    assert result.exit_code == 0, result.output
    text = html.unescape(page.read_text(encoding="utf-8"))
    assert "default-src 'none'" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count("<svg") == 2
    # Head, transfer and tail of 20 cuts over two links.
    assert text.count('class="mark ') == 2 * 3 * 20
    assert "where to cut tiny" in text


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        BadInputError, match=r"cannot be written .*; name another file by --html\.$"
    ):
        _run(TINY, "--sweep", "--via", "udp", "--html", tmp_path / "file" / "page.html")


@pytest.mark.parametrize("more", [(), ("--pipeline",)])
def test_a_chain_is_shown_beside_its_rivals(more: tuple[str, ...]) -> None:
    result = _run(TINY, "--devices", 3, "--via", "udp", *more)
    assert result.exit_code == 0, result.output
    for name in ("optimal", "beam search", "greedy", "first-fit", "random-fit"):
        assert f"\n{name} " in result.output
    assert "board 1: from the input to " in result.output
    assert "slowest stage" in result.output if more else "one inference" in result.output
    assert max(map(len, result.output.splitlines())) <= WIDTH


def test_a_chain_as_json_has_a_cut_for_each_board() -> None:
    tree = json.loads(_run(TINY, "--devices", 2, "--via", "espnow", "--json").output)
    chains = tree["links"][0]["chains"]
    optimal = chains["optimal"]
    assert len(optimal["cuts"]) == 2
    for other in chains.values():
        assert other is None or optimal["cost_us"] <= other["cost_us"]


def test_more_devices_than_cuts_are_one_sentence() -> None:
    with pytest.raises(BadInputError, match=r"^21 boards need as many cuts, and the model has 20;"):
        _run(TINY, "--devices", 21, "--via", "udp")


@pytest.mark.parametrize("option", [("--sweep",), ("--devices", 2)])
def test_a_model_without_a_legal_cut_is_one_sentence(
    option: tuple[object, ...], tiny: Model, tmp_path: Path
) -> None:
    path = tmp_path / "last.tflite"
    path.write_bytes(tiny.split(tiny.cuts[-1]).tail)
    with pytest.raises(BadInputError, match=r"^last has no legal cut: .* it can only run whole\.$"):
        _run(path, *option)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sweep", "--devices", 2), "either --sweep or --devices"),
        (("--sweep", "--list"), "list and write nothing else"),
        (("--sweep", "--at", "Conv1", "-o", "x"), "list and write nothing else"),
        (("--sweep", "--range=0,1"), "list and write nothing else"),
        (("--list", "--pipeline"), "give --devices too"),
        (("--devices", 2, "--html", "x.html"), "page of --sweep"),
        ((), "--list, --sweep, --devices, or --at"),
    ],
)
def test_options_that_say_nothing_together_are_refused(
    arguments: tuple[object, ...], said: str
) -> None:
    result = CliRunner().invoke(split, [str(TINY), *map(str, arguments)])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_of_all_links_those_are_left_out_that_a_rig_lacks_something_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rig = Rig(BoardSpec("/dev/ttyACM0"), None, None)
    assert [via for via in LINKS if _has(rig, via)] == ["tcp", "udp", "ble"]
    assert "espnow is left out: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sweep", "--via", "zigbee"), "--via names 'zigbee'"),
        (("--devices", 2, "--board", "virtual"), "drop --board"),
        (("--sweep", "--tail-here", "--board", "virtual"), "drop --tail-here"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        _run(TINY, *arguments)
