# SPDX-License-Identifier: MIT
"""What is said to a board's console.

``uploads``   uploads whose every chunk a test decides on
``damage``    what may be wrong with what is uploaded: a model slot's content, an application
``asking``    requests whose refusal is an answer like any other
``requests``  requests that a board must refuse, and how
``raw``       bytes, and all that comes back
"""
