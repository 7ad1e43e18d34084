# SPDX-License-Identifier: MIT
"""What an application learns of its serial port's client: a gateway waits for nobody in vain."""

import socket
import threading


def test_the_application_learns_that_its_client_has_gone(running) -> None:
    gone = threading.Event()
    running.board.on_client_gone = gone.set
    with socket.create_connection(("127.0.0.1", running.board.port)) as client:
        client.sendall(b"hello\n")
        assert client.recv(100)
        assert running.board.is_heard
        assert not gone.is_set()
    assert gone.wait(20)
    assert not running.board.is_heard


def test_an_application_that_has_been_reset_is_told_nothing(running) -> None:
    told = threading.Event()
    running.board.on_client_gone = told.set
    running.call(lambda: running.board.set_lines(rts=True))
    running.call(running.board.client_gone)
    assert not told.is_set()
