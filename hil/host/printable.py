# SPDX-License-Identifier: MIT
"""What other people named, made fit to be shown.

A file name may be no UTF-8, or hold what a terminal obeys. It is shown with such characters as
escapes, on one line; files keep the name itself.
"""


def printable(text: str, keep: str = "") -> str:
    r"""Return a text with everything that is not to be seen as an escape.

    Args:
        text: a name, or a sentence with one; bytes that are no UTF-8 as Python keeps them.
        keep: characters to leave as they are, such as a newline.

    Returns:
        the same text if all of it can be seen; else ``\x1b``, ``\u202e`` and the like in place of
        control and format characters, ``\xfc`` of bytes that are no UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in keep else _escape(each) for each in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is no UTF-8
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
