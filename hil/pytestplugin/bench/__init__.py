# SPDX-License-Identifier: MIT
"""The boards that the tests of a session share, from one test to the next.

``readiness``  around each test: ready before it, unharmed after it
``bench``      the open boards, and what every test is to find on them
``content``    what is flashed, told apart by its bytes
``seconds``    the second board, as peer and as gateway
``linking``    the link that the board is connected over
``damage``     what has ended tests, and what it keeps the next ones from
``breaker``    when errors of the rig have come so often in a row that nothing is tried any more
``condition``  whether the boards are as they were found, and bringing them back if not
``stalls``     failures that cost a long wait each, and are waited for once
``notes``      what is noted of boards and links: a pass is not to hide it
``recording``  a board that enters what happens to it into the results
"""
