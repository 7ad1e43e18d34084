# SPDX-License-Identifier: MIT
"""ESP-NOW of a virtual board.

``espnow``  what the firmware's port makes of the driver
``driver``  ESP-IDF's driver as an application sees it
``medium``  the air: one frame at a time on each channel
"""
