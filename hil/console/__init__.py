# SPDX-License-Identifier: MIT
"""Talking to a board over its console.

``transfer``       images and updates to the board, tensors from it
``upload``         bytes on their way, in acknowledged chunks
``upload_window``  which of them may go, and how long word may take
``exchange``       a request that is answered by a number, and its closing event
``refusal``        what an event means that says no
``info``           what a board says of itself
``memory``         what it says of its memory
``contradiction``  what docs/protocol.md does not allow, as an error
``console``        requests and events: the object that all others use
``lines``          waiting for a line that is wanted
``kept``           the last of what has come, so much at most
``fault``          what went wrong, as an exception with log and backtrace
``health``         follows the board through resets, line by line
``log``            what has come and gone

Its wing: ``incoming``, what comes in, from the port to whoever waits for it.
"""
