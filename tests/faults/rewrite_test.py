"""Tables rewritten under the load: the old snapshot shows them empty, or rows twice, and the log shows nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import SETTINGS, Pair
from processes import wait_until
from worker import Run, Task

MAPPINGS: dict[str, Any] = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": 1,
            "rule-name": "all",
            "rule-action": "include",
            "object-locator": {"schema-name": "public", "table-name": "%"},
        },
        {
            "rule-type": "selection",
            "rule-id": 2,
            "rule-name": "first",
            "rule-action": "include",
            "load-order": 100,
            "object-locator": {"schema-name": "public", "table-name": "documents"},
        },
    ]
}

REWRITES = {
    "a type change": "ALTER TABLE accounts ALTER bid TYPE bigint",
    "a type change with an expression": "ALTER TABLE accounts ALTER filler TYPE char(84) USING upper(filler)",
    "VACUUM FULL": "VACUUM FULL accounts",
    "CLUSTER": "CLUSTER accounts USING accounts_bid",
    "TRUNCATE": "TRUNCATE accounts; INSERT INTO accounts (aid, bid) SELECT g, 1 FROM generate_series(1, 40000) g",
}


def start_and_pause(pair: Pair, tmp_path: Path) -> tuple[Task, Run, Path]:
    """The load has begun with `documents` and stands still there, so that the other tables are still to be read."""
    task = pair.task(mappings=MAPPINGS, settings={**SETTINGS, "FullLoadSettings": {"MaxFullLoadSubTasks": 1}})
    go_on = tmp_path / "go-on"
    run = task.start(failpoint="slice-half-way=pause", failpoint_file=go_on)
    reading = """SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'godwit%'
                 AND query LIKE '%documents%' AND query LIKE 'COPY%' AND datname = current_database()"""
    wait_until(lambda: bool(pair.on_source(reading)[0][0]) or not run.process.running(), 30, "the load of documents")
    assert run.process.running(), run.wait(1)
    return task, run, go_on


def do_soon(pair: Pair, *statements: str) -> None:
    """An application's DDL waits for one slice at most, and no slice of this table is being read."""
    connection = pair.source.connect(pair.database)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_table_is_whole_in_spite_of(rewrite: str, pair: Pair, tmp_path: Path) -> None:
    task, run, go_on = start_and_pause(pair, tmp_path)
    do_soon(pair, *REWRITES[rewrite].split("; "))
    with pair.writers():
        go_on.touch()
        wait_until(lambda: bool(pair.position()) or not run.process.running(), 60, "the load to end")
    assert run.process.running(), run.wait(1)
    assert run.stop().code == 0
    pair.assert_ends_equal(task)


def test_a_table_is_whole_in_spite_of_a_rewrite_between_its_slices(pair: Pair, tmp_path: Path) -> None:
    """VACUUM FULL moves rows between slices: those done before it belong to another file."""
    task, run, go_on = start_and_pause(pair, tmp_path)
    go_on.touch()
    done = "SELECT count(*) FROM godwit_load_slices WHERE table_name = 'accounts'"
    wait_until(
        lambda: bool(pair.on_target(done)[0][0]) or not run.process.running(), 30, "a slice of accounts", 0.002
    )
    run.kill()
    do_soon(pair, "DELETE FROM accounts WHERE aid % 3 = 0", "VACUUM FULL accounts")
    with pair.writers():
        assert task.catch_up().code == 0
    pair.assert_ends_equal(task)


MADE = "CREATE {kind} TABLE extra (id int NOT NULL, v text, PRIMARY KEY (id)); INSERT INTO extra VALUES (1, 'a'), (2, 'b')"
CHANGES = {
    "made anew": (MADE, "DROP TABLE extra; CREATE TABLE extra (id int PRIMARY KEY, v text); INSERT INTO extra VALUES (1, 'n'), (2, 'n')"),
    "given a key": (MADE.replace(", PRIMARY KEY (id)", ""), "ALTER TABLE extra ADD PRIMARY KEY (id)"),
    "made logged": (MADE.replace("{kind}", "UNLOGGED"), "ALTER TABLE extra SET LOGGED"),
    "given another column name": (MADE, "ALTER TABLE extra RENAME v TO w"),
    "robbed of a column": (MADE, "ALTER TABLE extra DROP v"),
    "given another key": (MADE, "ALTER TABLE extra ADD UNIQUE (v), ALTER v SET NOT NULL; ALTER TABLE extra REPLICA IDENTITY USING INDEX extra_v_key"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_followed_of_a_table_that_during_the_load_was(change: str, pair: Pair, tmp_path: Path) -> None:
    """It is loaded again, and its changes from then on are in the stream: the publications know it as it is now."""
    made, changed = CHANGES[change]
    pair.on_source(made.replace("{kind}", ""))
    task, run, go_on = start_and_pause(pair, tmp_path)
    do_soon(pair, *changed.split("; "))
    go_on.touch()
    wait_until(lambda: "Replication has started" in run.log() or not run.process.running(), 60, "the load to end")
    pair.on_source("UPDATE extra SET id = 20 WHERE id = 2; DELETE FROM extra WHERE id = 1")
    assert run.process.running(), run.wait(1)
    assert run.stop().code == 0
    pair.assert_ends_equal(task)
