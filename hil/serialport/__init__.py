# SPDX-License-Identifier: MIT
"""Serial ports: opening them, and a faster ``rfc2217://`` for pyserial and all that use it.

``line``                what is unusual about a board's line: sequences of resets, long ways
``reset``               starts a board anew: one strategy for each way that a port is wired
``returning``           ports that vanish and come back
``open``                opening one, and saying why it cannot be opened
``bounded``             one on which what comes besides an answer has a limit
``permission``          what to do about one that this user may not open
``users``               which other programs have it open
``ports``               the ports of this machine that an ESP32-S3 may be behind
``device``              what the names of one device have in common
``url``                 what pyserial's URLs stand for
``failure``             what an open port raises when it fails
``protocol_rfc2217``    ``rfc2217://``, waiting for events instead of for time
``rfc2217_connection``  its connection to the server
``telnet``              its framing

pyserial 3.5 talks to the server again whenever ``timeout`` is set, waits for every answer in
steps of 50 ms and queues received data byte by byte. esptool sets ``timeout`` twice a command,
so over pyserial's own client the question for the flash's id takes 21 s instead of one.
"""

import serial


def install() -> None:
    """Make pyserial open ``rfc2217://`` ports with this package's client.

    Uses pyserial's documented hook, ``serial.protocol_handler_packages``. Calling it again
    changes nothing.
    """
    if __name__ not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.insert(0, __name__)
