# SPDX-License-Identifier: MIT
"""What the split predicts, against other predictions of the same photos.

``test_exactness``   as the full model, bit for bit
``test_agreement``   how often as other kernels, and as the float model
``test_accuracy``    how often it is right
``test_classes``     equal scores and more than 256 classes
"""
