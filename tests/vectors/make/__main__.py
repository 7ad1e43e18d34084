# SPDX-License-Identifier: MIT
"""Writes the vectors: ``python tests/vectors/make [DIRECTORY]``, by default beside this one.

The values come from the tables of docs/protocol.md by way of ``struct``, ``zlib`` and ``hashlib``
alone; nothing of ``hil`` is imported, so that the vectors judge both implementations.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from arq import arq_lines
from auth import auth_lines
from console import chunk_lines, cobs_lines, crc_lines, input_lines, line_lines
from frames import header_lines, message_lines, tcp_lines
from payloads import ack_lines, error_lines, hello_lines, result_lines, topk_lines
from slots import slot_lines

TARGET = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]


def write(name: str, comment: str, lines: Iterable[str]) -> None:
    head = "".join(
        f"# {line}\n" for line in ("Written by tests/vectors/make.", *comment.splitlines())
    )
    (TARGET / name).write_text(head + "".join(f"{line}\n" for line in lines), encoding="ascii")


def main() -> None:
    """Writes every file."""
    write("crc.txt", "crc16|crc32 <bytes> <value>", crc_lines())
    write(
        "cobs.txt",
        "<plain> <encoded without the zero delimiters>\nbad <not an encoding of anything>",
        cobs_lines(),
    )
    write(
        "header.txt",
        "<version> <type> <flags> <session> <message> <index> <count> <header>; numbers in hex\n"
        "bad <header> <length|magic|version|type|flags|count|index>",
        header_lines(),
    )
    write(
        "message.txt",
        "<type> <flags> <session> <message> <model id> <fragment length> <payload> <frame>...\n"
        "numbers in hex; a frame is header and fragment",
        message_lines(),
    )
    write(
        "tcp.txt",
        "<type> <flags> <session> <message> <model id> <payload> <stream with its prefix>\n"
        "bad <stream, for a receiver whose largest frame is 0x1000> <prefix|crc|length|count>",
        tcp_lines(),
    )
    write(
        "hello.txt",
        "<role> <data type> <frame limit> <tensor size> <classes> <payload>; numbers in hex\n"
        "bad <payload> <length|role|dtype>",
        hello_lines(),
    )
    write(
        "ack.txt",
        "<base> <low half of the window> <high half> <payload>; numbers in hex\n"
        "bad <payload> length",
        ack_lines(),
    )
    write(
        "arq.txt",
        "Selective repeat, event by event; times in us, 0x before hexadecimal numbers\n"
        "peer                        another peer: nothing is measured yet\n"
        "ask <time> <fragments>      the asking side begins a request\n"
        "answer <fragments>          the answering side begins an answer\n"
        "ack|poll <time> <base> <window>, timer <time>, end\n"
        "fragment <time> <0|1>       a new one of the answer, 1 if it came at once\n"
        "out <time> <index>...       all that goes out; ? behind it means ACK_REQUESTED\n"
        "take <time> <index>...      what the link takes of it, and something is left\n"
        "deadline|rto|state|resent|polls <value>   what holds then; - for none",
        arq_lines(),
    )
    write(
        "auth.txt",
        "id <key> <what info says of it>\n"
        "keys <key> <session> <asking nonce> <answering nonce> <greeting key> <session key>\n"
        "frames <key> <type> <flags> <session> <message> <model id> <fragment length> <payload>\n"
        "<frame>...; numbers in hex. The key is the one of tag and check; HELLO has no check.",
        auth_lines(),
    )
    write(
        "result.txt",
        "<data type> <classes> <class:score,...> <activation crc> <total us> <invoke us>\n"
        "<output length> <output crc> <output that follows> <payload>; numbers in hex,\n"
        "scores as the 32 bits on the wire\n"
        "bad <payload> <length|k|dtype|crc>",
        result_lines(),
    )
    write("error.txt", "<code> <text> <payload>\nbad <payload> <length|utf8>", error_lines())
    write(
        "topk.txt",
        "<data type> <elements, little-endian> <class:score>... (the best five, in hex)",
        topk_lines(),
    )
    write(
        "line.txt",
        "request|typed <line> <number or -> <verb> <key=value>...   host to board; values in hex\n"
        "bad-request <line> <code of the refusal>\n"
        "answer|refusal|event <line> <number or -> <word> <key=value>...   board to host\n"
        "log <line> <level> <milliseconds> <tag> <text>\n"
        "noise <line that is none of these, or whose CRC fails>\n"
        "Lines are hex, without their ending; request lines are what a program writes.",
        line_lines(),
    )
    write(
        "input.txt",
        "<bytes|pause>... : <line=bytes|frame=bytes|long|bad>...\n"
        "what a board makes of its input; pause: the line is silent for 500 ms",
        input_lines(),
    )
    write(
        "chunk.txt",
        "<type> <offset> <data> <payload> <payload in COBS>; numbers in hex\n"
        "bad <payload in COBS> <length|crc>",
        chunk_lines(),
    )
    write(
        "slot.txt",
        "<role> <model id> <flatbuffer> <SHA-256 of the full model> <input> <output> <classes>\n"
        "<name> <cut> <header>; numbers in hex; a tensor is\n"
        "<data type>:<dimensions>:<bits of the scale>:<zero point, decimal>:<bytes>;\n"
        "a header is its bytes 0 to 355, 00*3736, its CRC\n"
        "bad <code> <flatbuffer> <header>: one defect each",
        slot_lines(),
    )


if __name__ == "__main__":
    main()
