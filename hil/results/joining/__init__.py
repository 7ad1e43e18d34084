# SPDX-License-Identifier: MIT
"""The documents of several workers, each with boards of its own, as one. Pure.

``join``      one document of several
``naming``    which boards are the same, and what each is called in the whole
``contents``  which contents of boards are the same, likewise
``photos``    a photo that several boards have had counts once
``whole``     what is judged of all boards' photos together
``rows``      rows of documents as the records that they were
"""

from hil.results.joining.join import join

__all__ = ["join"]
