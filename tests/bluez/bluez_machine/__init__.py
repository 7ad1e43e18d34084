# SPDX-License-Identifier: MIT
"""A machine with the real BlueZ, in QEMU, whose Bluetooth adapter is a controller of the lab.

From the ground up: ``errors`` what can be wrong with it; ``cpio`` the archive that a kernel takes
as its first root; ``debian`` the packages; ``kernel`` its modules; ``programs`` with their
libraries; ``image`` all of it in one file, which ``init`` sets going; ``qmp`` QEMU's monitor;
``qemu`` the process; ``machine`` what the tests use. Beside it: ``echo_board`` a board for it to
find; ``host`` the product's link to that, and ``victim`` one to be killed; ``runs`` of the whole
product.
"""
