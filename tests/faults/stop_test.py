"""SIGTERM ends a task within seconds, whatever it waits for, and the next run goes on."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path
from typing import Iterator

import psycopg2
import pytest

from conftest import Pair, across
from processes import wait_until
from servers import PostgresServer
from worker import Run, Task

WAITS = """SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'godwit:%' AND datname = current_database()
AND wait_event_type = 'Lock'"""

LAST_VALUES = "SELECT last_value, is_called FROM parents_id_seq"


def stop_while_locked(pair: Pair, uri: str, lock: str, end: str) -> None:
    """A session of somebody else holds the lock; the worker waits for it when the stop comes."""
    holder = psycopg2.connect(uri)
    try:
        holder.cursor().execute(lock)
        task = pair.task()
        run = task.start()
        ask = pair.on_source if end == "source" else pair.on_target
        wait_until(lambda: ask(WAITS)[0][0] > 0, 30, "the worker to wait")
        before = time.monotonic()
        outcome = run.stop(timeout_s=30)
        assert outcome.code == 0, outcome
        assert time.monotonic() - before < 20
        assert "NORMAL" in outcome.log.rsplit("Stop reason", 1)[1], outcome
    finally:
        holder.close()
    pair.assert_ends_equal(task)


def test_while_the_catalog_waits_for_a_lock_on_the_source(pair: Pair) -> None:
    stop_while_locked(pair, pair.source.uri(pair.database), "LOCK TABLE documents IN ACCESS EXCLUSIVE MODE", "source")


def test_while_a_slice_waits_for_a_lock_on_the_source(pair: Pair, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    task = pair.task()
    run = task.start(failpoint="slice-half-way=pause", failpoint_file=go_on)
    wait_until(lambda: "Start loading" in run.log(), 30, "the load")
    with psycopg2.connect(pair.source.uri(pair.database)) as holder:
        holder.cursor().execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        go_on.touch()
        wait_until(lambda: pair.on_source(WAITS)[0][0] > 0, 30, "a lane to wait")
        outcome = run.stop(timeout_s=30)
        assert outcome.code == 0, outcome
    pair.assert_ends_equal(task)


def test_while_a_window_waits_for_a_lock_on_the_target(pair: Pair) -> None:
    assert pair.task().catch_up().code == 0
    pair.on_source("UPDATE documents SET seen = seen + 1")
    stop_while_locked(pair, pair.target.uri(pair.database), "LOCK TABLE documents IN ACCESS EXCLUSIVE MODE", "target")


@pytest.mark.parametrize("failpoint", ["index-build", "load-done"])
def test_while_an_index_or_a_foreign_key_waits_for_a_lock_on_the_target(failpoint: str, pair: Pair) -> None:
    assert pair.task().migrate(failpoint=f"{failpoint}=kill", timeout_s=60).code == -9
    tables = pair.on_target(
        "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables "
        "WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema' "
        "AND tablename NOT LIKE 'godwit\\_%' AND tablename NOT LIKE 'awsdms\\_%'"
    )[0][0]
    stop_while_locked(pair, pair.target.uri(pair.database), f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE", "target")


# --- what a clean stop leaves on the target ---


def sequences_differ(pair: Pair) -> bool:
    return pair.on_source(LAST_VALUES) != pair.on_target(LAST_VALUES)


def apply_the_last_row(pair: Pair) -> None:
    """Its number was drawn on the source alone."""
    pair.on_source("INSERT INTO parents (name) VALUES ('the last')")
    wait_until(lambda: bool(pair.on_target("SELECT 1 FROM parents WHERE name = 'the last'")), 60, "the last row")
    assert sequences_differ(pair)


@contextlib.contextmanager
def stopped_before_its_sequences(pair: Pair, task: Task) -> Iterator[Run]:
    """The stop has come and all is applied; a sequence is locked, and the worker waits for it."""
    run = task.start()
    wait_until(lambda: "Replication has started" in run.log(), 60, "the task to follow")
    apply_the_last_row(pair)
    with contextlib.closing(psycopg2.connect(pair.target.uri(pair.database))) as holder:
        holder.cursor().execute("ALTER SEQUENCE parents_id_seq CACHE 1")
        run.process.send(signal.SIGTERM)
        wait_until(lambda: pair.on_target(WAITS)[0][0] > 0, 30, "the worker to wait")
        yield run


def test_its_clean_end_is_begun_again_when_the_connection_drops(pair: Pair) -> None:
    task = pair.task()
    with stopped_before_its_sequences(pair, task) as run:
        pair.on_target(f"SELECT pg_terminate_backend(pid) FROM ({WAITS.replace('count(*)', 'pid')}) waiting")
    outcome = run.wait(60)
    assert outcome.code == 0, outcome
    assert "is begun again" in outcome.log and "NORMAL" in outcome.log.rsplit("Stop reason", 1)[1], outcome
    assert not sequences_differ(pair)
    pair.assert_ends_equal(task)


def test_a_stop_that_the_target_did_not_let_end_cleanly_says_so(own_pair: Pair) -> None:
    assert isinstance(own_pair.target, PostgresServer)
    task = own_pair.task()
    with stopped_before_its_sequences(own_pair, task) as run:
        own_pair.target.stop("immediate")
        outcome = run.wait(120)
    assert outcome.code == 1, outcome
    assert "not by a clean stop" in outcome.output and "task.stopped_midway" in outcome.output, outcome
    assert "NORMAL" in outcome.log.rsplit("Stop reason", 1)[1], outcome
    own_pair.target.start()
    assert sequences_differ(own_pair)
    assert task.catch_up().code == 0
    assert not sequences_differ(own_pair)
    own_pair.assert_ends_equal(task)


def test_sequences_are_set_before_orphans_are_counted(pair: Pair) -> None:
    """A count over large tables takes long, and a lock of one holds it up."""
    pair.source.psql("CREATE TABLE small (id int PRIMARY KEY)", pair.database)
    task = pair.task()
    assert task.catch_up().code == 0
    pair.target.psql(
        "ALTER TABLE small ADD CONSTRAINT few CHECK (id < 10); CREATE TABLE others (id int PRIMARY KEY);"
        "ALTER TABLE small ADD CONSTRAINT other FOREIGN KEY (id) REFERENCES others NOT VALID",
        pair.database,
    )
    run = task.start()
    wait_until(lambda: run.log().count("Replication has started") == 2, 60, "the task to follow")
    pair.on_source("INSERT INTO small VALUES (10)")
    apply_the_last_row(pair)
    with contextlib.closing(psycopg2.connect(pair.target.uri(pair.database))) as holder:
        holder.cursor().execute("LOCK TABLE others IN ACCESS EXCLUSIVE MODE")
        run.process.send(signal.SIGTERM)
        wait_until(lambda: pair.on_target(WAITS)[0][0] > 0, 30, "the worker to wait")
        assert not sequences_differ(pair)
    outcome = run.wait(60)
    assert outcome.code == 3, outcome


# --- MariaDB and MySQL ---


@across(("mariadb", "mariadb"), ("15", "mariadb"))
def test_while_a_window_waits_for_a_lock_on_mariadb(pair: Pair) -> None:
    task = pair.task()
    assert task.catch_up().code == 0
    pair.on_source("UPDATE documents SET seen = seen + 1")
    with contextlib.closing(pair.target.connect(pair.schema)) as holder:
        holder.autocommit(False)
        holder.cursor().execute("SELECT count(*) FROM documents FOR UPDATE")
        run = task.start()
        waits = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        # What this table shows is renewed only when nobody has looked for a tenth of a second.
        wait_until(lambda: bool(pair.on_target(waits)[0][0]), 30, "the worker to wait", 0.3)
        before = time.monotonic()
        outcome = run.stop(timeout_s=30)
        assert outcome.code == 0, outcome
        assert time.monotonic() - before < 20
    pair.assert_ends_equal(task)


@pytest.mark.parametrize("killed_at", ["", "slice-before-commit"], ids=["at-the-start", "for-a-later-snapshot"])
@across(("mysql8", "15"))
def test_while_the_snapshot_waits_for_a_lock_of_the_tables(pair: Pair, killed_at: str) -> None:
    """Whoever has written and not committed keeps the tables from being locked."""
    task = pair.task()
    if killed_at:
        assert task.migrate(failpoint=f"{killed_at}=kill", timeout_s=60).code == -9
    with contextlib.closing(pair.source.connect(pair.schema)) as holder:
        holder.autocommit(False)
        holder.cursor().execute("UPDATE documents SET seen = seen + 1")
        run = task.start()
        wait_until(lambda: "Waiting for LOCK TABLES" in run.log(), 30, "the worker to wait")
        before = time.monotonic()
        outcome = run.stop(timeout_s=30)
        assert outcome.code == 0, outcome
        assert time.monotonic() - before < 6  # three seconds of grace, and a kill
        assert "NORMAL" in outcome.log.rsplit("Stop reason", 1)[1], outcome
    pair.assert_ends_equal(task)
