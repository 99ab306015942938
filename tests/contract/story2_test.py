"""Story 2 by stock clients: changes from a known position, one task a slot (or, of MariaDB, one a group of tables), the
rows brought by the user; one task fails and begins anew while the other goes on."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator

import pytest
from clients import Boto3, Client, CommandLine
from godwit_server import GodwitServer
from runbook import Runbook, select
from servers import PostgresServer, Server, new_server, pglogical_settings

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, body {text});
CREATE TABLE accounts (id int PRIMARY KEY, email varchar(40) UNIQUE, balance int NOT NULL);
"""
ROWS = "INSERT INTO orders VALUES (1, 'one'); INSERT INTO accounts VALUES (1, 'a1', 10), (2, 'a2', 20);"

SETTINGS: dict[str, Any] = {
    "TargetMetadata": {
        "SupportLobs": True, "FullLobMode": False, "LimitedSizeLobMode": True, "LobMaxSize": 1,
        "TaskRecoveryTableEnabled": True, "BatchApplyEnabled": True,
    },
    "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"},
    "ControlTablesSettings": {"ControlSchema": "public", "StatusTableEnabled": True, "HistoryTableEnabled": True},
    "ErrorBehavior": {"ApplyErrorUpdatePolicy": "STOP_TASK", "DataErrorPolicy": "STOP_TASK"},
    "Logging": {"EnableLogging": True},
}  # fmt: skip
UNLIMITED = {
    "rule-type": "table-settings", "rule-id": "4", "rule-name": "orders-lob",
    "object-locator": {"schema-name": "public", "table-name": "orders"},
    "lob-settings": {"mode": "unlimited", "bulk-max-size": "64"},
}  # fmt: skip


class Story:
    """The user's work on the source, which differs by its kind."""

    slots = {"orders": "dms_slot_01", "accounts": "dms_slot_02"}

    def __init__(self, source: Server, target: PostgresServer) -> None:
        self.source, self.target = source, target
        self.postgres = isinstance(source, PostgresServer)
        self.database = "postgres" if self.postgres else "two"
        self.schema = "public" if self.postgres else "two"

    def on_source(self, script: str) -> None:
        if isinstance(self.source, PostgresServer):
            self.source.psql(script)
        else:
            self.source.script(script, self.database)

    def prepare(self) -> None:
        if self.postgres:
            self.on_source("CREATE EXTENSION pglogical")
            self.on_source("SELECT pglogical.create_node(node_name := 'provider', dsn := 'dbname=postgres')")
        else:
            self.source.query("CREATE DATABASE two")
        self.on_source(SCHEMA.format(text="text" if self.postgres else "longtext") + ROWS)
        self.target.psql(f"CREATE SCHEMA IF NOT EXISTS {self.schema}; SET search_path = {self.schema};"
                         + SCHEMA.format(text="text") + ROWS)  # fmt: skip

    def make_slot(self, table: str) -> None:
        if not self.postgres:
            return
        slot = self.slots[table]
        for name, inserts_alone in ((slot, False), ("i" + slot, True)):
            kinds = "true, false, false, true" if inserts_alone else "false, true, true, false"
            self.on_source(f"SELECT pglogical.create_replication_set('{name}', {kinds})")
            self.on_source(f"SELECT pglogical.replication_set_add_table('{name}', 'public.{table}', true)")
        self.on_source(f"SELECT pg_create_logical_replication_slot('{slot}', 'pglogical_output')")

    def remake_slot(self, table: str) -> None:
        if self.postgres:
            slot = self.slots[table]
            self.on_source(f"SELECT pg_drop_replication_slot('{slot}')")
            for name in (slot, "i" + slot):
                self.on_source(f"SELECT pglogical.drop_replication_set('{name}')")
        self.make_slot(table)

    def position(self) -> str:
        if self.postgres:
            return str(self.source.query("SELECT pg_current_wal_lsn()::text")[0][0])
        file, offset, *_ = self.source.query("SHOW MASTER STATUS")[0]
        return f"{file}:{offset}"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.target.query(sql)


@pytest.fixture(params=[("15", "boto3"), ("mariadb", "cli")], ids=["postgresql", "mariadb"])
def story(
    request: pytest.FixtureRequest, server: GodwitServer, checked_client: Callable[..., Any]
) -> Iterator[tuple[Story, Client]]:
    version, kind = request.param
    settings = pglogical_settings("15") if version == "15" else None
    client: Client = Boto3(checked_client()) if kind == "boto3" else CommandLine(server)
    with new_server(version, settings=settings).start() as source, new_server("15", identity="target").start() as target:
        assert isinstance(target, PostgresServer)
        made = Story(source, target)
        made.prepare()
        yield made, client


def test_a_failed_task_begins_anew_from_a_later_position_while_the_other_goes_on(
    story: tuple[Story, Client], server: GodwitServer
) -> None:
    user, client = story
    schema = user.schema
    book = Runbook(client, "two-pg" if user.postgres else "two-maria").begin()
    target = book.endpoint("target", user.target, "postgres")
    tasks: dict[str, str] = {}
    for table in user.slots:
        user.make_slot(table)
        attributes = f"PluginName=PGLOGICAL;slotName={user.slots[table]};" if user.postgres else ""
        more = {"ExtraConnectionAttributes": attributes} if attributes else {}
        source = book.endpoint("source", user.source, user.database, f"-{table}", **more)
        rules = select(schema, table)
        if table == "orders":
            rules.append({**UNLIMITED, "object-locator": {"schema-name": schema, "table-name": table}})
        tasks[table] = book.task(table, [source, target], "cdc", {"rules": rules}, SETTINGS)
        assert book.describe(tasks[table]).get("CdcStartPosition") is None
        book.start(tasks[table], CdcStartPosition=user.position())
    for task in tasks.values():
        book.until_status(task, "running")

    # The log says so; catch-up is followed in awsdms_status.
    aws = CommandLine(server)
    group = f"dms-tasks-{book.name}-node"
    for task in tasks.values():
        stream = "dms-task-" + task.rsplit(":", 1)[1]

        def said(words: str, stream: str = stream) -> bool:
            found = aws.run("logs", "filter-log-events", "--log-group-name", group, "--log-stream-names", stream,
                            "--filter-pattern", f'"{words}"')  # fmt: skip
            return bool(json.loads(found)["events"])

        book.until(lambda: said("Replication has started"), 30, "the log to say that replication started")
    names = {task.rsplit(":", 1)[1] for task in tasks.values()}
    follow = "SELECT task_name, task_status FROM awsdms_status ORDER BY task_name DESC"
    book.until(lambda: dict(user.rows(follow)) == {name: "CHANGE PROCESSING" for name in names}, 40, "awsdms_status")

    # Large values: whole where the rules say unlimited.
    user.on_source(f"INSERT INTO orders VALUES (2, '{'x' * 143_687}')")
    book.until(lambda: user.rows(f"SELECT length(body) FROM {schema}.orders WHERE id = 2") == [(143_687,)], 60, "a LOB")
    user.on_source("UPDATE accounts SET balance = 11 WHERE id = 1; UPDATE accounts SET email = 'b2' WHERE id = 2")
    book.until(lambda: user.rows(f"SELECT email FROM {schema}.accounts WHERE id = 2") == [("b2",)], 60, "an update")

    # The target refuses a row: that task fails and says why, the other goes on.
    user.target.psql(f"ALTER TABLE {schema}.accounts ADD CONSTRAINT low CHECK (balance < 5000)")
    user.on_source("UPDATE accounts SET balance = 10000 WHERE id = 1")
    failed = book.until_status(tasks["accounts"], "failed")
    assert "low" in failed["LastFailureMessage"] and "accounts" in failed["LastFailureMessage"], failed
    assert book.status(tasks["orders"]) == "running"
    book.until(lambda: dict(user.rows(follow))[tasks["accounts"].rsplit(":", 1)[1]] == "NOT RUNNING", 30, "its status")

    # Its tables alone are brought anew, its slot is made again, and it starts from the new position.
    user.target.psql(f"ALTER TABLE {schema}.accounts DROP CONSTRAINT low; TRUNCATE {schema}.accounts;")
    user.remake_slot("accounts")
    again = user.position()
    user.target.psql(f"INSERT INTO {schema}.accounts VALUES (1, 'a1', 10000), (2, 'b2', 20)")
    book.start(tasks["accounts"], CdcStartPosition=again)
    book.until_status(tasks["accounts"], "running")
    user.on_source("INSERT INTO accounts VALUES (3, 'a3', 3); INSERT INTO orders VALUES (3, 'three');")
    book.until(lambda: user.rows(f"SELECT count(*) FROM {schema}.accounts") == [(3,)], 60, "the row after the new start")
    book.until(lambda: user.rows(f"SELECT count(*) FROM {schema}.orders") == [(3,)], 60, "the other task's row")
    for task in tasks.values():
        book.stop(task)
    assert user.rows(f"SELECT * FROM {schema}.accounts ORDER BY id") == [(1, "a1", 10000), (2, "b2", 20), (3, "a3", 3)]
    kept = user.source.query("SELECT slot_name FROM pg_replication_slots ORDER BY 1") if user.postgres else []
    assert [name for (name,) in kept] == (list(user.slots.values()) if user.postgres else [])
    book.end()
