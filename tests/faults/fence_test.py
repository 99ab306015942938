"""A worker killed with -9 leaves a backend that may still COMMIT: the next worker must not do its work twice."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from conftest import Pair
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


@pytest.fixture
def blocked(pair: Pair) -> Iterator[Blocked]:
    lock = Blocked(pair)
    yield lock
    lock.release()


def end_with(pair: Pair, task: Task, blocked: Blocked, moment: str) -> None:
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


def only(table: str) -> dict[str, Any]:
    return {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": 1,
                "rule-name": "only",
                "rule-action": "explicit",
                "object-locator": {"schema-name": "public", "table-name": table},
            }
        ]
    }


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
                assert run.stop().code == 0
            elif run.wait(1).code != 0:
                assert run.wait(1).code == 1 and "another" in run.said(), run.wait(1)
    pair.assert_ends_equal(task)
