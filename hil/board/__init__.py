# SPDX-License-Identifier: MIT
"""One board, virtual or real, on its links: the object that tests use.

``bench``         the boards of a rig, the second one opened when it is first needed
``measuring``     asks again and again, and counts what gets no answer
``profiling``     what each operator of the model takes
``board``         a board: connect it, infer on it
``connecting``    opens a link from a head to a tail
``connection``    a link that is up
``radio_choice``  the radio by which a board can be heard over BLE
``infer``         one inference, with a copy of what crossed beside it
``rtt``           one round trip
``station``       a board on the air: network, gateway, listening tail
``network``       brings a board onto the network
``link``          a board's end of a link
"""
