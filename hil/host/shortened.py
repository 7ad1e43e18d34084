# SPDX-License-Identifier: MIT
"""What is too long to be shown, without its middle."""


def shortened(text: str, most: int) -> str:
    """Return a text of at most some ``most`` characters: its beginning and its end."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} [...] {text[-half:]}"
