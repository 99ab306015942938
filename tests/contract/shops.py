"""The small shop of the fault tests, moved through the API while its application goes on writing."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))

import compare  # noqa: E402  (after the path is set)
import shop  # noqa: E402
import shop_mysql  # noqa: E402
from godwit_server import GodwitServer  # noqa: E402
from mysql_server import MySqlServer  # noqa: E402
from runbook import Runbook, select  # noqa: E402
from servers import PostgresServer, Server, SharedServers  # noqa: E402
from writers import Writers  # noqa: E402

# Small slices, so that a fault finds a load under way, and quick retries, so that tests do not wait.
SETTINGS = {
    "FullLoadSettings": {"MaxFullLoadSubTasks": 3},
    "ErrorBehavior": {
        "RecoverableErrorInterval": 1,
        "RecoverableErrorThrottlingMax": 2,
        "RecoverableErrorStopRetryAfterThrottlingMax": False,
    },
    "Logging": {"EnableLogging": True},
    "Godwit": {"SliceMB": 1},
}

# Members of TableStatistics that count and never go back but by a fresh start or a reload.
LOADED, COMPLETED = "FullLoadRows", "Table completed"
COUNTERS = (
    LOADED,
    "Inserts",
    "Updates",
    "Deletes",
    "AppliedInserts",
    "AppliedUpdates",
    "AppliedDeletes",
)

Counts = dict[tuple[str, str], dict[str, int]]

_marks = itertools.count(1)


class Shop:
    """A database on each side with the shop on the source, and one task between them."""

    def __init__(self, servers: SharedServers, version: str, database: str) -> None:
        self.source: Server = servers.get(version, "source")
        self.target: Server = servers.get("15", "target")
        self.database = database
        self.task = ""
        for server in (self.source, self.target):
            server.create_database(database)
        if isinstance(self.source, MySqlServer):
            self.source.script(shop_mysql.SCHEMA, database)
        else:
            self.source.psql(shop.SCHEMA, database)

    @property
    def schema(self) -> str:
        return self.database if isinstance(self.source, MySqlServer) else "public"

    def begin(self, book: Runbook, kind: str = "full-load-and-cdc", settings: dict[str, Any] | None = None) -> Shop:
        """Its endpoints and its task, not started."""
        suffix = "-" + self.database.replace("_", "-")
        ends = [
            book.endpoint(side, server, self.database, suffix)
            for side, server in (("source", self.source), ("target", self.target))
        ]
        mappings = {"rules": select(self.schema)}
        self.task = book.task(self.database.replace("_", "-"), ends, kind, mappings, {**SETTINGS, **(settings or {})})
        return self

    def writers(self, clients: int = 2) -> Writers:
        works = shop_mysql.WORKS if isinstance(self.source, MySqlServer) else shop.WORKS
        return Writers(self.source.uri(self.database), works, clients)

    def on_target(self, sql: str) -> list[tuple[Any, ...]]:
        assert isinstance(self.target, PostgresServer)
        return self.target.query(sql.format(schema=self.schema), self.database)

    def has(self, name: str) -> bool:
        return bool(self.on_target(f"SELECT 1 FROM {{schema}}.parents WHERE name = '{name}'"))

    def mark(self) -> str:
        """A row on the source; when the target has it, it has every transaction before it."""
        name = f"mark {next(_marks)}"
        sql = f"INSERT INTO parents (name) VALUES ('{name}')"
        if isinstance(self.source, MySqlServer):
            self.source.script(sql, self.database)
        else:
            self.source.psql(sql, self.database)
        return name

    def catch_up(self, timeout_s: float = 60) -> None:
        """Until the target has all that was committed before."""
        name = self.mark()
        Runbook.until(lambda: self.has(name), timeout_s, f"{self.database} to catch up")

    def assert_equal(self) -> None:
        lines = compare.table_differences(self.source.uri(self.database), self.target.uri(self.database))
        assert not lines, "\n".join(lines)

    def counts(self, book: Runbook) -> Counts:
        """Of a table that is not loaded yet FullLoadRows stands at 0: what a dead worker had not committed is no row."""
        return {
            table: {name: int(row[name]) if name != LOADED or row["TableState"] == COMPLETED else 0 for name in COUNTERS}
            for table, row in book.statistics(self.task).items()
        }


def assert_continue(before: Counts, after: Counts) -> None:
    """No table was forgotten, and nothing was counted back."""
    assert before.keys() <= after.keys(), before.keys() - after.keys()
    lower = [
        f"{'.'.join(table)} {name}: {counts[name]}, then {after[table][name]}"
        for table, counts in before.items()
        for name in COUNTERS
        if after[table][name] < counts[name]
    ]
    assert not lower, "\n".join(lower)


def worker_of(server: GodwitServer, task: str) -> int:
    """The process that runs the task; 0: there is none."""
    lock = server.data / "tasks" / task.rsplit(":", 1)[1] / "worker.lock"
    text = lock.read_text().strip() if lock.exists() else ""
    if not text:
        return 0
    command = Path(f"/proc/{text}/cmdline")
    try:
        return int(text) if b"godwit" in command.read_bytes() else 0
    except OSError:
        return 0


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
