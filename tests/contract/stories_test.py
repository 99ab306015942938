"""The runbooks of five DMS users, by stock clients on real servers, once from PostgreSQL and once from MariaDB."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterator

import compare
import pytest
from clients import Boto3, Client, CommandLine, Fault, JavaScript
from godwit_server import GodwitServer
from mysql_server import MySqlServer
from runbook import Runbook, select
from servers import PostgresServer, Server, SharedServers, pglogical_settings

SOURCES = ("15", "mariadb")
CONTROL = {"ControlTablesSettings": {"ControlSchema": "public", "StatusTableEnabled": True}}
LOGS = {"Logging": {"EnableLogging": True}}


@pytest.fixture
def ends_of(servers: SharedServers) -> Iterator[Callable[[str, str], Ends]]:
    """Of MariaDB a whole server is compared, so a story leaves no database there."""
    made: list[Ends] = []

    def make(version: str, database: str) -> Ends:
        made.append(Ends(servers, version, database))
        return made[-1]

    yield make
    for ends in made:
        if isinstance(ends.source, MySqlServer):
            ends.source.drop_database(ends.database)


@pytest.fixture
def client_of(server: GodwitServer, checked_client: Callable[..., Any]) -> Iterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(kind: str) -> Client:
        kinds: dict[str, Callable[[], Client]] = {
            "boto3": lambda: Boto3(checked_client()),
            "cli": lambda: CommandLine(server),
            "javascript": lambda: JavaScript(server),
        }
        made.append(kinds[kind]())
        return made[-1]

    yield make
    for client in made:
        client.close()


class Ends:
    """A database on each side. Of MariaDB a database is a schema of the target."""

    def __init__(self, servers: SharedServers, version: str, database: str) -> None:
        self.source: Server = servers.get(version, "source")
        self.target: Server = servers.get("15", "target")
        self.database = database
        self.source.create_database(database)
        self.target.create_database(database)

    @property
    def from_mysql(self) -> bool:
        return isinstance(self.source, MySqlServer)

    @property
    def schema(self) -> str:
        return self.database if self.from_mysql else "public"

    def on_source(self, script: str) -> None:
        if isinstance(self.source, MySqlServer):
            self.source.script(script, self.database)
        else:
            self.source.psql(script, self.database)

    def on_target(self, script: str) -> str:
        assert isinstance(self.target, PostgresServer)
        return self.target.psql(script, self.database)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.target.query(sql, self.database)

    def assert_equal(self, *leave_out: str) -> None:
        ends = self.source.uri(self.database), self.target.uri(self.database)
        lines = compare.table_differences(*ends, leave_out=leave_out)
        assert not lines, "\n".join(lines)


PEOPLE = """
CREATE TABLE person (id int PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE address (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person (id), town varchar(40));
"""
PEOPLE_ROWS = """
INSERT INTO person VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cleo');
INSERT INTO address VALUES (1, 1, 'Ulm'), (2, 1, 'Bonn'), (3, 3, 'Graz');
"""
PEOPLE_ON_TARGET = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.person (id int PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE {schema}.address (id int PRIMARY KEY, person_id int NOT NULL REFERENCES {schema}.person (id), town varchar(40));
INSERT INTO {schema}.person VALUES (7, 'Old'); INSERT INTO {schema}.address VALUES (7, 7, 'Old');
"""


@pytest.mark.parametrize("version, client", [("15", "cli"), ("mariadb", "cli"), ("15", "javascript"), ("mariadb", "boto3")])
def test_story_1_truncate_is_not_refused_and_the_log_has_three_lines_a_table(
    ends_of: Callable[[str, str], Ends], server: GodwitServer, client_of: Callable[[str], Client], version: str, client: str
) -> None:
    ends = ends_of(version, f"one_{version}_{client}")
    ends.on_source(PEOPLE + PEOPLE_ROWS)
    ends.on_target(PEOPLE_ON_TARGET.format(schema=ends.schema))
    book = Runbook(client_of(client), f"one-{version}-{client}").begin()
    pair = [book.endpoint("source", ends.source, ends.database), book.endpoint("target", ends.target, ends.database)]
    settings = {"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}, **LOGS}
    task = book.task("load", pair, "full-load", {"rules": select(ends.schema)}, settings)

    # All of the task's tables are truncated together, so the first attempt succeeds.
    book.start(task)
    done = book.until_status(task, "stopped")
    assert done["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert done["ReplicationTaskStats"]["TablesLoaded"] == 2
    ends.assert_equal()

    # A table outside the task holds a foreign key: the error names it, and the ways out.
    ends.on_target(f"CREATE TABLE {ends.schema}.visit (person_id int CONSTRAINT visit_person REFERENCES {ends.schema}.person)")
    book.start(task, "reload-target")
    failed = book.until_status(task, "failed")
    assert "visit_person" in failed["LastFailureMessage"]
    assert failed["StopReason"] == "Stop Reason FATAL_ERROR"

    # The log stream is deleted, the task modified to DO_NOTHING and loaded again; then "PERSON" is looked for.
    aws = CommandLine(server)
    stream = ["--log-group-name", f"dms-tasks-one-{version}-{client}-node", "--log-stream-name"]
    stream.append("dms-task-" + task.rsplit(":", 1)[1])
    aws.run("logs", "delete-log-stream", *stream)
    ends.on_target(f"DROP TABLE {ends.schema}.visit; TRUNCATE {ends.schema}.person, {ends.schema}.address")
    book.modify(task, ReplicationTaskSettings=json.dumps({"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}))
    book.start(task, "reload-target")
    book.until_status(task, "stopped")
    ends.assert_equal()
    for table in ("person", "address"):
        found = json.loads(
            aws.run("logs", "filter-log-events", *stream[:2], "--log-stream-names", stream[3],
                    "--filter-pattern", f"\"'{table}'\"")
        )  # fmt: skip
        lines = [event["message"] for event in found["events"]]
        assert any("[SOURCE_UNLOAD" in line and "Unload finished for table" in line and "3 rows sent" in line for line in lines)
        assert any("[TARGET_LOAD" in line and "Load finished for table" in line and "3 rows received" in line for line in lines)
        assert any("[TASK_MANAGER" in line and "3 records transferred" in line for line in lines), lines
    book.end()


LEDGER = """
CREATE TABLE parent (id int PRIMARY KEY, name varchar(40));
CREATE TABLE child (id int PRIMARY KEY, parent_id int, CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id));
"""
LEDGER_ON_TARGET = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.parent (id int PRIMARY KEY, name varchar(40));
CREATE TABLE {schema}.child (id int PRIMARY KEY, parent_id int);
"""


def position_of(ends: Ends) -> str:
    """Where the source's log is now, as a user notes it."""
    if isinstance(ends.source, MySqlServer):
        ((file, position, *_),) = ends.source.query("SHOW MASTER STATUS")
        return f"{file}:{position}"
    ((lsn,),) = ends.source.query("SELECT pg_current_wal_lsn()::text")
    return str(lsn)


@pytest.mark.parametrize("version, client", [("15", "boto3"), ("mariadb", "cli")])
def test_story_3_two_tasks_stop_at_one_commit_of_the_source(
    ends_of: Callable[[str, str], Ends], client_of: Callable[[str], Client], version: str, client: str
) -> None:
    ends = ends_of(version, f"three_{version}")
    ends.on_source(LEDGER)
    ends.on_target(LEDGER_ON_TARGET.format(schema=ends.schema))
    book = Runbook(client_of(client), f"three-{version}").begin()
    settings = {"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}, **CONTROL}
    source, target = book.endpoint("source", ends.source, ends.database), book.endpoint("target", ends.target, ends.database)
    tasks = [
        book.task(table, [source, target], "cdc", {"rules": select(ends.schema, table)}, settings)
        for table in ("parent", "child")
    ]
    for task in tasks:
        book.start(task)
    for task in tasks:
        book.until_status(task, "running")
    ends.on_source("INSERT INTO parent VALUES (1, 'a'); INSERT INTO child VALUES (1, 1);")
    book.until(lambda: ends.rows(f"SELECT count(*) FROM {ends.schema}.child") == [(1,)], 60, "the first rows")
    for task in tasks:
        book.stop(task)
    ends.on_source("INSERT INTO parent VALUES (2, 'b'); INSERT INTO child VALUES (2, 2);")
    time.sleep(1.2)  # commit times of MariaDB's log are whole seconds
    moment = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=3)
    for task in tasks:
        book.modify(task, CdcStopPosition=f"commit_time:{moment:%Y-%m-%dT%H:%M:%S}")
        book.start(task, "resume-processing")
    for task in tasks:
        book.until(lambda task=task: book.status(task) != "starting", 60, "a start")  # type: ignore[misc]
    for number in range(3, 43):
        ends.on_source(f"INSERT INTO parent VALUES ({number}, 'c'); INSERT INTO child VALUES ({number}, {number});")
        time.sleep(0.15)
    stopped = [book.until_status(task, "stopped", 60) for task in tasks]
    assert {one["StopReason"] for one in stopped} == {"Stop Reason STOPPED_AT_COMMIT_TIME"}
    assert stopped[0]["RecoveryCheckpoint"] == stopped[1]["RecoveryCheckpoint"] != ""
    counts = ends.rows(f"SELECT (SELECT count(*) FROM {ends.schema}.parent), (SELECT count(*) FROM {ends.schema}.child)")
    assert counts[0][0] == counts[0][1] and 2 <= counts[0][0] < 42, counts
    ends.on_target(f"ALTER TABLE {ends.schema}.child ADD FOREIGN KEY (parent_id) REFERENCES {ends.schema}.parent (id)")
    ends.on_target(f"ALTER TABLE {ends.schema}.child DROP CONSTRAINT child_parent_id_fkey")
    # Past it, both go on to the end.
    for task in tasks:
        book.modify(task, CdcStopPosition="")
        book.start(task, "resume-processing")
    book.until(lambda: ends.rows(f"SELECT count(*) FROM {ends.schema}.child") == [(42,)], 60, "the rest")
    book.until(lambda: ends.rows(f"SELECT count(*) FROM {ends.schema}.parent") == [(42,)], 60, "the rest")
    book.end()


@pytest.mark.parametrize("version, client", [("15", "javascript"), ("mariadb", "boto3")])
def test_story_4_table_statistics_reload_and_the_json_editor(
    ends_of: Callable[[str, str], Ends], client_of: Callable[[str], Client], version: str, client: str
) -> None:
    ends = ends_of(version, f"four_{version}")
    large = "x" * 100_000
    text = "mediumtext" if ends.from_mysql else "text"
    ends.on_source(f"CREATE TABLE note (id int PRIMARY KEY, body {text}); INSERT INTO note VALUES (1, '{large}'), (2, 'b');")
    book = Runbook(client_of(client), f"four-{version}").begin()
    pair = [book.endpoint("source", ends.source, ends.database), book.endpoint("target", ends.target, ends.database)]
    settings = {
        "ValidationSettings": {"EnableValidation": True},
        "Logging": {
            "EnableLogging": True,
            "LogComponents": [{"Id": "TARGET_LOAD", "Severity": "LOGGER_SEVERITY_DETAILED_DEBUG"}],
        },
    }
    task = book.task("all", pair, "full-load-and-cdc", {"rules": select(ends.schema)}, settings)
    book.start(task)
    book.until_loaded(task)
    assert len(str(ends.rows(f"SELECT body FROM {ends.schema}.note WHERE id = 1")[0][0])) == 100_000
    ends.on_source("INSERT INTO note VALUES (3, 'c'); UPDATE note SET body = 'B' WHERE id = 2; DELETE FROM note WHERE id = 1;")

    def counted() -> bool:
        one = book.statistics(task)[ends.schema, "note"]
        return bool((one["Inserts"], one["Updates"], one["Deletes"]) == (1, 1, 1) and one["AppliedDeletes"] == 1)

    book.until(counted, 60, "the changes to be counted")
    row = book.statistics(task)[ends.schema, "note"]
    assert row["FullLoadRows"] == 2 and row["TableState"] == "Table completed" and row["ValidationState"] == "Not enabled"
    ends.rows(f"UPDATE {ends.schema}.note SET body = 'spoilt' WHERE id = 3")
    book.call("ReloadTables", ReplicationTaskArn=task, TablesToReload=[{"SchemaName": ends.schema, "TableName": "note"}])
    book.until(lambda: bool(book.statistics(task)[ends.schema, "note"].get("FullLoadReloaded")), 60, "the reload")
    book.until(lambda: ends.rows(f"SELECT body FROM {ends.schema}.note WHERE id = 3") == [("c",)], 60, "the reloaded row")
    with pytest.raises(Fault) as refused:
        book.call("ModifyReplicationTask", ReplicationTaskArn=task, TableMappings=json.dumps({"rules": select("other")}))
    assert refused.value.code == "InvalidResourceStateFault"
    book.stop(task)
    edited = json.loads(book.describe(task)["ReplicationTaskSettings"])
    assert edited["ValidationSettings"]["EnableValidation"] is True
    edited["TargetMetadata"]["BatchApplyEnabled"] = True
    book.modify(task, ReplicationTaskSettings=json.dumps(edited))
    assert json.loads(book.describe(task)["ReplicationTaskSettings"])["TargetMetadata"]["BatchApplyEnabled"] is True
    ends.on_source("INSERT INTO note VALUES (4, 'd')")
    book.start(task, "resume-processing")
    book.until(lambda: ends.rows(f"SELECT count(*) FROM {ends.schema}.note") == [(3,)], 60, "the change after the resume")
    book.stop(task)
    ends.assert_equal()
    book.end()


UPPER = """
CREATE TABLE {q}ORDERS{q} ({q}ID{q} int PRIMARY KEY, {q}NOTE{q} varchar(40));
CREATE TABLE {q}LINES{q} ({q}ID{q} int PRIMARY KEY, {q}ORDER_ID{q} int, CONSTRAINT {q}LINES_ORDER{q} FOREIGN KEY ({q}ORDER_ID{q}) REFERENCES {q}ORDERS{q} ({q}ID{q}));
INSERT INTO {q}ORDERS{q} VALUES (1, 'one'), (2, 'two'); INSERT INTO {q}LINES{q} VALUES (1, 1), (2, 2);
"""


@pytest.mark.parametrize("version, client", [("15", "boto3"), ("mariadb", "javascript")])
def test_story_5_load_cached_changes_stop_resume_and_switch(
    ends_of: Callable[[str, str], Ends], client_of: Callable[[str], Client], version: str, client: str
) -> None:
    ends = ends_of(version, f"five_{version}")
    quote = "`" if ends.from_mysql else '"'
    ends.on_source(UPPER.format(q=quote))
    schema = ends.schema
    ends.on_target(
        f"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.orders (id int PRIMARY KEY, note varchar(40));"
        f"CREATE TABLE {schema}.lines (id int PRIMARY KEY, order_id int REFERENCES {schema}.orders (id));"
        f"CREATE INDEX lines_order ON {schema}.lines (order_id);"
    )
    book = Runbook(client_of(client), f"five-{version}").begin()
    pair = [book.endpoint("source", ends.source, ends.database), book.endpoint("target", ends.target, ends.database)]
    lower = [
        {"rule-type": "transformation", "rule-id": str(10 + number), "rule-name": f"lower {target}", "rule-target": target,
         "object-locator": {"schema-name": schema, **tables}, "rule-action": "convert-lowercase"}
        for number, (target, tables) in enumerate([
            ("schema", {}), ("table", {"table-name": "%"}), ("column", {"table-name": "%", "column-name": "%"})])
    ]  # fmt: skip
    settings = {
        "FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD", "StopTaskCachedChangesApplied": True},
        "Godwit": {"TargetIndexes": "rebuild"},
    }
    task = book.task("shop", pair, "full-load-and-cdc", {"rules": select(schema) + lower}, settings)
    book.start(task)
    stopped = book.until_status(task, "stopped")
    assert stopped["StopReason"] == "Stop Reason STOPPED_AFTER_CACHED_EVENTS"
    assert ends.rows(f"SELECT id FROM {schema}.lines ORDER BY id") == [(1,), (2,)]
    assert ends.rows("SELECT count(*) FROM pg_indexes WHERE indexname = 'lines_order'") == [(1,)]
    assert ends.rows("SELECT count(*) FROM pg_constraint WHERE conname = 'lines_order_id_fkey'") == [(1,)]
    ends.on_source(f"INSERT INTO {quote}ORDERS{quote} VALUES (3, 'three'); INSERT INTO {quote}LINES{quote} VALUES (3, 3);")
    book.start(task, "resume-processing")
    book.until(lambda: ends.rows(f"SELECT count(*) FROM {schema}.lines") == [(3,)], 60, "the last change")
    book.stop(task)
    assert book.describe(task)["StopReason"] == "Stop Reason NORMAL"
    book.end()
