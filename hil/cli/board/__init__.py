# SPDX-License-Identifier: MIT
"""Commands that talk to one board.

``flash``      writes firmware and model, by esptool
``update``     the same through the board's console
``run``        classifies photos end to end
``rtt``        measures round trips
``calibrate``  measures what operators take
``monitor``    shows the console, and types into it
"""
