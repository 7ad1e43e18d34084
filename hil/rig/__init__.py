# SPDX-License-Identifier: MIT
"""Which boards are meant, where they are, and who may use them.

``several``   those of a session over several, acquired and lent
``rig``       the boards that options, environment and ``hil.toml`` mean
``choice``    which of them is the first, which the second
``listing``   what is known of all that are attached
``lookup``    finding the port behind which a board is
``probe``     asking the chip behind a port, through a process of ``hil.esptool_worker``
``lock``      one user at a time, by a lock that the kernel holds
``holder``    who has it
``quarantine`` which boards are set aside, being sick
``power``     takes the power away and gives it back; ``switches``: by what
``providers`` where boards come from: built-in kinds, and those of other packages
``file``      ``hil.toml``
``entry``     one board of it
``wifi``      the access point that boards join
``hci``       by which radio boards are reached over BLE
``identity``  the ways to say which board is meant
"""
