"""Pairs of servers for fault tests, and what is asked of them after a fault."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

import compare  # noqa: E402  (after the path is set)
import shop  # noqa: E402
from servers import PostgresServer  # noqa: E402
from worker import Task  # noqa: E402
from writers import Writers  # noqa: E402

# Small slices and quick retries, so that faults find something to hit and tests do not wait.
SETTINGS = {
    "FullLoadSettings": {"MaxFullLoadSubTasks": 3},
    "ErrorBehavior": {
        "RecoverableErrorInterval": 1,
        "RecoverableErrorThrottlingMax": 2,
        "RecoverableErrorStopRetryAfterThrottlingMax": False,
    },
    "Godwit": {"SliceMB": 1},
}

LEDGER = """SELECT table_schema, table_name, slice, source_count, target_count, snapshot_position, xmin::text
FROM godwit_load_slices ORDER BY 1, 2, 3"""


@dataclass
class Pair:
    """Two databases with an application's schema on the source, and the task between them."""

    source: PostgresServer
    target: PostgresServer
    database: str

    def __post_init__(self) -> None:
        self._tasks: list[Task] = []
        for server in (self.source, self.target):
            server.create_database(self.database)
        self.source.psql(shop.SCHEMA, self.database)

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.close()

    def task(self, **more: Any) -> Task:
        given: dict[str, Any] = {"settings": SETTINGS, **more}
        task = Task(self.source.uri(self.database), self.target.uri(self.database), **given)
        self._tasks.append(task)
        return task

    def writers(self, clients: int = 4) -> Writers:
        return Writers(self.source.uri(self.database), shop.WORKS, clients)

    def on_source(self, sql: str) -> list[tuple[Any, ...]]:
        return self.source.query(sql, self.database)

    def on_target(self, sql: str) -> list[tuple[Any, ...]]:
        return self.target.query(sql, self.database)

    def has_on_target(self, table: str) -> bool:
        return bool(self.on_target(f"SELECT to_regclass('{table}') IS NOT NULL")[0][0])

    def ledger(self) -> dict[tuple[str, str, int], tuple[Any, ...]]:
        """The loaded slices. The line's own transaction id is part of it: a slice done again would show."""
        if not self.has_on_target("godwit_load_slices"):
            return {}
        return {(schema, table, slice_): tuple(rest) for schema, table, slice_, *rest in self.on_target(LEDGER)}

    def position(self) -> int:
        """Where the target is in the source's log, as a number; 0 before there is a position."""
        if not self.has_on_target("awsdms_txn_state"):
            return 0
        rows = self.on_target('SELECT "CHECKPOINT" FROM awsdms_txn_state')
        if not rows:
            return 0
        high, low = rows[0][0].split("#")[2].split("/")
        return (int(high, 16) << 32) + int(low, 16)

    def assert_equal(self) -> None:
        ends = self.source.uri(self.database), self.target.uri(self.database)
        lines = compare.table_differences(*ends)
        assert not lines, "\n".join(lines)

    def assert_ends_equal(self, task: Task, *arguments: str) -> None:
        """The writers are quiet: the backlog is drained, both sides hold the same, the source is left clean."""
        outcome = task.catch_up("--finish", *arguments)
        assert outcome.code == 0, str(outcome)
        self.assert_equal()
        left = compare.leftovers(self.source.uri(self.database))
        assert not left, left


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="also the long runs")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thorough: a long run, only with --thorough")
    config.addinivalue_line("markers", "memory: measures the worker's memory, which a sanitizer would falsify")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--thorough"):
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="a long run: --thorough"))


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    with PostgresServer().start() as source, PostgresServer(identity="target").start() as target:
        yield source, target


@pytest.fixture
def pair(shared_servers: tuple[PostgresServer, PostgresServer]) -> Iterator[Pair]:
    """For faults of the worker: the servers go on and are shared."""
    source, target = shared_servers
    database = f"fault_{next(_numbers)}"
    try:
        with Pair(source, target, database) as made:
            yield made
    finally:
        for server in shared_servers:
            server.drop_database(database)


@pytest.fixture
def own_pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """For faults of the servers: they are this test's own, and hold on to what they have committed.

    Its parameter, where a test gives one, is the source's version.
    """
    with PostgresServer(getattr(request, "param", "15"), durable=True).start() as source, PostgresServer(
        identity="target", durable=True
    ).start() as target:
        with Pair(source, target, "fault") as made:
            yield made
