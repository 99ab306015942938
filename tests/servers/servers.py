#!/usr/bin/env python3
"""Throwaway servers: PostgreSQL by its major version, or mariadb, mysql8, mysql57.

As a module:   with new_server("15") as server: server.query("CREATE TABLE …")
By hand:       servers.py start --version 18           prints the URI and the folder, and leaves the server running
               servers.py stop FOLDER
               servers.py run --source mariadb --target 18 -- ctest …     two servers for the life of one command
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Iterable, Mapping

import mysql_server
import postgres_server
from mysql_server import MySqlServer, is_mysql
from postgres_server import (  # noqa: F401  (tests take them from here)
    PASSWORD,
    PASSWORD_USER,
    PostgresServer,
    client,
    has_pglogical,
    pglogical_settings,
)
from processes import wait_until
from workplace import workplace

VERSIONS = (*postgres_server.VERSIONS, *mysql_server.VERSIONS)
Server = PostgresServer | MySqlServer


def new_server(
    version: str,
    *,
    identity: str = "source",
    durable: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Server:
    """Not yet started."""
    if version not in VERSIONS:
        raise ValueError(f"there is no server named {version}; there are: {', '.join(VERSIONS)}")
    kind: type[PostgresServer] | type[MySqlServer] = MySqlServer if is_mysql(version) else PostgresServer
    return kind(version, identity=identity, durable=durable, settings=settings)


class SharedServers:
    """Servers that tests share, started when first asked for."""

    def __init__(self) -> None:
        self._servers: dict[tuple[str, str], Server] = {}

    def get(self, version: str, identity: str) -> Server:
        if (version, identity) not in self._servers:
            self._servers[version, identity] = new_server(version, identity=identity).start()
        return self._servers[version, identity]

    def close(self) -> None:
        for server in self._servers.values():
            server.close()


# --- command line ---


def _start(arguments: argparse.Namespace) -> int:
    settings = dict(pair.split("=", 1) for pair in arguments.set)
    server = new_server(arguments.version, identity=arguments.identity, durable=True, settings=settings).start()
    print(json.dumps({"uri": server.uri(), "folder": str(server.folder), "pid": server.pid}))
    workplace.leave_behind()
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.folder
    for pid_file, stop in ((folder / "data/postmaster.pid", signal.SIGINT), (folder / "pid", signal.SIGTERM)):
        if pid_file.exists():
            pid = int(pid_file.read_text().split()[0])
            os.kill(pid, stop)
            wait_until(lambda: not pid_file.exists(), 60, f"server {pid} to stop")
    shutil.rmtree(folder.parent)
    return 0


def _with_servers(arguments: argparse.Namespace) -> int:
    with ExitStack() as running:
        source = running.enter_context(new_server(arguments.source))
        target = running.enter_context(new_server(arguments.target, identity="target"))
        ends = {"GODWIT_TEST_SOURCE_URI": source.uri(), "GODWIT_TEST_TARGET_URI": target.uri()}
        if not is_mysql(arguments.source) and has_pglogical(arguments.source):
            # A server of its own: while the extension is preloaded, DROP DATABASE takes minutes.
            settings = {**pglogical_settings(arguments.source), "max_worker_processes": "100"}
            other = running.enter_context(PostgresServer(arguments.source, settings=settings))
            ends["GODWIT_TEST_PGLOGICAL_URI"] = other.uri()
        return subprocess.run(arguments.command, env={**os.environ, **ends}, check=False).returncode


def main(words: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    start = commands.add_parser("start", help="start a server and leave it running")
    start.add_argument("--version", default="15", choices=VERSIONS)
    start.add_argument("--identity", default="source", choices=("source", "target"))
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the server")
    start.set_defaults(work=_start)
    stop = commands.add_parser("stop", help="stop a server that start left, and remove its folder")
    stop.add_argument("folder", type=Path)
    stop.set_defaults(work=_stop)
    run = commands.add_parser("run", help="run a command with GODWIT_TEST_SOURCE_URI and GODWIT_TEST_TARGET_URI set")
    run.add_argument("--source", default="15", choices=VERSIONS)
    run.add_argument("--target", default="15", choices=VERSIONS)
    run.add_argument("command", nargs="+")
    run.set_defaults(work=_with_servers)
    arguments = parser.parse_args(words if words is None else list(words))
    return int(arguments.work(arguments))


if __name__ == "__main__":
    sys.exit(main())
