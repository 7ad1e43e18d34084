# SPDX-License-Identifier: MIT
"""One board as far as its port, its console and its flash go.

``update``     brings a board up to date through its console, and back if that fails
``flashable``  what is on its flash, and bringing it there
``device``     starts it, asks it, resets it
``start``      starts it and checks that it runs what was flashed
``start_plain``  the same of firmware that cannot be asked
``recovery``   the same in spite of the rig's moods
``retry``      tries once more, and says why
``installed``  what a board has that no flasher can reach
``line_rate``  a faster line, if it bears it
``virtual``    virtual boards, provided as others are
``port``       a board's serial port: had, reset, lent
"""
