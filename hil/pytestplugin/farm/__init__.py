# SPDX-License-Identifier: MIT
"""Tests of one session, spread over several boards by pytest-xdist.

The controller has the boards and lends them to workers; what is judged by a latency budget follows
alone when all else is over.

``controller`` pytest-xdist's hooks in the process that has workers
``farm``       the workers, and the boards that they are lent
``passes``     in which order, and by which worker, the tests are run
``seat``       a worker as the two of them see it
``hearing``    what workers tell the controller
``worker``     pytest's hooks in a worker
``desk``       what it hears from the controller, and the tests that it leaves to others
``rest``       what a worker has to do when it is to wait for more
``alone``      tests that are run alone
``benchmarks`` pytest-benchmark in a worker
``portions``   photos, divided between workers
``asked``      whether a session is to share boards out
``named``      which boards a process is to test
``words``      what controller and workers tell each other
"""
