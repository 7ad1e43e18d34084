# SPDX-License-Identifier: MIT
"""The console, by requests and byte by byte.

``test_console``           each request is read as it is, or refused with what is wrong about it
``test_console_noise``     what comes between lines harms nothing
``test_console_chunks``    binary frames, sound and broken, and what is read back
``test_console_counters``  each counter moves by what it counts
"""
