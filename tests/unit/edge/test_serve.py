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
from hil.edge.client import HeadClient
from hil.errors import BadInputError, EdgeError
from hil.protocol import MessageType

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
        with (
            HeadClient.udp(address, split.model_id) as packets,
            HeadClient.tcp(address, split.model_id) as head,
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
