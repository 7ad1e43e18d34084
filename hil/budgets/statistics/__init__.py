# SPDX-License-Identifier: MIT
"""What can be said of percentiles, shares and shifts from a number of rounds; pure."""
