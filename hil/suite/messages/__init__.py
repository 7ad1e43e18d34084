# SPDX-License-Identifier: MIT
"""Messages and their answers, over every link.

``test_freshness``   an answer counts for the message that it answers alone
``test_fragments``   messages of every size
"""
