"""The source is killed in the middle of the load, keepers and all: finished slices stay, what changed is merged in."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import SETTINGS, Pair, across
from mysql_server import MySqlServer
from worker import Outcome, Task

ONE_LANE = {**SETTINGS, "FullLoadSettings": {"MaxFullLoadSubTasks": 1}}
DOCUMENTS = "INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1001, 4000) g"
MYSQL_DOCUMENTS = "INSERT INTO documents SELECT 1000 + aid, 0, repeat(md5(aid), 256) FROM accounts WHERE aid <= 3000"


def goes_on(pair: Pair) -> str:
    return f"Load of table '{pair.schema}'.'documents' goes on"


def whole(pair: Pair) -> str:
    return f"Reloading table '{pair.schema}'.'documents'"


def begin(pair: Pair, slices: int = 2) -> tuple[Task, dict[Any, Any]]:
    """A load of documents first that is killed after some slices; answers what the ledger holds of them."""
    if isinstance(pair.source, MySqlServer):
        pair.on_source(MYSQL_DOCUMENTS)
        pair.on_source("ANALYZE TABLE documents")  # slices are cut by the size that the server knows
    else:
        pair.on_source(DOCUMENTS)
    rules = [
        selection(1, pair.schema, "%", {}),
        selection(2, pair.schema, "documents", {"load-order": 9}),
    ]
    task = pair.task(settings=ONE_LANE, mappings={"rules": rules})
    assert task.migrate(failpoint=f"slice-before-commit@{slices + 1}=kill", timeout_s=90).code == -9
    done = documents(pair)
    assert len(done) == slices, done
    return task, done


def selection(number: int, schema: str, table: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule-type": "selection",
        "rule-id": str(number),
        "rule-name": str(number),
        "object-locator": {"schema-name": schema, "table-name": table},
        "rule-action": "include",
        **more,
    }


def documents(pair: Pair) -> dict[Any, Any]:
    return {slice_: line for slice_, line in pair.ledger().items() if slice_[1] == "documents"}


def lose_snapshot(pair: Pair) -> None:
    pair.source.kill()
    pair.source.start()


def assert_went_on(pair: Pair, outcome: Outcome, done: dict[Any, Any]) -> None:
    assert outcome.code == 0, outcome
    assert goes_on(pair) in outcome.log and whole(pair) not in outcome.log, outcome
    after = documents(pair)
    assert {slice_: after.get(slice_) for slice_ in done} == done, "finished slices stay as they are"


def assert_was_reloaded(pair: Pair, outcome: Outcome) -> None:
    assert outcome.code == 0, outcome
    assert whole(pair) in outcome.log and goes_on(pair) not in outcome.log, outcome
    assert len({line[2] for line in documents(pair).values()}) == 1


# Sources before 14 are cut by key, not by pages.
@pytest.mark.parametrize("own_pair", ["15", "12"], indirect=True)
def test_finished_slices_stay_and_changed_rows_are_merged(own_pair: Pair) -> None:
    task, done = begin(own_pair)
    with own_pair.writers():
        lose_snapshot(own_pair)
        own_pair.on_source(
            "UPDATE documents SET body = 'short' WHERE id % 50 = 0; UPDATE documents SET id = id + 100000 WHERE id % 50 = 1;"
            "DELETE FROM documents WHERE id % 50 = 2; INSERT INTO documents VALUES (2, 9, 'again')"
        )
        outcome = task.catch_up()
        assert_went_on(own_pair, outcome, done)
    own_pair.assert_ends_equal(task)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("again", ["the source lives", "the source dies again"])
def test_a_kill_during_the_merge_costs_the_merge(passes: int, again: str, own_pair: Pair) -> None:
    task, done = begin(own_pair)
    with own_pair.writers():
        lose_snapshot(own_pair)
        own_pair.on_source("UPDATE documents SET seen = seen + 1 WHERE id % 3 = 0")
        assert task.migrate(failpoint=f"merge-half-way@{passes}=kill", timeout_s=90).code == -9
        if again == "the source dies again":
            lose_snapshot(own_pair)
        assert_went_on(own_pair, task.catch_up(), done)
    own_pair.assert_ends_equal(task)


def test_a_second_loss_merges_from_the_first_snapshot_on(own_pair: Pair) -> None:
    task, done = begin(own_pair)
    with own_pair.writers():
        lose_snapshot(own_pair)
        own_pair.on_source("UPDATE documents SET seen = seen + 1 WHERE id % 7 = 0")
        assert task.migrate(failpoint="slice-before-commit@3=kill", timeout_s=90).code == -9
        lose_snapshot(own_pair)
        own_pair.on_source("DELETE FROM documents WHERE id % 7 = 0 AND id > 1000")
        assert_went_on(own_pair, task.catch_up(), done)
    own_pair.assert_ends_equal(task)


@pytest.mark.parametrize(
    "what",
    [
        "BEGIN; TRUNCATE documents; INSERT INTO documents SELECT g, 1, 'new' FROM generate_series(1, 500) g; COMMIT",
        "VACUUM FULL documents",
        "ALTER TABLE documents ALTER COLUMN body TYPE text USING upper(body)",
    ],
)
def test_a_table_that_was_emptied_or_rewritten_meanwhile_is_loaded_whole(what: str, own_pair: Pair) -> None:
    task, _ = begin(own_pair)
    lose_snapshot(own_pair)
    own_pair.source.psql(what, own_pair.database)
    assert_was_reloaded(own_pair, task.catch_up())
    own_pair.assert_ends_equal(task)


def test_a_table_truncated_between_two_tries_of_its_merge_is_loaded_whole(own_pair: Pair) -> None:
    """The snapshot of the first try still stands, and would show the table empty."""
    task, _ = begin(own_pair)
    lose_snapshot(own_pair)
    assert task.migrate(failpoint="merge-half-way=kill", timeout_s=90).code == -9
    own_pair.source.psql("TRUNCATE documents", own_pair.database)
    own_pair.on_source("INSERT INTO documents SELECT g, 1, 'new' FROM generate_series(1, 50) g")
    outcome = task.catch_up()
    assert outcome.code == 0 and whole(own_pair) in outcome.log, outcome
    own_pair.assert_ends_equal(task)


def test_a_table_without_key_is_loaded_whole(own_pair: Pair) -> None:
    own_pair.on_source("ALTER TABLE documents DROP CONSTRAINT documents_pkey; ALTER TABLE documents REPLICA IDENTITY FULL")
    task, _ = begin(own_pair)
    lose_snapshot(own_pair)
    assert_was_reloaded(own_pair, task.catch_up())
    own_pair.assert_ends_equal(task)


def test_keys_of_an_extensions_type_are_merged_by_its_own_equality(own_pair: Pair) -> None:
    """'Bob' and 'BOB' are one key: the row is deleted by one of them and must be found by either."""
    own_pair.on_source(
        "CREATE EXTENSION citext; ALTER TABLE documents DROP CONSTRAINT documents_pkey, ALTER id TYPE citext, "
        "ADD PRIMARY KEY (id)"
    )
    task, done = begin(own_pair)
    lose_snapshot(own_pair)
    own_pair.on_source("UPDATE documents SET id = 'Bob' WHERE id = '5'; UPDATE documents SET id = 'BOB' WHERE id = 'bob'")
    own_pair.on_source("UPDATE documents SET id = 'bOb' WHERE id = 'BOB'; DELETE FROM documents WHERE id = '6'")
    assert_went_on(own_pair, task.catch_up(), done)
    own_pair.assert_ends_equal(task)


def test_a_key_changed_meanwhile_means_a_whole_load(own_pair: Pair) -> None:
    own_pair.on_source("ALTER TABLE documents ADD other int; UPDATE documents SET other = -id")
    task, _ = begin(own_pair)
    lose_snapshot(own_pair)
    own_pair.on_source("DELETE FROM documents WHERE id = 7; UPDATE documents SET other = -id")
    own_pair.on_source("ALTER TABLE documents DROP CONSTRAINT documents_pkey, ADD PRIMARY KEY (other)")
    assert_was_reloaded(own_pair, task.catch_up())
    own_pair.assert_ends_equal(task)


# --- MariaDB and MySQL: no session outlives the worker that opened it, so its death is enough ---


@across(("mariadb", "15"), ("mysql8", "15"))
def test_finished_slices_of_mysql_stay_and_changed_rows_are_merged(pair: Pair) -> None:
    task, done = begin(pair)
    with pair.writers(2):
        pair.source.script(
            "UPDATE documents SET body = 'short' WHERE id % 50 = 0; UPDATE documents SET id = id + 100000 WHERE id % 50 = 1;"
            "DELETE FROM documents WHERE id % 50 = 2; INSERT INTO documents VALUES (2, 9, 'again')",
            pair.database,
        )
        assert task.migrate(failpoint="merge-half-way=kill", timeout_s=300).code == -9
        pair.on_source("UPDATE documents SET seen = seen + 1 WHERE id % 3 = 0")
        assert_went_on(pair, task.catch_up(), done)
    pair.assert_ends_equal(task)


@across(("mariadb", "15"), ("mysql8", "15"), ("mariadb", "mariadb"))
def test_a_row_whose_new_key_the_log_shows_in_part_is_merged_under_both(pair: Pair) -> None:
    pair.on_source("ALTER TABLE documents DROP PRIMARY KEY, ADD PRIMARY KEY (id, seen)")
    task, done = begin(pair)
    pair.source.script(
        "SET SESSION binlog_row_image = 'MINIMAL'; UPDATE documents SET seen = 7 WHERE id <= 5", pair.database
    )
    assert_went_on(pair, task.catch_up(), done)
    pair.assert_ends_equal(task)


@across(("mariadb", "15"), ("mysql8", "15"))
def test_a_table_of_mysql_that_was_emptied_meanwhile_is_loaded_whole(pair: Pair) -> None:
    task, _ = begin(pair)
    pair.source.script("TRUNCATE documents; INSERT INTO documents VALUES (1, 1, 'new')", pair.database)
    assert_was_reloaded(pair, task.catch_up())
    pair.assert_ends_equal(task)


@across(("mariadb", "mariadb"), ("15", "mariadb"), ("15", "mysql8"))
def test_finished_slices_stay_on_mariadb_and_mysql_and_changed_rows_are_merged(pair: Pair) -> None:
    task, done = begin(pair)
    if not isinstance(pair.source, MySqlServer):
        end_keepers = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'godwit:%keeper%'"
        assert pair.on_source(end_keepers)
    with pair.writers(2):
        for change in (
            "UPDATE documents SET body = 'short' WHERE id % 50 = 0",
            "UPDATE documents SET id = id + 100000 WHERE id % 50 = 1",
            "DELETE FROM documents WHERE id % 50 = 2",
            "INSERT INTO documents VALUES (2, 9, 'again')",
        ):
            pair.on_source(change)
        assert task.migrate(failpoint="merge-half-way=kill", timeout_s=300).code == -9
        pair.on_source("UPDATE documents SET seen = seen + 1 WHERE id % 3 = 0")
        assert_went_on(pair, task.catch_up(), done)
    pair.assert_ends_equal(task)


@across(("mariadb", "15"), ("mariadb", "mariadb"))
def test_keys_that_differ_by_case_alone_are_merged_as_the_source_tells_them_apart(pair: Pair) -> None:
    pair.on_source("ALTER TABLE documents MODIFY id varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    task, done = begin(pair)
    for change in (
        "UPDATE documents SET id = 'Bob' WHERE id = '5'",
        "UPDATE documents SET id = 'BOB' WHERE id = 'bob'",
        "UPDATE documents SET id = 'bOb' WHERE id = 'BOB'",
        "DELETE FROM documents WHERE id = '6'",
    ):
        pair.on_source(change)
    assert_went_on(pair, task.catch_up(), done)
    pair.assert_ends_equal(task)
