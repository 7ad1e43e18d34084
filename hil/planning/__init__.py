# SPDX-License-Identifier: MIT
"""Where to cut a model: what each legal cut costs, and the best chain of boards.

``sweep``     what has been found out about all cuts of a model, and which are best
``predict``   the same without a board: simulated, from the models of the virtual board
``limits``    what a board can hold
``heads``     TFLM's arena for each head; the tail's time on this host
``choice``    one cut for several links
``calibration``  predicted and measured times of operators
``chain``     the best chain of boards and the edge server: exact
``rivals``    beam search, greedy, first-fit and random-fit, on the same costs
``stages``    these costs for a model
``transfer``  how long an activation is on its way
"""
