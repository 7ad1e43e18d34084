# SPDX-License-Identifier: MIT
"""What stands in for QEMU: its console says what it is told to, its monitor answers.

``fake_qemu.py WORDS PORT ARGUMENTS``: WORDS go to the console, at PORT are both forwarded ports of
the machine; ARGUMENTS are QEMU's.
"""

import json
import re
import socket
import sys

words, port, *arguments = sys.argv[1:]
found = dict(re.findall(r"id=(console|monitor),fd=(\d+)", " ".join(arguments)))
console, monitor = (socket.socket(fileno=int(found[name])) for name in ("console", "monitor"))
console.sendall(words.encode() + b"\r\n")
if "panic" in words:
    sys.exit("the machine is broken")
forwards = "".join(
    f"  TCP[HOST_FORWARD]  13  127.0.0.1 {port} 10.0.2.15 {inside}  0  0\r\n"
    for inside in (5555, 5556)
)
answers = {"human-monitor-command": "VLAN -1 (net):\r\n" + forwards}
monitor.sendall(b'{"QMP": {}}\n{"event": "RESUME"}\n')
for line in monitor.makefile("r"):
    request = json.loads(line)
    if request["execute"] == "chardev-change":
        answer = {"error": {"class": "GenericError", "desc": "Failed to connect"}}
    else:
        answer = {"return": answers.get(request["execute"], {})}
    monitor.sendall(json.dumps(answer).encode() + b"\n")
