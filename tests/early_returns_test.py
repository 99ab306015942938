#!/usr/bin/env python3
"""TRY is not written inside the braces of an initializer: where it returns from there, g++ leaks the members that were
made before it (base/result.h)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parent.parent
ASIDE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
# What stands before the brace of a block; before any other brace it is an initializer's.
BLOCK = re.compile(r"(^|[;{})]|\b(else|do|try|const|noexcept|override|mutable)|->\s*[\w:<>,\s*&]+|[^:]:)$")


def without_texts(code: str) -> str:
    """Comments and literals blanked, every line where it was."""
    return ASIDE.sub(lambda found: re.sub(r"[^\n]", "_", found[0]) if found[0][0] in "\"R'" else "", code)


def stands_in_braces(code: str, at: int) -> bool:
    depth = 0
    for place in range(at - 1, -1, -1):
        letter = code[place]
        if letter in ")]":
            depth += 1
        elif letter in "([":
            depth = max(0, depth - 1)
        elif depth == 0 and letter == "{":
            return not BLOCK.search(code[:place].rstrip()[-200:])
        elif depth == 0 and letter in ";}":
            return False
    return False


def misplaced() -> Iterator[str]:
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".cpp", ".h") or path.name == "result.h":
            continue
        code = without_texts(path.read_text())
        for found in re.finditer(r"\bTRY\(", code):
            if stands_in_braces(code, found.start()):
                yield f"{path.relative_to(ROOT)}:{code.count(chr(10), 0, found.start()) + 1}: TRY inside braces"


if __name__ == "__main__":
    lines = list(misplaced())
    print("\n".join(lines))
    sys.exit(bool(lines))
