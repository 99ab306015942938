"""Slots and plugins under faults: a reader of somebody else's on the slot, and a worker that is killed again and again
while it reads by test_decoding."""

from __future__ import annotations

import psycopg2
import psycopg2.extras

import shop
from conftest import SETTINGS, Pair
from processes import wait_until


def test_a_slot_that_somebody_else_reads_is_tried_again_and_then_explained(pair: Pair) -> None:
    pair.on_source("SELECT pg_create_logical_replication_slot('fault_busy', 'test_decoding')")
    start = pair.on_source("SELECT pg_current_wal_lsn()")[0][0]
    errors = {**SETTINGS["ErrorBehavior"], "RecoverableErrorCount": 2}
    task = pair.task(settings={**SETTINGS, "ErrorBehavior": errors})
    task.source_uri += "?SlotName=fault_busy"
    pair.target.psql(shop.SCHEMA, pair.database)
    holder = psycopg2.connect(
        pair.source.uri(pair.database), connection_factory=psycopg2.extras.LogicalReplicationConnection
    )
    try:
        holder.cursor().start_replication(slot_name="fault_busy", decode=False)
        outcome = task.migrate("--type", "cdc", "--cdc-start-position", start, "--cdc-stop-position", "caught-up")
        assert outcome.code == 1, outcome
        assert "replication slot fault_busy is in use by process" in outcome.output, outcome
        assert "attempt 2" in outcome.log, outcome
    finally:
        holder.close()
    assert pair.on_source("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'fault_busy'") == [(1,)]
    pair.on_source("SELECT pg_drop_replication_slot('fault_busy')")


def test_kills_lose_and_double_nothing_with_test_decoding(pair: Pair) -> None:
    task = pair.task()
    task.source_uri += "?PluginName=test_decoding"
    with pair.writers() as writers:
        for _ in range(4):
            before, written = pair.position(), writers.committed
            run = task.start()
            wait_until(lambda: writers.committed > written + 200, 60, "the application to go on")
            wait_until(lambda: pair.position() > before, 60, "the task to go on")
            run.kill()
    pair.assert_ends_equal(task)
