# SPDX-License-Identifier: MIT
"""Where boards come from: kinds that are built in, and those of other packages (docs/extending.md).

``having``     a board had for this process, whoever provides it
``named``      which provider a name means
``attached``   the built-in kinds: by port, by USB, by MAC address or serial number
``extensions`` what packages register by entry points, loaded when it is first named
``interface``  what a provider is and gives
"""
