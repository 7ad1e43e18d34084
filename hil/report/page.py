# SPDX-License-Identifier: MIT
"""One self-contained page: a template of this package, with style and script, and nothing else.

Whatever a template is given is escaped; of text, characters that are not to be seen are shown as
escapes (:func:`hil.host.printable.printable`). The page's Content-Security-Policy lets its own
style and script work, by their hashes, and images that are in the page; it reaches nothing else.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hil.host.printable import printable
from hil.report.charts.svg import KEPT
from hil.version import __version__

_HERE = Path(__file__).parent
_ASSETS = _HERE / "assets"


def render(template: str, /, **values: object) -> str:
    """Return a page.

    Args:
        template: file name in ``templates``; it extends ``base.html``.
        values: what it is given; markup (:class:`markupsafe.Markup`) is not escaped again.
    """
    style, script = _asset("page.css"), _asset("page.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            hil_version=__version__,
            **values,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit_to_be_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fit_to_be_shown(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value, KEPT)
    return value


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
