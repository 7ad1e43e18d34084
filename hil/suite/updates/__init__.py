# SPDX-License-Identifier: MIT
"""Updates over the console, and what is on the flash behind them.

``test_updates``         refused, broken off or out of order: the old one runs
``test_updates_slots``   a model slot that is not sound is named, and not used
``test_updates_trials``  what has been uploaded is tried, and then left again or kept
``test_updates_faults``  a flash that fails: what runs stays
"""
