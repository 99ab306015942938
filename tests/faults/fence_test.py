"""A worker killed with -9 leaves a backend that may still COMMIT: the next worker must not do its work twice."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

import pytest

from conftest import CONTROL, Pair, across
from mysql_server import MySqlServer
from processes import wait_until
from worker import Task

LOCK = 4711

# At COMMIT of a transaction that touches the table the backend waits for a lock that the test holds.
HOLD = f"""
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER hold AFTER {{event}} ON {{table}} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {{when}}
  EXECUTE FUNCTION hold();
ALTER TABLE {{table}} ENABLE ALWAYS TRIGGER hold"""

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Blocked:
    """The lock, held until release()."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.connection = pair.target.connect(pair.database)

    def hold(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({LOCK})")

    def release(self) -> None:
        self.connection.close()

    def waiting(self) -> bool:
        return bool(self.pair.on_target(WAITING)[0][0])


class BlockedCommit:
    """MariaDB's commits wait, of whatever session, until release(); all before them is done."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.connection = pair.target.connect()

    def hold(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("BACKUP STAGE START")
            cursor.execute("BACKUP STAGE BLOCK_COMMIT")

    def release(self) -> None:
        if self.connection.open:
            self.connection.close()

    def waiting(self) -> bool:
        sql = "SELECT count(*) FROM information_schema.processlist WHERE info = 'COMMIT'"
        return bool(self.pair.on_target(sql)[0][0])


@pytest.fixture
def blocked(pair: Pair) -> Iterator[Blocked | BlockedCommit]:
    lock = BlockedCommit(pair) if isinstance(pair.target, MySqlServer) else Blocked(pair)
    yield lock
    lock.release()


def end_with(pair: Pair, task: Task, blocked: Blocked | BlockedCommit, moment: str) -> None:
    wait_until(blocked.waiting, 20, "the dead worker's backend to wait in its COMMIT")
    if moment == "before the next worker starts":
        blocked.release()
        outcome = task.catch_up()
    else:
        run = task.start("--cdc-stop-position", "caught-up")
        run.process.wait_or_none(1.5)
        blocked.release()
        outcome = run.wait()
    assert outcome.code == 0, outcome
    pair.assert_ends_equal(task)


MOMENTS = ["before the next worker starts", "after the next worker has started"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_window_is_not_applied_twice_when_its_commit_comes(moment: str, pair: Pair, blocked: Blocked) -> None:
    task = pair.task()
    assert task.catch_up().code == 0
    changes: dict[str, Any] = {
        "event": "UPDATE",
        "table": "awsdms_txn_state",
        "when": 'WHEN (OLD."CHECKPOINT" IS DISTINCT FROM NEW."CHECKPOINT")',
    }
    pair.target.psql(HOLD.format(**changes), pair.database)
    pair.on_source(
        "INSERT INTO history SELECT 1, 1, g, 1 FROM generate_series(1, 500) g"
    )  # no key: doubled rows would show
    blocked.hold()
    outcome = task.migrate(failpoint="window-commit-sent=kill", timeout_s=60)
    assert outcome.code == -9, outcome
    end_with(pair, task, blocked, moment)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_slice_is_not_loaded_twice_when_its_commit_comes(moment: str, pair: Pair, blocked: Blocked) -> None:
    pair.source.psql("INSERT INTO history SELECT 1, 1, g, 1 FROM generate_series(1, 50000) g", pair.database)
    with pair.task(task_id="maker", mappings=only("seats")) as maker:  # makes the control tables
        assert maker.migrate("--type", "full-load").code == 0
    pair.on_target("DROP TABLE seats")
    pair.target.psql(HOLD.format(event="INSERT", table="godwit_load_slices", when=""), pair.database)
    task = pair.task()
    blocked.hold()
    outcome = task.migrate(failpoint="slice-commit-sent=kill", timeout_s=60)
    assert outcome.code == -9, outcome
    end_with(pair, task, blocked, moment)


def die_with_a_commit_under_way(pair: Pair, blocked: BlockedCommit, failpoint: str, rows: str) -> Task:
    """The rows that the worker must write first are locked until no commit passes any more."""
    task = pair.task()
    with contextlib.closing(pair.target.connect()) as first:
        first.autocommit(False)
        first.cursor().execute(f"SELECT * FROM {CONTROL[MySqlServer]}.{rows} FOR UPDATE")
        run = task.start(failpoint=f"{failpoint}=kill")
        waiting = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        # What this table shows is renewed only when nobody has looked for a tenth of a second.
        wait_until(lambda: bool(pair.on_target(waiting)[0][0]), 30, "the worker to begin", 0.3)
        blocked.hold()
    assert run.wait(60).code == -9, run.wait(1)
    return task


@across(("mariadb", "mariadb"), ("15", "mariadb"))
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_window_is_not_applied_twice_on_mariadb(moment: str, pair: Pair, blocked: BlockedCommit) -> None:
    assert pair.task().catch_up().code == 0
    few = "SELECT aid FROM accounts WHERE aid <= 500"
    pair.on_source(f"INSERT INTO history (tid, bid, aid, delta) SELECT 1, 1, aid, 1 FROM ({few}) AS few")
    task = die_with_a_commit_under_way(pair, blocked, "window-commit-sent", "awsdms_txn_state")
    end_with(pair, task, blocked, moment)


@across(("mariadb", "mariadb"), ("15", "mariadb"))
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_slice_is_not_loaded_twice_on_mariadb(moment: str, pair: Pair, blocked: BlockedCommit) -> None:
    schema = pair.database if isinstance(pair.source, MySqlServer) else "public"
    with pair.task(task_id="maker", mappings=only("seats", schema)) as maker:  # makes the control tables
        assert maker.migrate("--type", "full-load", "--finish").code == 0
    pair.on_target(f"DROP TABLE {schema}.seats")
    task = die_with_a_commit_under_way(pair, blocked, "slice-commit-sent", "godwit_load_slices")
    end_with(pair, task, blocked, moment)


def only(table: str, schema: str = "public") -> dict[str, Any]:
    return {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": 1,
                "rule-name": "only",
                "rule-action": "explicit",
                "object-locator": {"schema-name": schema, "table-name": table},
            }
        ]
    }


@across(("15", "15"), ("mariadb", "15"), ("15", "mariadb"), thorough=(("mariadb", "mariadb"), ("mysql8", "mysql8")))
def test_two_workers_of_one_task_do_no_harm(pair: Pair) -> None:
    """One of them goes on, the other is told; whichever it is, nothing is lost or doubled."""
    task = pair.task()
    with pair.writers():
        first = task.start()
        wait_until(lambda: bool(pair.position()) or not first.process.running(), 60, "the first worker to work")
        second = task.start()
        wait_until(
            lambda: not (first.process.running() and second.process.running()), 60, "one of the two to give way"
        )
        for run in (first, second):
            if run.process.running():
                stopped = run.stop()
                assert stopped.code == 0, str(stopped)
            elif run.wait(1).code != 0:
                assert run.wait(1).code == 1 and "another" in run.said(), run.wait(1)
    pair.assert_ends_equal(task)


WAITS_FOR_KEY = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND query LIKE '%accounts%PRIMARY KEY%'"
)


def test_a_key_that_another_worker_makes_in_the_meantime_is_no_finding(pair: Pair) -> None:
    """It is looked for, and not there; when it is to be made, it is."""
    task = pair.task()
    run = task.start("--type", "full-load")
    connection = pair.target.connect(pair.database)
    connection.autocommit = False
    with contextlib.closing(connection), connection.cursor() as cursor:
        there = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'accounts'"
        wait_until(lambda: pair.target.value(there, pair.database) == 1, 60, "the table to be made")
        cursor.execute("LOCK TABLE accounts IN ROW EXCLUSIVE MODE")  # rows are loaded beside it, keys are not made
        wait_until(lambda: pair.target.value(WAITS_FOR_KEY) == 1, 60, "the worker to wait with the key")
        cursor.execute("ALTER TABLE accounts ADD CONSTRAINT accounts_pkey PRIMARY KEY (aid)")
        connection.commit()
    outcome = run.wait(60)
    assert outcome.code == 0, str(outcome)
