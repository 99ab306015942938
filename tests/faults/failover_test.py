"""The source goes, and a replica of it is promoted: the task goes on there by GTID, and nothing is lost or doubled."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Iterator

import pytest

import compare
from conftest import CONTROL, SETTINGS, skip_without_engine
from mysql_server import MySqlServer
from processes import wait_until
from servers import PostgresServer
from worker import Outcome, Task

REPLICA = {"log_slave_updates": "ON", "relay_log": "relay"}
SCHEMA = """
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int NOT NULL);
CREATE TABLE twins (v int);
INSERT INTO t (v) VALUES (1), (2), (3);
INSERT INTO twins VALUES (1), (1);"""
CHANGE = """
UPDATE t SET v = v + 1;
INSERT INTO t (v) VALUES ({n}), ({n});
INSERT INTO twins VALUES ({n});
DELETE FROM twins WHERE v = {n} - 1 LIMIT 1;"""


def follow(replica: MySqlServer, primary: MySqlServer) -> None:
    by = "MASTER_USE_GTID = slave_pos" if replica.version == "mariadb" else "MASTER_AUTO_POSITION = 1"
    replica.query(f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port}, MASTER_USER = 'root', {by}")
    replica.query("START SLAVE")


def wait_for_replica(replica: MySqlServer, primary: MySqlServer) -> None:
    def sums(server: MySqlServer) -> object:
        return server.query("SELECT count(*), sum(v), max(id) FROM t", "fault") + server.query("SELECT sum(v) FROM twins", "fault")

    wait_until(lambda: sums(replica) == sums(primary), 30, "the replica to follow")


def promote(replica: MySqlServer) -> None:
    replica.query("STOP SLAVE")
    replica.query("RESET SLAVE ALL")


@dataclass
class Stage:
    """A primary, its replica and a target, with rows that went through the primary."""

    running: ExitStack
    version: str

    def __post_init__(self) -> None:
        self.primary, self.replica = (
            self.running.enter_context(MySqlServer(self.version, settings=REPLICA)) for _ in range(2)
        )
        self.target = self.running.enter_context(PostgresServer(identity="target"))
        self.target.create_database("fault")
        follow(self.replica, self.primary)
        self.primary.create_database("fault")
        self.primary.script(SCHEMA, "fault")

    def task_at(self, server: MySqlServer) -> Task:
        ends = f"{server.uri('fault')}?GtidCluster=shop", self.target.uri("fault")
        return self.running.enter_context(Task(*ends, settings=SETTINGS))


@pytest.fixture(params=["mariadb", "mysql8"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    skip_without_engine(request.param)
    with ExitStack() as running:
        yield Stage(running, request.param)


def test_the_task_goes_on_at_a_promoted_replica(stage: Stage) -> None:
    primary, replica, target = stage.primary, stage.replica, stage.target

    def assert_went_on(outcome: Outcome) -> None:
        assert outcome.code == 0, outcome
        ends = replica.uri("fault"), target.uri("fault")
        assert not compare.table_differences(*ends)
        assert target.query(f"SELECT count(*) FROM {CONTROL[PostgresServer]}.godwit_parked", "fault") == [(0,)]

    run = stage.task_at(primary).start()
    wait_until(lambda: "Replication has started" in run.log(), 60, "the load")
    primary.script(CHANGE.format(n=2), "fault")
    wait_until(lambda: target.query("SELECT count(*) FROM fault.t", "fault") == [(5,)], 30, "the changes")
    run.kill()
    # What the task has not read yet is on both: in files of other names and places.
    for _ in range(3):
        replica.query("FLUSH BINARY LOGS")
    primary.script(CHANGE.format(n=3), "fault")
    wait_for_replica(replica, primary)
    primary.kill()
    promote(replica)
    replica.script(CHANGE.format(n=4), "fault")
    assert_went_on(stage.task_at(replica).catch_up())
    replica.script(CHANGE.format(n=5), "fault")
    assert_went_on(stage.task_at(replica).catch_up())


def test_a_replica_that_lacks_what_was_applied_is_refused(stage: Stage) -> None:
    primary, replica, target = stage.primary, stage.replica, stage.target
    first = stage.task_at(primary)
    assert first.catch_up().code == 0
    wait_for_replica(replica, primary)
    promote(replica)
    primary.script(CHANGE.format(n=2), "fault")
    assert first.catch_up().code == 0
    primary.kill()
    replica.script(CHANGE.format(n=7), "fault")
    before = target.query("SELECT * FROM fault.t ORDER BY id", "fault")
    outcome = stage.task_at(replica).catch_up()
    assert outcome.code == 1 and "--restart" in outcome.output, outcome
    assert target.query("SELECT * FROM fault.t ORDER BY id", "fault") == before, "no row moves"


def test_what_a_replica_committed_in_another_order_is_not_lost() -> None:
    """A table's snapshot on the primary holds the first of two transactions; the replica commits the second first."""
    skip_without_engine("mysql8")
    with ExitStack() as running:
        stage = Stage(running, "mysql8")
        primary, replica, target = stage.primary, stage.replica, stage.target
        task = stage.task_at(primary)
        assert task.catch_up().code == 0
        primary.query("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id)", "fault")  # it is loaded again
        executed = "SELECT @@global.gtid_executed"
        wait_until(lambda: replica.query(executed) == primary.query(executed), 30, "the replica to follow")
        promote(replica)
        server, transactions = primary.value(executed).split(":", 1)
        last = int(transactions.split("-")[-1])
        primary.query("INSERT INTO t VALUES (100, 100)", "fault")
        killed = task.migrate("--cdc-stop-position", "caught-up", failpoint="load-done=kill", timeout_s=90)
        assert killed.code == -9, killed
        assert target.query("SELECT v FROM fault.t WHERE id >= 100", "fault") == [(100,)]
        primary.kill()
        for number in (last + 2, last + 1):
            value = 99 + number - last
            replica.script(
                f"SET gtid_next = '{server}:{number}'; INSERT INTO t VALUES ({value}, {value}); SET gtid_next = AUTOMATIC;",
                "fault",
            )
        outcome = stage.task_at(replica).catch_up()
        assert outcome.code == 0, outcome
        assert not compare.table_differences(replica.uri("fault"), target.uri("fault"))
