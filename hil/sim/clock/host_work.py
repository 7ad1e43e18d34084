# SPDX-License-Identifier: MIT
"""Simulated time that the host takes: stated constants, so that no simulated figure depends on it.

A tail of 90 M multiply-accumulates takes a desktop CPU with optimized kernels about as long.
"""

TOTAL_US = 5_000
"""From an activation's arrival at the host to its answer's departure."""

INVOKE_US = 4_800
"""The part of it that the tail takes."""

TURNAROUND_US = 100
"""For anything but an inference."""
