"""Changes from a known position over several slots: the rows are brought by the user, slots and sets are made by hand,
one task a slot; one of the tasks fails, and its tables alone are brought anew while the others go on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

import compare
from processes import wait_until
from servers import PostgresServer, client, pglogical_settings
from worker import Run, Task
from writers import Writers

SCHEMA = """
CREATE TABLE orders (id bigserial PRIMARY KEY, amount int NOT NULL, note text);
CREATE TABLE lines (id bigserial PRIMARY KEY, order_id bigint, n int);
CREATE TABLE accounts (id int PRIMARY KEY, email text UNIQUE, balance int NOT NULL);
CREATE TABLE documents (id int PRIMARY KEY, seen int NOT NULL, body text);
ALTER TABLE documents ALTER body SET STORAGE EXTERNAL;
INSERT INTO orders (amount) SELECT i FROM generate_series(1, 2000) i;
INSERT INTO accounts SELECT i, 'a' || i, 100 FROM generate_series(1, 500) i;
INSERT INTO documents SELECT i, 0, repeat(md5(i::text), 200) FROM generate_series(1, 100) i;
"""

GROUPS = {
    "dms_slot_01": ["orders", "lines"],
    "dms_slot_02": ["accounts"],
    "dms_slot_03": ["documents"],
}

SETTINGS: dict[str, Any] = {
    "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"},
    "TargetMetadata": {"TaskRecoveryTableEnabled": True},
    "ControlTablesSettings": {"ControlSchema": "public", "StatusTableEnabled": True},
    "ErrorBehavior": {
        "DataErrorPolicy": "STOP_TASK",
        "ApplyErrorInsertPolicy": "STOP_TASK",
        "ApplyErrorUpdatePolicy": "STOP_TASK",
    },
}


def order(cursor: Any, chance: Random) -> None:
    cursor.execute("INSERT INTO orders (amount) VALUES (%s) RETURNING id", (chance.randint(1, 1000),))
    (number,) = cursor.fetchone()
    cursor.execute("INSERT INTO lines (order_id, n) SELECT %s, i FROM generate_series(1, 3) i", (number,))


def pay(cursor: Any, chance: Random) -> None:
    for amount in (-1, 1):
        cursor.execute("UPDATE accounts SET balance = balance + %s WHERE id = %s", (amount, chance.randint(1, 500)))


def rename(cursor: Any, chance: Random) -> None:
    cursor.execute("UPDATE accounts SET email = %s WHERE id = %s", (f"b{chance.random()}", chance.randint(1, 500)))


def cancel(cursor: Any, chance: Random) -> None:
    cursor.execute("DELETE FROM orders WHERE id = %s", (chance.randint(1, 2000),))


def read(cursor: Any, chance: Random) -> None:
    cursor.execute("UPDATE documents SET seen = seen + 1 WHERE id = %s", (chance.randint(1, 100),))


WORKS = [(4, order), (4, pay), (2, rename), (1, cancel), (2, read)]


def mapping(tables: list[str]) -> dict[str, Any]:
    rules: list[dict[str, Any]] = [
        {
            "rule-type": "selection",
            "rule-id": str(number),
            "rule-name": table,
            "object-locator": {"schema-name": "public", "table-name": table},
            "rule-action": "include",
        }
        for number, table in enumerate(tables, 1)
    ]
    if "documents" in tables:
        rules.append(
            {
                "rule-type": "table-settings",
                "rule-id": "9",
                "rule-name": "documents-lob",
                "object-locator": {"schema-name": "public", "table-name": "documents"},
                "lob-settings": {"mode": "unlimited", "bulk-max-size": "64"},
            }
        )
    return {"rules": rules}


class Story:
    """The user of the story, and what belongs to them."""

    def __init__(self, source: PostgresServer, target: PostgresServer, plugin: str) -> None:
        self.source, self.target, self.plugin = source, target, plugin
        self.tasks = {slot: self.task(slot) for slot in GROUPS}

    def task(self, slot: str) -> Task:
        name = {"pglogical": "PGLOGICAL", "test_decoding": "test_decoding"}[self.plugin]
        uri = f"{self.source.uri()}?PluginName={name}&slotName={slot}"
        return Task(
            uri, self.target.uri(), task_id=f"task-{slot}".replace("_", "-"), settings=SETTINGS,
            mappings=mapping(GROUPS[slot]),
        )

    def make_slot(self, slot: str) -> None:
        library = {"pglogical": "pglogical_output", "test_decoding": "test_decoding"}[self.plugin]
        if self.plugin == "pglogical":
            self.source.query(f"SELECT pglogical.create_replication_set('{slot}', false, true, true, false)")
            self.source.query(f"SELECT pglogical.create_replication_set('i{slot}', true, false, false, true)")
            for table in GROUPS[slot]:
                for name in (slot, "i" + slot):
                    self.source.query(f"SELECT pglogical.replication_set_add_table('{name}', 'public.{table}', true)")
        self.source.query(f"SELECT pg_create_logical_replication_slot('{slot}', '{library}')")

    def drop_slot(self, slot: str) -> None:
        self.source.query(f"SELECT pg_drop_replication_slot('{slot}')")
        if self.plugin == "pglogical":
            self.source.query(f"SELECT pglogical.drop_replication_set('{slot}')")
            self.source.query(f"SELECT pglogical.drop_replication_set('i{slot}')")

    @contextmanager
    def moment(self) -> Iterator[tuple[str, str]]:
        """A position of the log and the snapshot of exactly there, as a paused replica would be."""
        connection = psycopg2.connect(
            self.source.uri(), connection_factory=psycopg2.extras.LogicalReplicationConnection
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute("CREATE_REPLICATION_SLOT moment TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT")
                _, position, snapshot, _ = cursor.fetchone()
                yield position, snapshot
        finally:
            connection.close()

    def copy(self, snapshot: str, *options: str) -> None:
        dump = subprocess.run(
            [str(client("pg_dump")), "--snapshot", snapshot, "--schema", "public", *options, self.source.uri()],
            capture_output=True, text=True, check=True,
        )
        self.target.psql(dump.stdout.replace("CREATE SCHEMA public;", ""))

    def start(self, slot: str, *arguments: str) -> Run:
        task = self.tasks[slot]
        log = task.state_dir / task.task_id / "task.log"
        started = log.read_text().count("Replication has started") if log.exists() else 0
        run = task.start("--type", "cdc", *arguments)
        wait_until(
            lambda: run.log().count("Replication has started") > started or not run.process.running(), 60, slot
        )
        assert run.process.running(), run.wait()
        return run

    def statuses(self) -> dict[str, str]:
        sql = "SELECT task_name, task_status FROM awsdms_status ORDER BY task_name DESC"
        return dict(self.target.query(sql))


@pytest.mark.parametrize("plugin", ["pglogical", "test_decoding"])
def test_a_failed_task_is_started_anew_while_the_others_go_on(plugin: str) -> None:
    settings = pglogical_settings("15")
    with (
        PostgresServer(settings=settings).start() as source,
        PostgresServer(identity="target").start() as target,
    ):
        source.psql(SCHEMA)
        if plugin == "pglogical":
            source.query("CREATE EXTENSION pglogical")
            source.query("SELECT pglogical.create_node(node_name := 'provider', dsn := 'dbname=postgres')")
        story = Story(source, target, plugin)
        try:
            live(story)
        finally:
            for task in story.tasks.values():
                task.close()


def live(story: Story) -> None:
    source, target = story.source, story.target
    with Writers(source.uri(), WORKS, 3) as writers:
        for slot in GROUPS:
            story.make_slot(slot)
        with story.moment() as (start, snapshot):
            story.copy(snapshot)
        # Before anything is read: what the target refuses later stops the second task.
        target.query("ALTER TABLE accounts ADD CONSTRAINT low CHECK (balance < 5000)")
        runs = {}
        for slot in GROUPS:
            before = writers.committed
            runs[slot] = story.start(slot, "--cdc-start-position", start)
            assert "Full load complete" in runs[slot].log()
            wait_until(lambda: writers.committed > before + 50, 30, "the application to go on")
        wait_until(lambda: list(story.statuses().values()) == ["CHANGE PROCESSING"] * 3, 30, "each task's status")

        source.query("UPDATE accounts SET balance = 10000 WHERE id = 7")
        failed = runs["dms_slot_02"].wait(60)
        assert failed.code == 1, failed
        assert "low" in failed.log, failed
        assert runs["dms_slot_01"].process.running() and runs["dms_slot_03"].process.running()

        target.query("ALTER TABLE accounts DROP CONSTRAINT low")
        target.query("TRUNCATE accounts")
        story.drop_slot("dms_slot_02")
        story.make_slot("dms_slot_02")
        with story.moment() as (again, snapshot):
            story.copy(snapshot, "--data-only", "--table", "public.accounts")
        runs["dms_slot_02"] = story.start("dms_slot_02", "--restart", "--cdc-start-position", again)
        before = writers.committed
        wait_until(lambda: writers.committed > before + 50, 30, "the application to go on")
    for slot, run in runs.items():
        outcome = run.stop()
        assert outcome.code == 0, outcome
        assert f"Replication slot {slot} is yours and is kept" in outcome.output, str(outcome)
    assert set(story.statuses().values()) == {"NOT RUNNING"}
    for task in story.tasks.values():
        outcome = task.catch_up("--type", "cdc")
        assert outcome.code == 0, outcome
    assert not compare.table_differences(source.uri(), target.uri())
    kept = source.query("SELECT slot_name FROM pg_replication_slots ORDER BY 1")
    assert [name for (name,) in kept] == list(GROUPS)
