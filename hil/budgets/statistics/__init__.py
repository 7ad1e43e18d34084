# SPDX-License-Identifier: MIT
"""What can be said of percentiles, shares and shifts from a number of rounds; pure.

``bounds``      of percentiles and shares, for a settled number of rounds or one that grows
``ranks``       which sorted values they are, and how many rounds it takes
``dependence``  how many independent rounds a series is worth, and whether it drifts
``rank_sum``    two samples: Mann and Whitney, Hodges and Lehmann
``beta``        the incomplete beta function

docs/budgets.md explains the method; tests/unit/budgets/statistics holds it against SciPy.
"""
