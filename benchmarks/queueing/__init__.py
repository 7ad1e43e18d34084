# SPDX-License-Identifier: MIT
"""Queueing of sessions in front of a farm of boards, as discrete events; farm_queue.py prints it.

- ``sizing``: the most sessions that so many boards carry, the fewest boards for so many sessions
- ``farm``: sessions that wait for boards, have them, break them and give them back
- ``wanting``: when sessions come over working days
- ``suite``: how long one session has its boards, from what a run has measured
"""
