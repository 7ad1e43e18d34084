# SPDX-License-Identifier: MIT
"""Waiting for the end of a process that holds the other end of a pipe or of a pair of sockets."""

import select
import sys

if sys.platform == "darwin":  # its poll() does not tell of an end unless data are waited for, too

    def hung_up(*descriptors: int) -> set[int]:
        """Wait until the other end of one is closed, and return of which; data are left alone."""
        queue = select.kqueue()
        flags = select.KQ_EV_ADD | select.KQ_EV_CLEAR  # data that stay there are told of once
        wanted = [select.kevent(each, select.KQ_FILTER_READ, flags) for each in descriptors]
        while True:
            events = queue.control(wanted, len(wanted))
            wanted = []
            if ended := {each.ident for each in events if each.flags & select.KQ_EV_EOF}:
                return ended

else:

    def hung_up(*descriptors: int) -> set[int]:
        """Wait until the other end of one is closed, and return of which; data are left alone."""
        poll = select.poll()
        for each in descriptors:
            poll.register(each, 0)
        return {descriptor for descriptor, _ in poll.poll()}
