# SPDX-License-Identifier: MIT
"""Boards behind a console that answers from a script, for what happens above the console."""

from collections import deque

from hil.board.board import Board
from hil.console.health import Health
from hil.errors import BoardRefused
from hil.rig.rig import BoardSpec

INFO = {
    "fw": "0.1.0",
    "src": "0123456789abcdef",
    "proto": "1",
    "chip": "esp32s3",
    "mac": "02:00:00:00:00:01",
    "simulated": "0",
    "kernels": "reference",
    "role": "head",
    "slot": "ok",
    "model": "-",
    "name": "-",
    "cut": "-",
    "in": "-",
    "out": "-",
    "arena": "1",
    "arena_used": "1",
    "psram": "8388608",
    "flash": "16777216",
    "app": "ota_0",
    "model_slot": "model_0",
    "trial": "none",
    "test": "0",
    "reset": "POWERON",
    "boot": "00000001",
}


class ScriptedConsole:
    """Notes each request, and answers each as a board does to which nothing bad happens.

    Attributes:
        said: the requests, as lines.
        info: answer to ``info``.
        failures: events that come in place of those that say that a link is up, by link.
        refusals: codes of refusals, by verb.
    """

    def __init__(self, said, info):
        self.said = said
        self.info = {**INFO, **info}
        self.failures = {}
        self.refusals = {}
        self.events = deque()
        self.log = ()
        self.rate = 115_200
        self.connected = True
        self.losses = 0
        self.remarks = []
        self.health = Health()

    def request(self, verb, **arguments):
        if verb == "info":
            return self.info
        words = [self.info["mac"][-2:], verb, *(f"{k}={v}" for k, v in arguments.items())]
        self.said.append(" ".join(words))
        if code := self.refusals.get(verb):
            raise BoardRefused(code, f"{verb} is refused.")
        via = arguments.get("via")
        if verb == "wifi":
            self.events.append(("wifi", {"state": "up", "ip": f"10.0.0.{self.info['mac'][-1]}"}))
        elif verb == "link":
            event = {"via": via, "state": arguments["state"]}
            if arguments["state"] == "up":
                event |= self.failures.get(via, {})
            self.events.append(("link", event))
        elif verb == "rtt":
            self.events.append(("rtt", {"id": "7", **self.failures.get(via, {"state": "ok"})}))
            return {"id": "7"}
        return {}

    def wait_event(self, name, timeout, **match):
        wanted = {key: str(value) for key, value in match.items()}
        for known, values in self.events:
            if known == name and wanted.items() <= values.items():
                self.events.remove((known, values))
                return values
        raise AssertionError(f"nothing says {name} {match}")

    def require_sound(self):
        """Nothing is wrong."""

    def next_event(self, name):
        return next((self.wait_event(known, 0) for known, _ in self.events if known == name), None)

    def forget(self, name):
        self.events = deque(event for event in self.events if event[0] != name)

    def check(self):
        """It is connected."""

    def set_baud(self, rate):
        self.request("baud", rate=rate)
        self.rate = rate

    def close(self):
        pass


class ScriptedLine:
    """In the place of :class:`hil.device.port.BoardPort`."""

    def __init__(self, console):
        self.console = console

    def close(self):
        pass


def make_board(monkeypatch, said, number, spec=None, kind=Board, **info):
    """Return a board that notes its requests in ``said``, each behind its number."""
    console = ScriptedConsole(said, {"mac": f"02:00:00:00:00:{number:02x}", **info})
    monkeypatch.setattr("hil.device.device.BoardPort", lambda *_: ScriptedLine(console))
    return kind(spec or BoardSpec(f"/dev/{number}"), f"/dev/{number}", None)
