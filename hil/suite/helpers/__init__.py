# SPDX-License-Identifier: MIT
"""What several of the suite's tests are made with.

``air``         frame by frame on the air: heads and tails that a test plays
``link``        a link that is opened to somebody, asked and ended
``console``     requests, uploads and bytes to a console
``shots``       photos inferred, each judged while the board has the next
``countdown``   how many of them are done, and how long the rest will take
``answers``     what a board is to compute for each image
``undisturbed``  inferences in trouble beside those that nothing disturbed
``memory_log``  what a board has had free in the course of a session
``timing``      the board's clock beside others
``secret``      forms in which a password may be shown
``expecting``   what is compared, and named by a symptom
"""
