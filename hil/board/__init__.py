# SPDX-License-Identifier: MIT
"""One board, virtual or real: the object that tests use.

``bench``         the boards of a rig, the second one opened when it is first needed
``measuring``     asks again and again, and counts what gets no answer
``update``        brings a board up to date through its console, and back if that fails
``board``         a board: connect it, infer on it
``connecting``    opens a link from a head to a tail
``connection``    a link that is up
``radio_choice``  the radio by which a board can be heard over BLE
``infer``         one inference, with a copy of what crossed beside it
``rtt``           one round trip
``station``       a board on the air: network, gateway, listening tail
``network``       brings a board onto the network
``link``          a board's end of a link
``flashable``     what is on its flash, and bringing it there
``device``        a board as far as its port and its console go
``start``         starts it and checks that it runs what was flashed
``recovery``      the same in spite of the rig's moods
``retry``         tries once more, and says why
``installed``     what a board has that no flasher can reach
``line_rate``     a faster line, if it bears it
``port``          a board's serial port: had, reset, lent
"""
