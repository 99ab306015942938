"""Tasks that are deleted: what only their record knows comes back, and no end keeps anything that nobody names."""

from __future__ import annotations

import json
import os
import signal
from typing import Iterator

import psycopg2
import pytest

from conftest import SETTINGS, Pair
from processes import wait_until
from rebuild_test import OBJECTS, TRUNCATE, dropped, make_beforehand
from task_workers import SupervisedTask

SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND slot_name LIKE 'godwit%'"


@pytest.fixture
def task(pair: Pair) -> Iterator[SupervisedTask]:
    ends = pair.source.uri(pair.database), pair.target.uri(pair.database)
    with SupervisedTask(*ends, SETTINGS, f"TASK{pair.database.upper()}") as made:
        yield made


def remove(task: SupervisedTask, **job: str) -> str:
    """What the clean-up could not do."""
    job = {**task.job, "run": task.run, "fresh_run": task.fresh_run, "start": "resume", **job}
    return str(task.supervisor.ask("remove", timeout_s=150, job=job)["error"] or "")


def server_log(task: SupervisedTask) -> str:
    return (task.folder / "driver.err").read_text(errors="replace")


def follow_then_stop(task: SupervisedTask, **more: str) -> None:
    task.start(**more)
    wait_until(lambda: task.statistics().get("phase") == "change processing" and task.statistics()["live"], 60, "changes")
    assert task.stop()["state"] == "stopped"


def stop_in_the_load(task: SupervisedTask, monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    """Its indexes are dropped; worker and server are gone."""
    monkeypatch.setenv("GODWIT_FAILPOINT_FILE", str(task.folder / "never"))
    task.supervisor.close()
    task.another_server(take_up=False, failpoint="objects-dropped=pause")
    task.start(settings=json.dumps(TRUNCATE))
    wait_until(lambda: pair.on_target("SELECT to_regclass('documents_seen') IS NULL")[0][0], 60, "the dropped index")
    task.supervisor.kill()
    os.kill(task.worker_pid(), signal.SIGKILL)
    wait_until(lambda: not task.worker_pid(), 10, "the worker's end")
    task.another_server(take_up=False)


def test_a_lock_on_the_target_delays_a_removal_or_is_named_and_nothing_is_lost(
    pair: Pair, task: SupervisedTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = make_beforehand(pair, pair.task(settings=TRUNCATE))
    stop_in_the_load(task, monkeypatch, pair)
    holder = psycopg2.connect(pair.target.uri(pair.database), application_name="month-end")
    with holder.cursor() as cursor:
        cursor.execute("DELETE FROM documents WHERE false")
        error = remove(task)
    assert f"pid {holder.info.backend_pid} (" in error and "month-end" in error, error
    assert "documents_" in error and "only definition" in error, error
    slots = pair.on_source(SLOTS)
    assert len(slots) == 1 and slots[0][0] in error, error
    assert dropped(pair) > 0 and pair.on_target(OBJECTS) != wanted
    holder.close()
    assert remove(task) == ""
    assert pair.on_target(OBJECTS) == wanted
    assert not pair.on_source(SLOTS) and not pair.on_target("SELECT 1 FROM godwit_task")


def test_the_slot_goes_where_the_target_is_gone(pair: Pair, task: SupervisedTask) -> None:
    follow_then_stop(task)
    assert len(pair.on_source(SLOTS)) == 1
    gone = pair.target.uri(f"{pair.database}_gone")
    error = remove(task, target=gone)
    assert f"{pair.database}_gone" in error and "godwit_task" in error, error
    assert not pair.on_source(SLOTS)
    assert not pair.on_source("SELECT 1 FROM pg_publication")


def test_a_slot_that_cannot_be_dropped_is_named_with_its_statement(pair: Pair, task: SupervisedTask) -> None:
    follow_then_stop(task)
    slot = pair.on_source(SLOTS)[0][0]
    error = remove(task, source="postgresql://nobody@127.0.0.1:9/none")
    assert f"pg_drop_replication_slot('{slot}')" in error, error
    assert not pair.on_target("SELECT 1 FROM godwit_task")
    assert remove(task) == ""  # deleted again: what the task has made is remembered
    assert not pair.on_source(SLOTS)


def test_a_clean_up_that_cannot_read_its_ends_keeps_the_task(pair: Pair, task: SupervisedTask) -> None:
    """Nobody has asked the target whether its record alone knows what was dropped."""
    follow_then_stop(task)
    task.job["source"], source = "nonsense://nowhere/x", task.job["source"]
    job = {**task.job, "run": task.run, "fresh_run": task.fresh_run, "start": "resume"}
    answer = task.supervisor.ask("remove", timeout_s=60, job=job)
    assert answer["error"] and answer["stays"], answer
    task.job["source"] = source
    assert len(pair.on_source(SLOTS)) == 1
    assert remove(task) == ""
    assert not pair.on_source(SLOTS)


def test_slots_for_a_target_that_the_task_had_before_go_too(pair: Pair, task: SupervisedTask) -> None:
    follow_then_stop(task)
    second = f"{pair.database}_second"
    pair.target.create_database(second)
    try:
        follow_then_stop(task, target=pair.target.uri(second))
        assert len(pair.on_source(SLOTS)) == 2
        assert remove(task) == ""
        # Its record stays where nobody looked, and alone knows what a load had dropped there.
        assert len(pair.on_target("SELECT 1 FROM godwit_task")) == 1
        told = [line for line in server_log(task).splitlines() if "was not looked at" in line]
        assert len(told) == 1 and f"/{pair.database}, " in told[0], told
        assert "godwit_task" in told[0] and "`godwit drop`" in told[0] and task.task_id in told[0], told
        assert not pair.on_source(SLOTS)
        assert not pair.on_source("SELECT 1 FROM pg_publication")
    finally:
        pair.target.drop_database(second)


def test_a_key_that_old_rows_break_is_told_and_keeps_nothing(pair: Pair, task: SupervisedTask) -> None:
    follow_then_stop(task)
    pair.target.psql(
        "UPDATE accounts SET bid = 999 WHERE aid = 1;"
        "ALTER TABLE accounts ADD CONSTRAINT later FOREIGN KEY (bid) REFERENCES branches NOT VALID;"
        "UPDATE godwit_task SET document = jsonb_set(document::jsonb, '{restore_script}', "
        "to_jsonb('ALTER TABLE public.accounts VALIDATE CONSTRAINT later'::text))::text",
        pair.database,
    )
    assert remove(task) == ""
    assert "VALIDATE CONSTRAINT later" in server_log(task)
    assert not pair.on_target("SELECT 1 FROM godwit_task") and not pair.on_source(SLOTS)
