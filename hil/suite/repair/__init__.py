# SPDX-License-Identifier: MIT
"""What the air does to frames, and how that is made good.

``test_repair``          frames that are lost, doubled, late or altered show in no result
``test_repair_asking``   a head frame by frame: what it sends again, and what it says has come
``test_repair_timers``   and when
"""
