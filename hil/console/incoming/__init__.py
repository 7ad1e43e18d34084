# SPDX-License-Identifier: MIT
"""What comes in over a console, from the port to whoever waits for it.

``input``   waiting for it; a panic ends every wait
``intake``  what each line and frame that comes in means for log, health and inbox
``inbox``   what has come and nobody has taken yet
``reader``  the thread that reads the port
``stream``  cuts what arrives into lines and frames
"""
