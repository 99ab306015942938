#!/usr/bin/env python3
"""Writes godwit(1) to standard output from what the program itself says: manual_page.py PROGRAM.

Each command's section is its --help, so the page cannot differ from it.
"""

from __future__ import annotations

import re
import subprocess
import sys

BACKSLASH, DOT_FIRST = re.compile(r"\\"), re.compile(r"^(?=[.'])", re.MULTILINE)


def roff(text: str) -> str:
    """Text as roff shows it: backslashes, hyphens that people copy, and lines that begin like a request."""
    return DOT_FIRST.sub(r"\\&", BACKSLASH.sub(r"\\e", text).replace("-", r"\-"))


def said_by(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commands_in(overview: str) -> list[str]:
    listed = re.split(r"^subcommands:.*$", overview, flags=re.IGNORECASE | re.MULTILINE)
    if len(listed) < 2:
        raise SystemExit("godwit --help lists no commands")
    return re.findall(r"^  ([a-z]+)\b", listed[1], re.MULTILINE)


def page(program: str) -> str:
    overview = said_by(program, "--help")
    version = said_by(program, "--version")
    parts = [
        f'.TH GODWIT 1 "" "{roff(version)}" "User Commands"',
        ".SH NAME\ngodwit \\- moves databases without stopping them",
        ".SH SYNOPSIS\n.B godwit\n.I COMMAND\n[OPTION ...]",
        ".SH DESCRIPTION\n.nf\n" + roff(overview) + "\n.fi",
    ]
    for command in commands_in(overview):
        parts.append(f".SH GODWIT {command.upper()}\n.nf\n" + roff(said_by(program, command, "--help")) + "\n.fi")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(sys.argv[1]))
