# SPDX-License-Identifier: MIT
"""JUnit's file has the serial log of a test that failed, as ``system-out``."""

from xml.etree import ElementTree

import pytest
from _pytest.junitxml import LogXML, bin_xml_escape

from hil.pytestplugin.outcomes.logfiles import TITLE


def attach_log(xml: LogXML | None, report: pytest.TestReport) -> None:
    """Put the log that a report has into its test case, before pytest closes that.

    Args:
        xml: what writes the file; None where none is written.
        report: of a phase that failed.
    """
    sections = [(name, text) for name, text in report.sections if name.startswith(TITLE)]
    if xml is None or not sections:
        return
    told = "\n".join(f"{name}\n{text}" for name, text in sections)
    element = ElementTree.Element("system-out")
    element.text = bin_xml_escape(told)
    xml.node_reporter(report).append(element)
