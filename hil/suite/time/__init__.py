# SPDX-License-Identifier: MIT
"""The board's clock, and what it times by it.

``test_time_clock``  it keeps time
``test_time``        the times that are reported are those that passed
"""
