# SPDX-License-Identifier: MIT
"""What a source file, a linker script or a library defines for the linker, found by its text.

No preprocessor is run: a definition counts whatever target or option it is for, since a name that
one build of ESP-IDF leaves free is taken in another. So each branch of an ``#if`` is read.
"""

import re
import struct
from pathlib import Path

from checking import ctext

C_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".inc"})
"""Headers too: some of ESP-IDF's are a source file's second half."""
ASSEMBLY_SUFFIXES = frozenset({".S", ".s"})

_TOKEN = re.compile(r"^[ \t]*#[ \t]*(\w*)[^\n]*|^\}|[{};]", re.MULTILINE)
_AGGREGATE = re.compile(r"\b(?:struct|union|enum|class)\b[^()=]*$")
_TRANSPARENT = re.compile(r'\bextern\s*""\s*$|\bnamespace(?:\s+[\w:]+)?\s*$')
_HIDING = re.compile(r"\b(?:static|inline|typedef|using|template|namespace)\b")
_WEAK = re.compile(r"\b(?:\w*weak\w*|\w*WEAK\w*)\b")
_ATTRIBUTE = re.compile(
    r"\b(?:__attribute__|__attribute|__declspec|alignas|_Alignas|asm|__asm__)\b\s*\("
)
_POINTER = re.compile(r"[^()=]+\(\s*\*\s*(?:const\s+)?(\w+)\s*(?:\[[^\]]*\])?\s*\)\s*\(")
_FUNCTION = re.compile(r"\b(\w+)\s*\(")
_VARIABLE = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$")
_LABEL = re.compile(r"^\s*\.glob(?:a)?l\s+([\w$.]+)", re.MULTILINE)
_ASSIGNED = re.compile(r"^\s*(?:PROVIDE(?:_HIDDEN)?\s*\(\s*)?(\w+)\s*=[^=]", re.MULTILINE)
_MACRO = re.compile(r"\s*[A-Z][A-Z0-9_]*\s*(?=\()")
_ALIAS = re.compile(r"\balias\s*\(")


def in_file(path: Path) -> dict[str, bool]:
    """Return the names that the file at `path` defines, and of each whether it is weak.

    Raises:
        OSError: the file cannot be read.
    """
    if path.suffix == ".a":
        return dict.fromkeys(_in_library(path), False)
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix in C_SUFFIXES:
        return in_c(text)
    text = ctext.strip(text)
    if path.suffix in ASSEMBLY_SUFFIXES:
        return {
            name: bool(re.search(rf"\.weak\s+{re.escape(name)}\b", text))
            for name in _LABEL.findall(text)
            if re.search(rf"^\s*{re.escape(name)}\s*:", text, re.MULTILINE)
        }
    return dict.fromkeys(_ASSIGNED.findall(text), False)


def in_c(text: str) -> dict[str, bool]:
    """Return the functions and variables with linkage that C or C++ `text` defines."""
    found: dict[str, bool] = {}
    for statement, has_body in _statements(ctext.strip(text)):
        for name, is_weak in _defined(statement, has_body=has_body):
            found[name] = found.get(name, True) and is_weak
    return found


def _statements(text: str) -> list[tuple[str, bool]]:
    """Split into declarations at file scope: the text up to a body or `;`, and whether a body."""
    found: list[tuple[str, bool]] = []
    depth, begin, held = 0, 0, ""
    branches: list[tuple[int, str]] = []
    for match in _TOKEN.finditer(text):
        token = match[0].lstrip()
        if depth == 0:
            held += text[begin : match.start()]
        begin = match.end()
        if token[0] == "#":
            # Each branch goes on from where the #if was; the last one's end is believed.
            if match[1].startswith("if"):
                branches.append((depth, held))
            elif match[1] in {"else", "elif"} and branches:
                depth, held = branches[-1]
            elif match[1] == "endif" and branches:
                branches.pop()
        elif token == "{":
            if depth == 0 and _TRANSPARENT.search(held):
                held = ""
                continue
            depth += 1
        elif token == "}":
            # In the first column it ends whatever conditional braces have left open.
            depth = (
                0 if match.start() == 0 or text[match.start() - 1] == "\n" else max(depth - 1, 0)
            )
            if depth == 0:
                held += " {} "
                if _is_body(held):
                    found.append((held.replace("{}", ""), True))
                    held = ""
        elif depth == 0:
            found.append((held, False))
            held = ""
    return found


def _is_body(held: str) -> bool:
    before = held.rpartition("{}")[0].replace("{}", " ")
    if not before.strip():
        return True  # the end of extern "C"
    return _plain(before).find("=") < 0 and not _AGGREGATE.search(before) and "(" in before


def _plain(text: str) -> str:
    """Return `text` without what is in parentheses, and without attributes."""
    previous = ""
    while previous != text:
        previous, text = text, re.sub(r"\([^()]*\)", " ", text)
    return text


def _without_attributes(text: str) -> str:
    while match := _ATTRIBUTE.search(text):
        depth = 0
        for position in range(match.end() - 1, len(text)):
            depth += {"(": 1, ")": -1}.get(text[position], 0)
            if depth == 0:
                break
        text = f"{text[: match.start()]} {text[position + 1 :]}"
    return text


def _defined(statement: str, *, has_body: bool) -> list[tuple[str, bool]]:
    bare = _without_attributes(statement)
    is_weak = bool(_WEAK.search(statement))
    if macro := _MACRO.match(bare):
        # What a macro makes is not known; it may have the name of whatever it is given.
        given = ctext.arguments(bare, macro.end())
        names = [each for each in given if re.fullmatch(r"[A-Za-z_]\w*", each)]
        bare = bare[macro.end() :].partition(")")[2]
    else:
        names = []
    if _HIDING.search(bare.split("(")[0] if has_body else bare):
        return [(name, is_weak) for name in names]
    if has_body or _ALIAS.search(statement):
        names += _FUNCTION.findall(bare)[:1]
    else:
        names += _variables(bare)
    return [(name, is_weak) for name in names]


def _variables(declaration: str) -> list[str]:
    is_initialized = "=" in _plain(declaration.replace("{}", " "))
    if re.search(r"\bextern\b", declaration) and not is_initialized:
        return []
    if "(" in declaration.partition("=")[0]:
        # A prototype, a macro's use, or a pointer to functions.
        pointer = _POINTER.match(declaration)
        return [pointer[1]] if pointer else []
    if re.fullmatch(r"\s*(?:const\s+)?(?:struct|union|enum)\s+\w*\s*(?:\{\})?\s*", declaration):
        return []
    names = []
    for number, part in enumerate(re.split(r",(?![^{(\[]*[})\]])", declaration)):
        before = part.partition("=")[0].replace("{}", " ")
        match = _VARIABLE.search(before.strip())
        if match and (number or len(re.findall(r"\w+", before)) > 1):
            names.append(match[1])
    return names


def _in_library(path: Path) -> list[str]:
    """Return the names in a library's index, which `ar` puts first."""
    with path.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            return []
        header = file.read(60)
        if len(header) < 60 or header[:16].rstrip() != b"/":
            return []
        index = file.read(int(header[48:58]))
    (count,) = struct.unpack(">I", index[:4])
    return [name.decode() for name in index[4 + 4 * count :].split(b"\0")[:count]]
