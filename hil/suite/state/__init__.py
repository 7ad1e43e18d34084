# SPDX-License-Identifier: MIT
"""What requests leave behind on a board: nothing that another could take for its own.

``test_state``          an inference
``test_state_answers``  an answer that cannot be
``test_state_tail``     a second board, in role tail
``test_state_faults``   a failure inside the board
``test_state_figures``  figures that should move do, and those with a known value have it
``test_state_memory``   links and inferences come and go, and leave memory where it was
"""
