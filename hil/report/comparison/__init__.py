# SPDX-License-Identifier: MIT
"""Two runs side by side, and what has moved beyond noise.

``page``         the page, and the moves in words
``moves``        what has moved: times, messages lost, predictions
``differences``  in what the two runs are not about the same thing
"""
