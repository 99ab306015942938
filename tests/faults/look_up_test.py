"""A row whose values the binlog lacks is asked of the source, where its commit may be seen later than in the log."""

from __future__ import annotations

import contextlib
import time

import pytest

from conftest import SETTINGS, skip_without_engine
from mysql_server import MySqlServer
from processes import wait_until
from servers import new_server
from worker import Task

TABLE = """CREATE TABLE doc (id int PRIMARY KEY, seen int, body varchar(40));
INSERT INTO doc VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 6, 'three')"""

SEEN_OFTEN = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "object-locator": {"schema-name": "fault", "table-name": "doc"},
            "rule-action": "include",
            "filters": [
                {
                    "filter-type": "source",
                    "column-name": "seen",
                    "filter-conditions": [{"filter-operator": "gte", "value": "6"}],
                }
            ],
        }
    ]
}

# What lies between the log and the tables: a replica that does not acknowledge, a second of waiting for more commits.
SEMI_SYNC = """SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC', GLOBAL rpl_semi_sync_master_timeout = {ms},
GLOBAL rpl_semi_sync_master_wait_no_slave = ON, GLOBAL rpl_semi_sync_master_enabled = ON"""
SYNC_DELAY = "SET GLOBAL sync_binlog = 0, GLOBAL binlog_group_commit_sync_delay = 1000000"
CASES = {
    "mariadb": ("mariadb", {}, SEMI_SYNC.format(ms=1000)),
    "mariadb-for-long": ("mariadb", {}, SEMI_SYNC.format(ms=4000)),
    "mysql8": ("mysql8", {}, SYNC_DELAY),
    "mysql8-without-gtids": ("mysql8", {"gtid_mode": "OFF"}, SYNC_DELAY),
}


@pytest.mark.parametrize(("version", "settings", "delay"), CASES.values(), ids=CASES)
def test_a_row_is_looked_up_once_its_commit_is_seen(version: str, settings: dict[str, str], delay: str) -> None:
    skip_without_engine(version)
    settings = {**settings, "binlog_row_image": "MINIMAL"}
    with new_server(version, settings=settings).start() as source, new_server(
        "15", identity="target"
    ).start() as target:
        assert isinstance(source, MySqlServer)
        for server in (source, target):
            server.create_database("fault")
        source.script(TABLE, "fault")
        with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS, mappings=SEEN_OFTEN) as task:
            run = task.start()
            wait_until(lambda: "Replication has started" in run.log(), 30, "the task to follow")
            source.script(delay)
            before = time.monotonic()
            source.script("UPDATE doc SET seen = 20 WHERE id = 1", "fault")
            assert time.monotonic() - before > 0.9, "the commit was not held up"
            assert run.stop().code == 0
            outcome = task.catch_up()
            assert outcome.code == 0, outcome
        rows = target.query("SELECT id, seen, body FROM fault.doc ORDER BY id", "fault")
        assert rows == [(1, 20, "one"), (3, 6, "three")]


OWNED = "SET gtid_next = '51414141-4141-4141-4141-414141414141:{number}'"


def test_a_long_replicated_transaction_is_waited_for_once() -> None:
    """A replica owns the GTID of what it applies long before it stands in its log; here a session does so by hand."""
    skip_without_engine("mysql8")
    with new_server("mysql8", settings={"binlog_row_image": "MINIMAL"}).start() as source, new_server(
        "15", identity="target"
    ).start() as target:
        assert isinstance(source, MySqlServer)
        for server in (source, target):
            server.create_database("fault")
        source.script(TABLE, "fault")
        source.script("CREATE TABLE aside (id int PRIMARY KEY)", "fault")
        for key, body in enumerate("abcde", 11):
            source.script(f"INSERT INTO doc VALUES ({key}, 1, '{body}')", "fault")
        with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS, mappings=SEEN_OFTEN) as task:
            run = task.start()
            wait_until(lambda: "Replication has started" in run.log(), 30, "the task to follow")
            with contextlib.closing(source.connect("fault")) as applier, applier.cursor() as cursor:
                cursor.execute(OWNED.format(number=1))
                cursor.execute("BEGIN")
                cursor.execute("INSERT INTO aside VALUES (1)")
                begun = time.monotonic()
                for key in range(11, 16):
                    source.script(f"UPDATE doc SET seen = 6 WHERE id = {key}", "fault")
                    wait_until(
                        lambda: target.query(f"SELECT 1 FROM fault.doc WHERE id = {key}", "fault") == [(1,)],
                        20,
                        "the row to arrive",
                    )
                assert time.monotonic() - begun < 8, "each of the five look-ups waited"
                cursor.execute("COMMIT")
            assert run.stop().code == 0
            assert task.catch_up().code == 0
        rows = target.query("SELECT id, seen, body FROM fault.doc ORDER BY id", "fault")
        assert [body for _, _, body in rows] == ["three", "a", "b", "c", "d", "e"]
