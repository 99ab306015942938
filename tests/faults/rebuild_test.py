"""Indexes and foreign keys that are dropped for the load come back, whatever happens between."""

from __future__ import annotations

import pytest

from conftest import SETTINGS, Pair
from worker import Task

REBUILD = {**SETTINGS, "Godwit": {"SliceMB": 1, "TargetIndexes": "rebuild"}}
TRUNCATE = {**REBUILD, "FullLoadSettings": {"MaxFullLoadSubTasks": 3, "TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}}
MADE = """
CREATE INDEX documents_seen ON documents (seen);
CREATE UNIQUE INDEX documents_body ON documents (md5(body));
ALTER TABLE children ADD CONSTRAINT by_hand FOREIGN KEY (parent_id) REFERENCES parents;
"""
OBJECTS = """SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid::regclass::text ~ '^(documents|children|parents|seats)$'
AND i.indisvalid UNION ALL SELECT pg_get_constraintdef(oid) || convalidated FROM pg_constraint WHERE contype = 'f'
AND conrelid::regclass::text IN ('children', 'tellers') ORDER BY 1"""


def make_beforehand(pair: Pair, task: Task) -> list[tuple[object, ...]]:
    """The target holds the source's tables, loaded once and emptied, and more indexes than the source."""
    assert task.migrate("--type", "full-load", "--finish").code == 0
    names = pair.on_target("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public' "
                           "AND tablename !~ '^(godwit|awsdms)_'")[0][0]
    pair.on_target(f"TRUNCATE {names}")
    pair.target.psql(MADE, pair.database)
    return pair.on_target(OBJECTS)


def dropped(pair: Pair) -> int:
    return int(pair.on_target("SELECT coalesce(sum(jsonb_array_length(document::jsonb -> 'dropped')), 0) FROM godwit_task")[0][0])


@pytest.mark.parametrize(
    "failpoint",
    ["keeper-up", "objects-dropped", "target-prepared", "slice-half-way", "index-build", "index-build@2", "load-done",
     "before-catch-up", "foreign-keys", "foreign-keys@2", "window-committed"],
)
def test_after_a_kill_at(failpoint: str, pair: Pair) -> None:
    task = pair.task(settings=REBUILD)
    wanted = make_beforehand(pair, task)
    with pair.writers():
        outcome = task.migrate(failpoint=f"{failpoint}=kill", timeout_s=90)
        assert outcome.code == -9, outcome
    pair.assert_ends_equal(task)
    assert pair.on_target(OBJECTS) == wanted
    assert dropped(pair) == 0


@pytest.mark.parametrize("how", ["restart", "drop"])
@pytest.mark.parametrize("failpoint", ["objects-dropped", "slice-half-way", "foreign-keys"])
def test_after_a_kill_and_a(how: str, failpoint: str, pair: Pair) -> None:
    task = pair.task(settings=TRUNCATE)
    wanted = make_beforehand(pair, task)
    assert task.migrate(failpoint=f"{failpoint}=kill", timeout_s=90).code == -9
    if failpoint != "foreign-keys":
        assert pair.on_target(OBJECTS) != wanted
    if how == "restart":
        assert task.migrate("--restart", "--cdc-stop-position", "caught-up").code == 0
        pair.assert_ends_equal(task)
    else:
        run = task.run("drop", "--task-id", "godwit", "--source", task.source_uri, "--target", task.target_uri)
        assert run.wait(60).code == 0
    assert pair.on_target(OBJECTS) == wanted


def test_after_a_start_that_fails(pair: Pair) -> None:
    task = pair.task(settings=REBUILD)
    wanted = make_beforehand(pair, task)
    pair.target.psql(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE 'no tables today'; END$$; CREATE TABLE kept AS SELECT 1; DROP TABLE seats; "
        "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse()",
        pair.database,
    )
    wanted = pair.on_target(OBJECTS)
    outcome = task.migrate("--cdc-stop-position", "caught-up")
    assert outcome.code == 1 and "no tables today" in outcome.output, outcome
    assert pair.on_target(OBJECTS) == wanted
