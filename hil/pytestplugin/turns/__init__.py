# SPDX-License-Identifier: MIT
"""The turns of a test, and what it finds on the board in each.

``turn``      what a test is about is found out, and the boards are made ready for it
``subject``   firmware, model and cut, as fixtures and their overrides give them
``needs``     the marker that names what a test needs of the rig
``links``     the links that concern a test: marker, parameter, option
``grouping``  a test's turns for each combination, and their order
``planned``   what tests are about where nothing is overridden, by matrix and options
``matrix``    the file that says which combinations of firmwares, models and cuts to test
"""
