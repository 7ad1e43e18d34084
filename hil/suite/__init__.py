# SPDX-License-Identifier: MIT
"""The standard tests of a board: what ``pytest -m hil`` runs in a checkout of the project.

``test_identity``    the board is the one that is meant, and runs what was flashed
``test_boot``        it starts, and says why
``test_exactness``   the split predicts what the full model predicts, bit for bit
``test_agreement``   how often it agrees with other kernels and with the float model
``test_accuracy``    how often it is right
``test_memory``      what is left of heap and stacks
``test_latency``     every link is exact and inside its budget
``test_acceptance``  what a rig must stand
``test_classes``     equal scores and more than 256 classes
``test_repair``      frames that are lost, doubled, late or altered show in no result
``test_repair_asking``   a head frame by frame: what it sends again, and what it says has come
``test_repair_timers``   and when
``test_freshness``   an answer counts for the message that it answers alone
``test_roles``       head and tail on two boards, also where frames get lost between them
``test_roles_answering``  a tail frame by frame: whom it answers, and what
``test_roles_repeating``  how it puts requests together, and repeats answers
``test_roles_gateway``   a gateway record by record
``test_roles_ble``       a tail over BLE, asked by this host
``test_console``     each request is read as it is, or refused with what is wrong about it
``test_console_noise``   what comes between lines harms nothing
``test_console_chunks``  binary frames, sound and broken, and what is read back
``test_console_counters``  each counter moves by what it counts
``test_time_clock``  the board's clock keeps time
``test_time``        the times that it reports are those that passed
``test_secrets``     no password is to be read anywhere
``test_connections`` links that come and go; and beside it
    ``_hello``       whom a board greets, and whom it refuses
    ``_requests``    what it is told about its links, and being a gateway
    ``_tail``        a tail on a second board
``test_fragments``   messages of every size over every link

What they share: ``raw`` (bytes to a console), ``console_requests``, ``timing``, ``secret``.
"""
