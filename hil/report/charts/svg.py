# SPDX-License-Identifier: MIT
"""Elements of SVG and HTML: what is put into one is escaped, unless it is an element itself."""

from markupsafe import Markup, escape

from hil.host.printable import printable

KEPT = "\n\t"
"""Control characters that may be shown as they are."""


def text(value: object) -> Markup:
    """Return words as markup, with what is not to be seen as an escape."""
    return value if isinstance(value, Markup) else escape(printable(str(value), KEPT))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: of its tag.
        children: elements, or words.
        attributes: ``class_`` for ``class``, ``text_anchor`` for ``text-anchor``; None leaves one
            out, and numbers are rounded to hundredths.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{''.join(map(text, children))}</{name}>")


def _value(value: object) -> Markup:
    if isinstance(value, float):
        return Markup(f"{value:.2f}".rstrip("0").rstrip("."))
    return text(value)
