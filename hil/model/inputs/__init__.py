# SPDX-License-Identifier: MIT
"""What models infer on: from files, photos, arrays and sound to input tensors.

``conversion``     anything that an input can be made of, as a tensor of one model
``tensors``        arrays, raw bytes and sound
``photo``          from a photo to an input tensor, by Pillow
``photos``         the default photos, or any directory of images
``samples``        files with inputs, and the directories that hold them
``scaling``        from a photo's pixels to real values, and to an input's elements
``preprocessing``  what users and manifests say about how a photo becomes an input
"""
