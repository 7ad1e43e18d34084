# SPDX-License-Identifier: MIT
"""Native interpreters: what runs models, in this process or in one of their own.

``choice``   which interpreter runs a model, and where
``apart``    an interpreter in a process of its own, whose death is an exception
``nursery``  where such processes come from
``worker``   the process from which they are forked
``hang_up``  how one process hears of the end of another
``wire``     what the two say to each other
``native``   the host's interpreter and TensorFlow Lite Micro, as they are
"""
