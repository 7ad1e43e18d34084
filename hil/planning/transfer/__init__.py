# SPDX-License-Identifier: MIT
"""How long an activation and its answer are on their way, by the models of the virtual board. Pure.

Nothing is estimated by formulas: an exchange is played through with the protocol's own parts
(``hil.protocol``), the link models and drivers of the lab (``hil.sim``), and its clock, but without
firmware, sockets and host. The processor's part is that of ``processor``.

``processor``  what the firmware's instructions take
``exchange``   the board's end, common to all links
``packets``    both ends of packet links
``tcp``        a stream
``udp``        datagrams
``espnow``     the air, a gateway and its serial line
``ble``        connection events
``transfer``   one call for all of them
"""
