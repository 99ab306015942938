#!/usr/bin/env python3
"""Who may include whom: checks every #include "…" under src/ against the table GODWIT_LAYERS in cmake/layers.cmake.

Engines are plugs: what lies outside an engine's folder may not include its headers, but for engines/all.cpp, which
lists them, and tests, which may use the memory engine.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def read_layers(cmake: str) -> dict[str, set[str]]:
    """By folder, the folders it may include: the lines "folder:one two" of the table."""
    table = cmake.split("set(GODWIT_LAYERS", 1)[1].split(")", 1)[0]
    return {line.split(":")[0]: set(line.split(":")[1].split()) for line in re.findall(r'"([^"]*:[^"]*)"', table)}


def layer_of(path: str, layers: dict[str, set[str]]) -> str | None:
    """The longest folder of the table that holds the path."""
    return max((folder for folder in layers if path.startswith(folder + "/")), key=len, default="") or None


def complaint(file: str, included: str, layers: dict[str, set[str]]) -> str | None:
    """What is wrong with this include, or nothing. Paths are relative to src/."""
    own, other = layer_of(file, layers), layer_of(included, layers)
    if own is None:
        return "its folder is not in the table GODWIT_LAYERS"
    if other is None:
        return "that file is in no folder of the table GODWIT_LAYERS; write paths from src/"
    if own == other or (file.endswith("_test.cpp") and other == "engines/memory"):
        return None
    if other.startswith("engines/") and file != "engines/all.cpp":
        return f"only engines/all.cpp may include {other}/"
    if other not in layers[own]:
        return f"{own} may include {', '.join(sorted(layers[own])) or 'nothing else'}"
    return None


def check_tree(source: Path, layers: dict[str, set[str]]) -> list[str]:
    complaints = []
    for path in sorted((*source.rglob("*.h"), *source.rglob("*.cpp"))):
        file = path.relative_to(source).as_posix()
        for included in INCLUDE.findall(path.read_text()):
            if why := complaint(file, included, layers):
                complaints.append(f'src/{file}: #include "{included}": {why}')
    return complaints


def check_the_checker() -> None:
    """A test that cannot fail is a defect: each rule refuses what it is there to refuse."""
    layers = read_layers(
        'set(GODWIT_LAYERS\n  "base:"\n  "task:base"\n  "engines:base engines/pg"\n  "engines/pg:base")'
    )
    refused = [
        ("base/a.h", "task/b.h"),
        ("task/a.cpp", "engines/pg/engine.h"),
        ("engines/other.cpp", "engines/pg/engine.h"),
        ("engines/pg/a.cpp", "task/b.h"),
        ("task/a.cpp", "b.h"),
        ("elsewhere/a.cpp", "base/b.h"),
    ]
    allowed = [
        ("task/a.cpp", "base/b.h"),
        ("engines/all.cpp", "engines/pg/engine.h"),
        ("engines/pg/a.h", "engines/pg/b.h"),
    ]
    for file, included in refused:
        assert complaint(file, included, layers), f"{file} may not include {included}"
    for file, included in allowed:
        assert not complaint(file, included, layers), f"{file} may include {included}"


def main() -> int:
    check_the_checker()
    complaints = check_tree(ROOT / "src", read_layers((ROOT / "cmake/layers.cmake").read_text()))
    print("\n".join(complaints) or "every #include keeps to the layers")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
