"""Every option of the command line that a message names has a word for callers of the API (control/api_words.h)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
# Layers whose messages reach callers of the API; app/ speaks to the command line alone.
FOLDERS = ("base", "data", "mapping", "engine", "engines", "task", "check")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
# What the command line alone meets, or another program's.
OTHERS = {"--verify-binlog-checksum", "--finish", "--list", "--force", "--source", "--target"}


def options_in_messages() -> dict[str, Path]:
    found = {}
    for folder in FOLDERS:
        for path in sorted((SRC / folder).rglob("*.cpp")):
            if path.stem.endswith("_test"):
                continue
            for text in TEXT.findall(path.read_text()):
                found.update(dict.fromkeys(OPTION.findall(text), path))
    return found


def main() -> int:
    known = set(OPTION.findall((SRC / "control/api_words.cpp").read_text())) | OTHERS
    found = options_in_messages()
    unknown = {option: path for option, path in found.items() if option not in known}
    for option, path in unknown.items():
        print(f"{path.relative_to(SRC)} names {option}, for which control/api_words.cpp has no word", file=sys.stderr)
    if "--restart" not in found:
        print("no message names --restart: the search does not find what it looks for", file=sys.stderr)
        return 1
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
