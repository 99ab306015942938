"""awsdms_status is true while things go wrong, and never holds the task up."""

from __future__ import annotations

import time

import psycopg2

from conftest import SETTINGS, Pair
from processes import wait_until

CONTROL = {"ControlTablesSettings": {"StatusTableEnabled": True, "HistoryTableEnabled": True}}
WITH_STATUS = {**SETTINGS, **CONTROL}
LATENCIES = {"LogComponents": [{"Id": "PERFORMANCE", "Severity": "LOGGER_SEVERITY_DEBUG"}]}
TINY_SPOOL = {**WITH_STATUS, "Godwit": {"SliceMB": 1, "MemoryMB": 64, "SpoolMB": 1}, "Logging": LATENCIES}


def status(pair: Pair) -> str:
    return str(pair.on_target("SELECT task_status FROM awsdms_status")[0][0])


def test_a_held_up_target_is_seen_as_paused_with_what_waits(pair: Pair) -> None:
    task = pair.task(settings=TINY_SPOOL)
    assert task.catch_up().code == 0
    run = task.start()
    wait_until(lambda: status(pair) == "CHANGE PROCESSING", 30, "the task to follow")
    holder = psycopg2.connect(pair.target.uri(pair.database))
    try:
        holder.cursor().execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        for first in range(1001, 10001, 100):
            pair.on_source(
                "INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) "
                f"FROM generate_series({first}, {first + 99}) g"
            )
        wait_until(lambda: status(pair) == "Paused", 30, "the pause")
        waiting, disk_mb, memory_mb = pair.on_target(
            "SELECT pending_changes, disk_swap_size, task_memory FROM awsdms_status"
        )[0]
        assert 1000 < waiting <= 9000 and disk_mb <= 1 and 16 < memory_mb < 400
        # The oldest of what waits is older with each row.
        wait_until(lambda: "PERFORMANCE" in run.log(), 60, "the latency line")
        line = next(line for line in run.log().splitlines() if "PERFORMANCE" in line)
        assert float(line.split("Target latency ")[1].split()[0]) > 5, line
    finally:
        holder.close()
    wait_until(lambda: status(pair) == "CHANGE PROCESSING", 60, "the pause to end")
    assert run.stop().code == 0
    assert status(pair) == "NOT RUNNING"
    pair.assert_ends_equal(task)


def test_the_load_is_seen_while_it_runs(pair: Pair) -> None:
    task = pair.task(settings=WITH_STATUS)
    task.migrate(failpoint="keeper-up=kill")
    assert status(pair) == "NOT RUNNING"
    holder = psycopg2.connect(pair.source.uri(pair.database))
    run = task.start()
    try:
        wait_until(lambda: status(pair) == "FULL LOAD", 30, "the load")
    finally:
        holder.close()
    wait_until(lambda: status(pair) == "CHANGE PROCESSING", 60, "the end of the load")
    assert run.stop().code == 0
    rows = pair.on_target("SELECT timeslot_type, timeslot_records > 0 FROM awsdms_history ORDER BY 1 DESC")
    assert ("FULL LOAD", True) in rows
    pair.assert_ends_equal(task)


def test_a_lost_session_is_replaced_and_a_locked_table_holds_nothing_up(pair: Pair) -> None:
    task = pair.task(settings=WITH_STATUS)
    run = task.start()
    wait_until(
        lambda: pair.has_on_target("awsdms_status") and status(pair) == "CHANGE PROCESSING", 60, "the task to follow"
    )
    pair.on_target("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'godwit:godwit:status'")
    pair.on_target("UPDATE awsdms_status SET task_status = 'old'")
    wait_until(lambda: status(pair) == "CHANGE PROCESSING", 20, "the next row")
    assert "could not be written" not in run.log()
    holder = psycopg2.connect(pair.target.uri(pair.database))
    try:
        holder.cursor().execute("LOCK TABLE awsdms_status, awsdms_history IN ACCESS EXCLUSIVE MODE")
        pair.on_source("UPDATE documents SET seen = seen + 1 WHERE id = 1")
        wait_until(lambda: pair.on_target("SELECT seen FROM documents WHERE id = 1")[0][0] == 1, 20, "the change")
        before = time.monotonic()
        outcome = run.stop(timeout_s=40)
        assert outcome.code == 0, outcome
        assert time.monotonic() - before < 15
        assert "awsdms_status on the target could not be written" in outcome.log
    finally:
        holder.close()
    pair.assert_ends_equal(task)
