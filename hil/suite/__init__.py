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
``test_freshness``   an answer counts for the message that it answers alone
``test_console``     each request is read as it is, or refused with what is wrong about it
``test_console_noise``   what comes between lines harms nothing
``test_console_chunks``  binary frames, sound and broken, and what is read back
``test_console_counters``  each counter moves by what it counts
``test_time_clock``  the board's clock keeps time
``test_time``        the times that it reports are those that passed
``test_secrets``     no password is to be read anywhere

What they share: ``raw`` (bytes to a console), ``console_requests``, ``timing``, ``secret``.
"""
