# SPDX-License-Identifier: MIT
"""What is said to which board, in which order, to connect head and tail."""

import sys
from collections import Counter
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest
from fake_board import make_board

from hil.edge.hearing import Greeting, Hearing
from hil.errors import (
    BadInputError,
    BluetoothError,
    BoardPanic,
    BoardRefused,
    ConsoleError,
    EdgeError,
    InfrastructureError,
    MessageLost,
)
from hil.inference.inference import RoundTrip, Wire
from hil.model.model import Model
from hil.resources import resource
from hil.rig.rig import BoardSpec
from hil.rig.wifi import WifiCredentials
from hil.symptoms import Misbehaviour

SPEC = BoardSpec("/dev/x", WifiCredentials("net", "secret"), "10.0.0.9")


class Edge:
    """Notes what is attached to it."""

    address = ("0.0.0.0", 4000)

    def __init__(self, said, model_id):
        self._said = said
        self.model_id = model_id
        self.hearing = Hearing()
        self.counters = Counter()

    def attach(self, transport):
        self._said.append(f"edge attach {transport}")

    def detach(self, transport):
        self._said.append(f"edge detach {transport}")

    def check(self):
        """It serves."""


class Radio:
    """This host's end of a BLE link."""

    def __init__(self, name, *, radio):
        self.name = f"{name} by {radio}"

    def __str__(self):
        return self.name

    def wait(self, timeout_s):
        """The board is there at once."""

    def check(self):
        """Bluetooth works."""


@pytest.fixture(scope="module")
def model():
    return Model.load(resource("models/tiny"))


@pytest.fixture
def said():
    return []


@pytest.fixture
def edge(said, model):
    return Edge(said, model.split().model_id)


@pytest.fixture(autouse=True)
def transports(monkeypatch, said):
    """Put fakes in the place of the modules that own radios and gateways."""
    espnow, ble = ModuleType("espnow"), ModuleType("ble")
    own, lab = ModuleType("bluez"), ModuleType("lab_radio")
    espnow.GatewayLink = lambda console: f"gateway {console.info['mac'][-2:]}"
    ble.BleLink = Radio
    own.open_own_radio = None
    lab.lab_radio = str
    monkeypatch.setitem(sys.modules, "hil.transport.espnow", espnow)
    monkeypatch.setitem(sys.modules, "hil.transport.ble.link", ble)
    monkeypatch.setitem(sys.modules, "hil.transport.ble.bluez", own)
    monkeypatch.setitem(sys.modules, "hil.sim.ble.lab_radio", lab)
    return ble


@pytest.fixture
def boards(monkeypatch, said, model):
    """Return a head and a tail of one cut."""

    def make(number, role, **info):
        split = model.split(info.pop("at", None))
        info = {"role": role, "model": f"{split.model_id:08x}", **info}
        board = make_board(monkeypatch, said, number, SPEC, **info)
        board.use(model, split.cut, role)
        return board

    return make


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_over_ip_the_board_is_told_the_edge_server(boards, edge, said, via):
    boards(1, "head").connect(edge, via)
    assert said == [
        "01 wifi ssid=net password=secret",
        "01 edge host=10.0.0.9 port=4000",
        f"01 link via={via} state=up",
    ]


def test_the_network_is_joined_once_and_one_link_closed_before_the_next(boards, edge, said):
    board = boards(1, "head")
    board.connect(edge, "tcp")
    del said[:]
    board.connect(edge, "udp")
    assert said == [
        "01 link via=tcp state=down",
        "01 edge host=10.0.0.9 port=4000",
        "01 link via=udp state=up",
    ]


def test_after_a_link_that_is_not_over_ip_the_network_is_joined_anew(boards, edge, said):
    board = boards(1, "head")
    for via in ("tcp", "udp", "ble", "udp", "tcp"):
        board.connect(edge, via)
    assert said.count("01 wifi ssid=net password=secret") == 2


def test_over_espnow_a_second_board_becomes_the_gateway(boards, edge, said, monkeypatch):
    board = boards(1, "head")
    gateway = make_board(monkeypatch, said, 2)
    board.connect(edge, "espnow", gateway=gateway)
    assert said == [
        "02 baud rate=921600",
        "02 role set=gateway channel=1",
        "edge attach gateway 02",
        "01 peer mac=02:00:00:00:00:02 channel=1",
        "01 link via=espnow state=up",
    ]
    assert board.connection.gateway is gateway
    del said[:]
    board.disconnect()
    assert said == ["01 link via=espnow state=down", "edge detach gateway 02"]


def test_over_ble_this_host_looks_for_the_board_before_it_advertises(boards, edge, said):
    board = boards(1, "head", mac="02:48:49:4C:00:01")
    board.connect(edge, "ble")
    assert said == [
        "01 peer",
        "edge attach hil-4c0001 by None",
        "01 link via=ble state=up",
    ]
    board.close()
    assert said[-1] == "edge detach hil-4c0001 by None"


def test_without_ble_on_this_host_the_board_does_not_advertise(boards, edge, said, transports):
    def missing(name, radio):
        raise InfrastructureError("This host has no BlueZ; install it.")

    transports.BleLink = missing
    with pytest.raises(InfrastructureError, match="no BlueZ"):
        boards(1, "head").connect(edge, "ble")
    assert not any("link" in line for line in said)


def test_the_radio_of_another_programs_lab_is_out_of_reach_unless_named(boards, edge, monkeypatch):
    monkeypatch.delenv("HIL_HCI", raising=False)
    with pytest.raises(BadInputError, match="started by another program: set HIL_HCI"):
        boards(1, "head", simulated="1").connect(edge, "ble")


def test_the_radio_of_another_programs_lab_can_be_named(boards, edge, said, monkeypatch):
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    boards(1, "head", simulated="1").connect(edge, "ble")
    assert "edge attach hil-000001 by tcp-client:127.0.0.1:4" in said


def test_a_virtual_board_is_reached_by_this_computers_adapter_if_asked_for(
    boards, edge, said, monkeypatch
):
    board = boards(1, "head", simulated="1")
    monkeypatch.setenv("HIL_HCI", "bluez")
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by None" in said
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    board.spec = replace(SPEC, hci="bluez")
    del said[:]
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by None" in said


def test_the_lab_of_the_same_run_needs_no_name(boards, edge, said, monkeypatch):
    board = boards(1, "head", simulated="1")
    board.lab = SimpleNamespace(hci="tcp-client:127.0.0.1:5")
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by tcp-client:127.0.0.1:5" in said
    board.spec = replace(SPEC, hci="tcp-client:127.0.0.1:4")
    with pytest.raises(BadInputError, match=r"cannot hear the virtual board of this run's own lab"):
        board.connect(edge, "ble")


def test_a_real_board_is_always_reached_by_this_computers_adapter(boards, edge, said, monkeypatch):
    board = boards(1, "head")
    for variable, option in (("tcp-client:127.0.0.1:4", None), ("bluez", None), ("", "bluez")):
        monkeypatch.setenv("HIL_HCI", variable)
        board.spec = replace(SPEC, hci=option)
        del said[:]
        board.connect(edge, "ble")
        assert "edge attach hil-000001 by None" in said
    board.spec = replace(SPEC, hci="tcp-client:127.0.0.1:4")
    with pytest.raises(BadInputError, match=r"--hil-hci\) names tcp-client.*hear the real board"):
        board.connect(edge, "ble")


@pytest.mark.parametrize("simulated", ["0", "1"])
def test_a_variable_that_names_no_radio_is_refused(boards, edge, said, monkeypatch, simulated):
    monkeypatch.setenv("HIL_HCI", "nonsense")
    with pytest.raises(BadInputError, match=r"HIL_HCI is 'nonsense'; say bluez .* or tcp-client:"):
        boards(1, "head", simulated=simulated).connect(edge, "ble")
    assert not any("link" in line for line in said)


def test_a_message_lost_with_this_computers_bluetooth_says_so(boards, edge, transports):
    class Broken(Radio):
        def check(self):
            raise BluetoothError("The Bluetooth adapter hci0 has vanished; plug it in again.")

    transports.BleLink = Broken
    board = boards(1, "head")
    board.connect(edge, "ble")
    board.console.failures["ble"] = {"state": "err", "code": "edge_timeout"}
    with pytest.raises(BluetoothError, match="hci0 has vanished"):
        board.rtt(16)


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_over_ip_the_tail_listens_before_the_head_comes(boards, said, via):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, via)
    assert [line for line in said if "wifi" not in line] == [
        "02 edge host=10.0.0.2 port=3333",
        "01 edge host=10.0.0.2 port=3333",
        f"02 link via={via} state=up",
        f"01 link via={via} state=up",
    ]


@pytest.mark.parametrize("via", ["espnow", "ble"])
def test_over_the_air_the_head_is_told_the_tails_mac(boards, said, via):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, via)
    assert said == [
        "02 peer",
        "01 peer mac=02:00:00:00:00:02 channel=1",
        f"02 link via={via} state=up",
        f"01 link via={via} state=up",
    ]
    del said[:]
    head.disconnect()
    assert said == [f"01 link via={via} state=down", f"02 link via={via} state=down"]


def test_a_gateway_becomes_a_tail_again(boards, edge, said):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(edge, "espnow", gateway=tail)
    head.disconnect()
    del said[:]
    head.connect(tail, "espnow")
    assert "02 role set=model" in said
    assert said.index("02 role set=model") < said.index("02 link via=espnow state=up")


def test_a_link_stands_until_a_board_starts_anew_or_reports_it_down(boards):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    assert head.connection.stands()
    head.console.events.append(("link", {"via": "udp", "state": "down"}))
    assert not head.connection.stands()
    tail.console.info["boot"] = "00000002"
    assert not head.connection.stands()


def test_what_cannot_be_connected_is_refused_before_anything_is_said(boards, edge, said):
    head, tail = boards(1, "head"), boards(2, "tail")
    other_cut = len(tail.part.model.cuts) - 1
    cases = [
        (edge, "zigbee", "no link; use tcp, udp, espnow, ble"),
        (edge, "espnow", "needs a second board as gateway"),
        (boards(1, "tail"), "udp", "Board and peer have one MAC"),
        (boards(2, "head"), "udp", "holds the head of tiny, not a tail"),
        (boards(2, "tail", simulated="1"), "udp", "virtual board and a real one"),
        (
            boards(2, "tail", at=tail.part.model.cuts[other_cut].index),
            "udp",
            "flash both with one model and cut",
        ),
    ]
    del said[:]
    for to, via, words in cases:
        with pytest.raises(BadInputError, match=words):
            head.connect(to, via)
    with pytest.raises(BadInputError, match="holds a tail, which waits for a head"):
        tail.connect(edge, "udp")
    with pytest.raises(BadInputError, match="Board and gateway have one MAC"):
        head.connect(edge, "espnow", gateway=boards(1, "tail"))
    assert said == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("edge_unreachable", EdgeError),
        ("model_mismatch", Misbehaviour),
        ("mtu", Misbehaviour),
        ("radio", BoardRefused),
    ],
)
def test_a_link_that_does_not_come_up_says_why(boards, edge, code, kind):
    board = boards(1, "head")
    board.console.failures["udp"] = {"state": "down", "code": code, "msg": "Too bad."}
    with pytest.raises(kind, match=f"over udp did not come up .{code}.: Too bad"):
        board.connect(edge, "udp")
    assert board.connection is None


def test_a_tail_of_another_model_is_not_the_boards_fault(boards, edge):
    board = boards(1, "head")
    edge.model_id += 1
    failure = {"state": "down", "code": "model_mismatch", "msg": "Too bad."}
    board.console.failures["udp"] = failure
    with pytest.raises(BoardRefused, match="Too bad"):
        board.connect(edge, "udp")


def unreachable(board, via="udp"):
    failure = {"state": "down", "code": "edge_timeout", "msg": "No HELLO came."}
    board.console.failures[via] = failure


def test_a_hello_that_was_dropped_is_the_boards_and_names_the_field(boards, edge):
    board = boards(1, "head")
    unreachable(board)
    request = board.console.request

    def greeting(verb, **arguments):
        if verb == "link" and arguments["state"] == "up":
            edge.hearing.drop("A frame starts with 0x1234 instead of 0x4e53.")
        return request(verb, **arguments)

    board.console.request = greeting
    with pytest.raises(Misbehaviour, match="starts with 0x1234") as caught:
        board.connect(edge, "udp")
    assert caught.value.symptom == "hello-wrong"


def test_a_board_that_the_edge_server_has_heard_is_to_blame_for_a_link(boards, edge):
    board = boards(1, "head")
    unreachable(board)
    request = board.console.request

    def connecting(verb, **arguments):
        edge.counters["connections"] += verb == "link"
        return request(verb, **arguments)

    board.console.request = connecting
    with pytest.raises(Misbehaviour, match="No HELLO came") as caught:
        board.connect(edge, "udp")
    assert caught.value.symptom == "link-not-up"


def test_boards_that_do_not_meet_over_their_own_radios_are_to_blame(boards):
    head = boards(1, "head")
    unreachable(head, "espnow")
    with pytest.raises(Misbehaviour, match="a link to the peer at"):
        head.connect(boards(2, "tail"), "espnow")
    unreachable(head, "udp")
    with pytest.raises(EdgeError, match="No HELLO came"):  # an access point may keep them apart
        head.connect(boards(2, "tail"), "udp")


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (Greeting(0, 10), "session 00000001, which is this boot's, got session 00000000"),
        (Greeting(1, 99), "classes, got 99"),
    ],
)
def test_a_greeting_that_differs_from_the_console_is_a_wrong_hello(boards, edge, greeting, words):
    board = boards(1, "head")
    request = board.console.request

    def greet(verb, **arguments):
        if verb == "link" and arguments["state"] == "up":
            edge.hearing.greet(greeting)
        return request(verb, **arguments)

    board.console.request = greet
    with pytest.raises(Misbehaviour, match=words):
        board.connect(edge, "udp")


def test_a_board_is_asked_over_the_link_that_is_up(boards, edge):
    board = boards(1, "head")
    with pytest.raises(BadInputError, match="not connected"):
        board.rtt(16)
    board.connect(edge, "udp")
    with pytest.raises(BadInputError, match="connected over udp, not tcp"):
        board.rtt(16, "tcp")


def test_a_round_trip_is_what_the_board_says(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    cost = {"frames": "3", "resent": "1", "wire": "80"}
    board.console.failures["udp"] = {"state": "ok", "us": "1234", **cost}
    assert board.rtt(16) == RoundTrip("udp", 16, 1234, None, Wire(3, 1, 80), False)
    board.console.failures["udp"] = {"state": "ok", "us": "quick"}
    with pytest.raises(BoardRefused, match="cannot be read"):
        board.rtt(16)


def test_a_round_trip_without_an_answer_is_lost_and_one_whose_link_ends_an_error(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.failures["udp"] = {"state": "err", "code": "edge_timeout", "msg": "None came."}
    lost = board.rtt(16)
    assert lost.lost
    assert lost.code == "edge_timeout"
    board.console.failures["udp"] = {"state": "err", "code": "edge_lost", "msg": "It ended."}
    with pytest.raises(MessageLost, match=r"from the edge server, which is there, .*It ended"):
        board.rtt(16)


def test_a_message_that_a_peer_does_not_answer_is_said_of_the_peer(boards):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    answer = {"state": "err", "code": "edge_lost", "msg": "the edge server gave no answer"}
    head.console.failures["udp"] = answer
    with pytest.raises(MessageLost, match=r"the peer at .*the peer gave no answer") as caught:
        head.rtt(16)
    assert "edge server" not in str(caught.value)


def test_a_message_lost_with_a_peer_that_crashed_is_the_peers_crash(boards):
    def crashed():
        raise BoardPanic("The board panicked.")

    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    head.console.failures["udp"] = {"state": "err", "code": "edge_timeout"}
    tail.console.require_sound = crashed
    with pytest.raises(BoardPanic):
        head.rtt(16)


def test_an_inference_that_the_edge_server_has_not_seen_is_misnumbered(boards, edge):
    def unknown(message_id, session, timeout):
        raise EdgeError("The edge server saw no activation.")

    board = boards(1, "head")
    board.connect(edge, "udp")
    edge.record = unknown
    with pytest.raises(Misbehaviour, match="got message 7 of session 00000001"):
        board.connection.record(7)


@pytest.mark.parametrize("lost", ["edge_timeout", "edge_lost"])
def test_a_message_lost_with_the_gateways_port_is_the_rigs_fault(
    boards, edge, said, monkeypatch, lost
):
    def broken():
        raise ConsoleError("The connection to the gateway broke; reconnect the board.")

    board, gateway = boards(1, "head"), make_board(monkeypatch, said, 2)
    board.connect(edge, "espnow", gateway=gateway)
    board.console.failures["espnow"] = {"state": "err", "code": lost}
    gateway.console.check = broken
    with pytest.raises(ConsoleError, match="gateway broke"):
        board.rtt(16)


def test_a_message_lost_with_the_edge_server_says_so(boards, edge):
    def ended():
        raise EdgeError("The edge server has ended; start another.")

    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.failures["udp"] = {"state": "err", "code": "edge_timeout"}
    edge.check = ended
    with pytest.raises(EdgeError, match="has ended"):
        board.rtt(16)


def test_a_message_over_a_link_that_has_gone_down_is_lost(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.refusals["rtt"] = "link_down"
    with pytest.raises(MessageLost, match="connect the board anew") as caught:
        board.rtt(16)
    assert caught.value.code == "link_down"


def test_after_news_of_the_network_it_is_joined_anew(boards, edge, said):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.events.append(("wifi", {"state": "up", "ip": "10.0.0.77"}))
    board.connect(edge, "udp")
    assert sum("wifi" in line for line in said) == 2


def test_a_size_that_the_board_cannot_echo_is_bad_input(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.refusals["rtt"] = "bad_argument"
    with pytest.raises(BadInputError, match="cannot echo 1000000 bytes"):
        board.rtt(1_000_000)
