# SPDX-License-Identifier: MIT
"""How a session with a key begins (docs/protocol.md, section 1.8): HELLOs with a tag.

``admission``    the answering side's door: which HELLO is answered, which frame begins a session
``asking_keys``  the asking side's keys, from one HELLO to the next
``greeting``     a HELLO with its tag, and the keys that come of it
``keyring``      the keys of an answering side, and how far the sessions under each have come
"""
