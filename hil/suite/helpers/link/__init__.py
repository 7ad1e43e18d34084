# SPDX-License-Identifier: MIT
"""A board's link, and who is at its other end.

``ending``     an edge server that may end, and what a board says of ends
``cutting``    how a message must be cut, and what that costs
``scripting``  fixtures: a link, and a tail's side that says what a test tells it
``replies``    what it may say, right and wrong
``line``       a link that is opened to somebody, asked, and timed by the board
``linking``    a link as it was before
"""
