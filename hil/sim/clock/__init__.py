# SPDX-License-Identifier: MIT
"""Simulated time, which never reads the wall clock.

``reaction``   when what the host says departs from it
``host_work``  what the host's work is taken to last
``profile``    what operators take on one board, measured
``cost``       how long the chip takes for a model
``clock``      the queue of events
"""
