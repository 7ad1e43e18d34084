# SPDX-License-Identifier: MIT
"""No report of a test shows a password or a key, however much it is asked to show."""

import pytest

PASSWORD = "Zq7-wXv3_Kd9"
ALL = ("--tb=long", "--showlocals", "--full-trace", "-vv", "-o", "junit_logging=all")
TESTS = """
import os
import threading
import pytest
from hil.board.network import join
from hil.console.console import Console
from hil.rig.rig import BoardSpec, Rig

class Port:
    baudrate, timeout, in_waiting = 115_200, 0.05, 0
    fails = None
    def read(self, size):
        gone.wait(0.05)
        return b""
    def write(self, data):
        rest = data[1:]
        if self.fails:
            raise self.fails
        return len(rest)
    def cancel_read(self): pass
    def close(self): gone.set()

gone = threading.Event()

@pytest.fixture
def wifi():
    return Rig.find("/dev/ttyX0").board.wifi

@pytest.mark.parametrize("fails", [RuntimeError("It broke."), OSError(5, "gone")])
def test_the_port_fails(wifi, fails):
    port = Port()
    port.fails = fails
    with Console(port, "/dev/ttyX0") as console:
        join(console, wifi)

def test_the_password_cannot_be_sent(wifi, monkeypatch):
    monkeypatch.setenv("RIG_PASSWORD", os.environ["RIG_PASSWORD"] + chr(7))
    with Console(Port(), "/dev/ttyX0") as console:
        join(console, Rig.find("/dev/ttyX0").board.wifi)

def test_no_answer_comes(wifi, monkeypatch):
    monkeypatch.setattr("hil.console.console.REQUEST_PATIENCE_S", 0.1)
    spec = BoardSpec("/dev/ttyX0", wifi)
    with Console(Port(), "/dev/ttyX0") as console:
        console.request("wifi", timeout=0.1, ssid=spec.wifi.ssid, password=spec.wifi.password)

def test_a_person_types_it(wifi):
    port = Port()
    port.fails = RuntimeError("It broke.")
    with Console(port, "/dev/ttyX0") as console:
        console.type_line("wifi ssid=rig password=" + wifi.password)
"""

KEY = "c0ffee5eed0123456789abcdef987654"
WITH_KEYS = """
import types
import pytest
from hil.board import keying
from hil.console.console import Console
from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.host.secret import Unseen
from hil.model.model import Model
from hil.protocol import DataType, MessageType
from hil.resources import resource
from hil.rig.key_file import read_key

class Port:
    baudrate, timeout, in_waiting = 115_200, 0.05, 0
    def read(self, size): return b""
    def write(self, data):
        rest = data[1:]
        raise RuntimeError("It broke.")
    def cancel_read(self): pass
    def close(self): pass

@pytest.fixture
def key(request):
    return read_key(request.config.rootpath / "key")

def test_the_port_fails(key):
    with Console(Port(), "/dev/ttyX0") as console:
        board = types.SimpleNamespace(console=console, info=types.SimpleNamespace(key="none"))
        keying.give(board, key)

def test_a_person_types_it(key):
    with Console(Port(), "/dev/ttyX0") as console:
        console.type_line("#7 key value=" + key.hex())

@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_a_session_with_it_fails(key, via):
    split = Model.load(resource("models/tiny")).split()
    with EdgeServer(split.tail, split.model_id, key=key) as edge:
        with getattr(HeadClient, via)(edge.address, split.model_id, key=key) as head:
            head.hello(DataType.INT8, split.cut.bytes, 19)
            asked, served = vars(head.asker), vars(edge._server)
            head.infer(bytes(3))

def test_what_has_keys_is_looked_at(key, monkeypatch):
    split = Model.load(resource("models/tiny")).split()
    monkeypatch.setattr("hil.protocol.auth.mac", lambda key, data: 1 / 0)
    with EdgeServer(split.tail, split.model_id, key=key) as edge:
        with HeadClient.tcp(edge.address, split.model_id, key=key) as head:
            head.ask(MessageType.HELLO, bytes(16))
"""


@pytest.mark.parametrize("style", ["long", "short", "native", "auto"])
def test_a_failing_tests_report_shows_no_key(pytester: pytest.Pytester, style: str) -> None:
    (pytester.path / "key").write_text(KEY)
    (pytester.path / "key").chmod(0o600)
    pytester.makeini("[pytest]")
    pytester.makepyfile(WITH_KEYS)

    result = pytester.runpytest_subprocess(*ALL, f"--tb={style}", "--junitxml=junit.xml")

    result.assert_outcomes(failed=3, errors=2)
    xml = (pytester.path / "junit.xml").read_text()
    raw = bytes.fromhex(KEY)
    for said in (result.stdout.str(), result.stderr.str(), xml):
        assert KEY not in said
        assert repr(raw)[2:-1] not in said
        assert raw[:4].hex() not in said
        assert repr(raw[4:])[2:-1] not in said


@pytest.mark.parametrize("style", ["long", "short", "native", "auto"])
def test_a_failing_tests_report_shows_no_password(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.setenv("RIG_PASSWORD", PASSWORD)
    (pytester.path / "hil.toml").write_text(
        '[[boards]]\nport = "/dev/ttyX0"\nroles = ["dut"]\n'
        '[wifi]\nssid = "rig"\npassword_env = "RIG_PASSWORD"\n'
    )
    pytester.makepyfile(TESTS)
    monkeypatch.setenv("HIL_CONFIG", str(pytester.path / "hil.toml"))

    result = pytester.runpytest_subprocess(*ALL, f"--tb={style}", "--junitxml=junit.xml")

    result.assert_outcomes(failed=3, errors=2)
    xml = (pytester.path / "junit.xml").read_text()
    for said in (result.stdout.str(), result.stderr.str(), xml):
        assert PASSWORD not in said
        assert PASSWORD.encode().hex() not in said
