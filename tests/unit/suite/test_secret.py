# SPDX-License-Identifier: MIT
"""A secret is found in each form in which it may be written down, and nowhere else."""

import base64

import pytest

from hil.suite.helpers.secret import Secret, shown

PASSWORD = "Zq7-wXv3_Kd9"
RAW = PASSWORD.encode()
WORDS = [RAW[i : i + 4][::-1].hex() for i in range(0, len(RAW), 4)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"I (12) wifi: joining net with {PASSWORD}", "as it is"),
        ("the password begins with Zq7-", "as it is"),
        (f"key {PASSWORD[::-1]}", "backwards"),
        (f"key={RAW.hex()}", "in hexadecimal"),
        (f"key={RAW.hex(':').upper()}", "in hexadecimal"),
        (" ".join(f"0x{byte:02x}," for byte in RAW), "in hexadecimal"),
        ("3fc94b10: " + " ".join(f"0x{word}" for word in WORDS), "as words of memory"),
        (base64.b64encode(RAW).decode(), "in base64"),
        (base64.b64encode(b"user:" + RAW + b"!").decode(), "in base64"),
        ("key " + " ".join(map(str, RAW)), "as decimal numbers"),
    ],
)
def test_a_secret_is_found_whatever_its_form(text, form):
    assert shown(text, [Secret(PASSWORD, piece=4)]) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I (12) wifi: joining net",
        "#7 ok act_crc=5a8fed90",
        "> wifi password=...",
        "Zq7 wXv 3_K",
    ],
)
def test_what_shows_no_secret_is_left_alone(text):
    assert shown(text, [Secret(PASSWORD, piece=4)]) == ""


def test_without_a_piece_only_the_whole_gives_it_away():
    secret = Secret("not-a-secret")
    assert shown("that is not-a-secret.", [secret]) == "as it is"
    assert shown("this is no secret, nor not-a-secre", [secret]) == ""


def test_one_of_several_is_enough():
    assert shown("it is hunter22", [Secret(PASSWORD), Secret("hunter22")]) == "as it is"
