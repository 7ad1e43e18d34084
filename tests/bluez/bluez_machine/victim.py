# SPDX-License-Identifier: MIT
"""A process that connects to a board, says so, and is killed then: ``victim.py NAME``."""

import sys

from bluez_machine.host import Host

host = Host(sys.argv[1])
host.wait()
print("connected", flush=True)
sys.stdin.read()  # ends with the process that started this one, if that is killed itself
host.link.close()
