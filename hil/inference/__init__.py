# SPDX-License-Identifier: MIT
"""What one inference has given, and what it is compared with.

``part``        the part of a model that a board runs
``references``  the ways to run a model that answers are compared with
``judgement``   three judgements: transport, composition, kernel
``completion``  the event that ends an inference
``inference``   the answer, and the time of every stage
"""
