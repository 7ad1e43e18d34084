# SPDX-License-Identifier: MIT
"""Head and tail on two boards, and the gateway between a board and this host.

``test_roles``            both, also where frames get lost between them
``test_roles_answering``  a tail frame by frame: whom it answers, and what
``test_roles_repeating``  how it puts requests together, and repeats answers
``test_roles_gateway``    a gateway record by record
``test_roles_keys``       what either side takes with a key, and what changes nothing
``test_roles_ble``        a tail over BLE, asked by this host
"""
