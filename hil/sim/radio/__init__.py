# SPDX-License-Identifier: MIT
"""The radios of the lab's boards, and what lies between them.

``station``     a board's radios, one for each kind of link, and joining the access point
``antenna``     what a radio sees of its board
``peripheral``  what a peripheral sees of the processor: the seam for radios
``air``         what the boards share
``stranger``    who speaks in others' names in the air, without a key
``lan``         which board takes what is sent to an address
``wifi``        the access point
``link_file``   link parameters from a file
``presets``     what the links are like, with the source of every number
``link``        a model of one direction of a link
"""
