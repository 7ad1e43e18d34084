# SPDX-License-Identifier: MIT
"""The command ``hil serve``, as a process."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hil.cli.serve import serve
from hil.edge.asking.client import HeadClient
from hil.errors import BadInputError, EdgeError
from hil.protocol import MessageType
from hil.rig.key_file import read_key

ROOT = Path(__file__).parents[3]
TINY = str(ROOT / "models" / "tiny")
WAIT_S = 20


def refused(*arguments: str) -> BaseException:
    return CliRunner().invoke(serve, ["--model", TINY, *arguments]).exception


@pytest.mark.parametrize("end_signal", [signal.SIGINT, signal.SIGTERM])
def test_it_announces_its_address_serves_and_ends_with_0(end_signal, split, tail, activation):
    command = "from hil.cli.serve import serve; serve()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "--model", TINY, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = json.loads(process.stdout.readline())
        assert told["model_id"] == f"{split.model_id:08x}"
        assert told["activation_bytes"] == len(activation)
        host, port = told["tcp"].split(":")
        assert told["udp"] == told["tcp"]
        address = host, int(port)
        key_file = Path(told["key_file"])
        key = read_key(key_file)
        with (
            HeadClient.udp(address, split.model_id, key=key) as packets,
            HeadClient.tcp(address, split.model_id, key=key) as head,
        ):
            for each in (packets, head):
                info = tail.info
                hello = each.hello(info.dtype, info.tensor_size, info.classes)
                assert hello.type is MessageType.HELLO
                each.infer(activation)
            process.send_signal(end_signal)
            _, log = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, log
    assert "connected" in log
    assert "message 2: tail ran in" in log
    assert f"udp {host}:" in log
    assert "infer_ok=2" in log
    assert "Traceback" not in log
    assert f"--key-file {key_file}" in log
    assert key.hex() not in log
    assert not key_file.parent.exists()


@pytest.mark.parametrize("address", ["4000", ":4000", "localhost:", "localhost:http", "h:65536"])
def test_what_is_no_address_is_bad_input(address):
    error = refused("--tcp", address)
    assert isinstance(error, BadInputError)
    assert "HOST:PORT" in str(error)


def test_an_unknown_cut_is_bad_input():
    assert isinstance(refused("--cut", "no_such_layer"), BadInputError)


def test_a_port_in_use_is_an_infrastructure_error(edge):
    error = refused("--tcp", "{}:{}".format(*edge.address))
    assert isinstance(error, EdgeError)


def test_a_key_and_no_key_exclude_each_other():
    assert isinstance(refused("--no-key", "--key-file", "key"), BadInputError)


def test_it_says_loudly_that_it_serves_anybody(monkeypatch, tail):
    monkeypatch.setattr("threading.Event.wait", lambda *_: True)
    result = CliRunner().invoke(serve, ["--model", TINY, "--no-key"])
    assert result.exit_code == 0
    assert "WITHOUT A KEY: anybody on the network is served" in result.stderr


@pytest.mark.parametrize(("text", "told"), [("00" * 16, "holds no key"), ("12", "holds no key")])
def test_a_key_file_that_holds_none_is_bad_input(tmp_path, text, told):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    error = refused("--key-file", str(path))
    assert isinstance(error, BadInputError)
    assert told in str(error)
