# SPDX-License-Identifier: MIT
"""Tests of one session, spread over several boards by pytest-xdist.

The controller has the boards and lends them to workers; what is judged by a latency budget follows
alone when all else is over.

``controller`` boards for the workers, and who runs which tests
``scheduler``  two passes around pytest-xdist's scheduler
``seat``       a worker as the two of them see it
``hearing``    what workers tell the controller
``worker``     boards that are lent, and tests that another worker is to run
``rest``       what a worker has to do when it is to wait for more
``alone``      tests that are run alone
``benchmarks`` pytest-benchmark in a worker
``asked``      whether a session is to share boards out
``named``      which boards a process is to test
``words``      what controller and workers tell each other
"""
