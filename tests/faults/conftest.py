"""Pairs of servers for fault tests, and what is asked of them after a fault."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Iterator, Sequence

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

import compare  # noqa: E402  (after the path is set)
import shop  # noqa: E402
import shop_mysql  # noqa: E402
from mysql_server import MySqlServer, is_mysql  # noqa: E402
from servers import PostgresServer, Server, SharedServers, new_server  # noqa: E402
from worker import Task, without_engine  # noqa: E402
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

# Where the ledger, and the position, are kept on a target.
CONTROL = {PostgresServer: "public", MySqlServer: "awsdms_control"}

LEDGER = """SELECT table_schema, table_name, slice, source_count, target_count, snapshot_position, {when}
FROM {control}.godwit_load_slices ORDER BY 1, 2, 3"""


@dataclass
class Pair:
    """Two databases with an application's schema on the source, and the task between them."""

    source: Server
    target: Server
    database: str

    def __post_init__(self) -> None:
        self._tasks: list[Task] = []
        for server in (self.source, self.target):
            server.create_database(self.database)
        if isinstance(self.source, MySqlServer):
            self.source.script(shop_mysql.SCHEMA, self.database)
        else:
            self.source.psql(shop.SCHEMA, self.database)

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.close()

    @property
    def schema(self) -> str:
        """Where the target has the source's tables: a database of one family is a schema of the other."""
        return self.database if isinstance(self.source, MySqlServer) else "public"

    def task(self, **more: Any) -> Task:
        given: dict[str, Any] = {"settings": SETTINGS, **more}
        task = Task(self.source.uri(self.database), self.target.uri(self.database), **given)
        self._tasks.append(task)
        return task

    def writers(self, clients: int = 4) -> Writers:
        works = shop.WORKS
        if isinstance(self.source, MySqlServer):
            works = shop_mysql.WORKS
        elif isinstance(self.target, MySqlServer):  # where no unique key waits for the end of a transaction
            works = [work for work in works if work[1] is not shop.swap_seats]
        return Writers(self.source.uri(self.database), works, clients)

    def on_source(self, sql: str) -> list[tuple[Any, ...]]:
        return self.source.query(sql, self.database)

    def on_target(self, sql: str) -> list[tuple[Any, ...]]:
        return self.target.query(sql, self.database)

    def has_on_target(self, table: str, schema: str = "public") -> bool:
        sql = f"SELECT 1 FROM information_schema.tables WHERE table_schema = '{schema}' AND table_name = '{table}'"
        return bool(self.on_target(sql))

    def ledger(self) -> dict[tuple[str, str, int], tuple[Any, ...]]:
        """The loaded slices. The line's own transaction id, or its time, is part of it: one done again would show."""
        control = CONTROL[type(self.target)]
        if not self.has_on_target("godwit_load_slices", control):
            return {}
        when = "loaded_at" if isinstance(self.target, MySqlServer) else "xmin::text"
        lines = self.on_target(LEDGER.format(control=control, when=when))
        return {(schema, table, slice_): tuple(rest) for schema, table, slice_, *rest in lines}

    def position(self) -> int:
        """Where the target is in the source's log, as a number; 0 before there is a position."""
        control = CONTROL[type(self.target)]
        if not self.has_on_target("awsdms_txn_state", control):
            return 0
        name = "CHECKPOINT" if isinstance(self.target, MySqlServer) else '"CHECKPOINT"'
        rows = self.on_target(f"SELECT {name} FROM {control}.awsdms_txn_state")
        if not rows:
            return 0
        place = rows[0][0].split("#")[2]
        if isinstance(self.source, MySqlServer):  # binlog.000001:0000028090@…
            file, offset = place.split("@")[0].split(":")
            return (int(file.rsplit(".", 1)[1]) << 40) + int(offset)
        high, low = place.split("/")
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
    config.addinivalue_line("markers", "further_pair: the same between other servers, which a slow build leaves out")
    config.addinivalue_line("markers", "memory: measures the worker's memory, which a sanitizer would falsify")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--thorough"):
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="a long run: --thorough"))


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def running() -> Iterator[SharedServers]:
    servers = SharedServers()
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def shared_servers(running: SharedServers) -> tuple[Server, Server]:
    return running.get("15", "source"), running.get("15", "target")


def skip_without_engine(*versions: str) -> None:
    if any(is_mysql(version) for version in versions) and (reason := without_engine("mysql")):
        pytest.skip(reason)


def each_pair(pairs: Sequence[tuple[str, str]]) -> list[Any]:
    """Parameters of a test or fixture; all but the first pair are marked as further ones."""
    marks = [(), *((pytest.mark.further_pair,) for _ in pairs[1:])]
    return [pytest.param(pair, id="-to-".join(pair), marks=mark) for pair, mark in zip(pairs, marks, strict=True)]


def across(*pairs: tuple[str, str], fixture: str = "pair", thorough: tuple[tuple[str, str], ...] = ()) -> Any:
    """Runs a test between these servers: source, target. The `thorough` ones only where long runs are asked for."""
    params = each_pair(pairs)
    params += [pytest.param(pair, id="-to-".join(pair), marks=pytest.mark.thorough) for pair in thorough]
    return pytest.mark.parametrize(fixture, params, indirect=True)


@pytest.fixture
def pair(request: pytest.FixtureRequest, running: SharedServers) -> Iterator[Pair]:
    """For faults of the worker: the servers go on and are shared. Its parameter: the versions of both."""
    versions = getattr(request, "param", ("15", "15"))
    skip_without_engine(*versions)
    source, target = running.get(versions[0], "source"), running.get(versions[1], "target")
    database = f"fault_{next(_numbers)}"
    try:
        with Pair(source, target, database) as made:
            yield made
    finally:
        for server in (source, target):
            server.clear_case(database)


@pytest.fixture
def own_pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """For faults of the servers: they are this test's own, and hold on to what they have committed.

    Its parameter, where a test gives one: the versions of both, or the source's.
    """
    versions = getattr(request, "param", "15")
    source_version, target_version = (versions, "15") if isinstance(versions, str) else versions
    skip_without_engine(source_version, target_version)
    with new_server(source_version, durable=True).start() as source, new_server(
        target_version, identity="target", durable=True
    ).start() as target:
        with Pair(source, target, "fault") as made:
            yield made
