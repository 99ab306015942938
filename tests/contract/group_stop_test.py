"""One call stops several tasks at one commit of their source, now or at a time (docs/guide/serve.md)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
from clients import Client
from runbook import Runbook, select
from servers import SharedServers
from stories_test import CONTROL, LEDGER, LEDGER_ON_TARGET, Ends, client_of  # noqa: F401  the fixtures too


class Writer:
    """Writes a parent and a child again and again, each in a transaction of its own, so that tasks are never at rest."""

    def __init__(self, ends: Ends) -> None:
        self._ends, self._end = ends, threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        number = 0
        while not self._end.wait(0.05):
            number += 1
            self._ends.on_source(f"INSERT INTO parent VALUES ({number}, 'a'); INSERT INTO child VALUES ({number}, {number});")

    def close(self) -> None:
        self._end.set()
        self._thread.join()


@pytest.mark.parametrize("version", ["15", "mariadb"])
@pytest.mark.parametrize("when", ["now", "later"])
def test_one_call_stops_a_group_at_one_commit(
    servers: SharedServers, client_of: Callable[[str], Client], version: str, when: str  # noqa: F811
) -> None:
    ends = Ends(servers, version, f"group_{version}_{when}")
    ends.on_source(LEDGER)
    ends.on_target(LEDGER_ON_TARGET.format(schema=ends.schema))
    book = Runbook(client_of("boto3"), f"group-{version}-{when}").begin()
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
    writer = Writer(ends)
    try:
        book.until(lambda: ends.rows(f"SELECT count(*) > 3 FROM {ends.schema}.child") == [(True,)], 60, "the first rows")
        if when == "now":
            book.call("StopReplicationTask", ReplicationTaskArn=",".join(tasks))
            assert [book.status(task) for task in tasks] == ["stopping", "stopping"]
        else:
            moment = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=5)
            point = f"commit_time:{moment:%Y-%m-%dT%H:%M:%S}"
            book.call("ModifyReplicationTask", ReplicationTaskArn=",".join(tasks), CdcStopPosition=point)
            assert [book.status(task) for task in tasks] == ["running", "running"]
        book.until(lambda: {book.status(task) for task in tasks} == {"stopped"}, 60, "the group to stop")
    finally:
        writer.close()
    stopped: list[dict[str, Any]] = [book.describe(task) for task in tasks]
    assert {one["StopReason"] for one in stopped} == {"Stop Reason STOPPED_AT_COMMIT_TIME"}
    assert stopped[0]["RecoveryCheckpoint"] == stopped[1]["RecoveryCheckpoint"] != ""
    counts = ends.rows(f"SELECT (SELECT count(*) FROM {ends.schema}.parent), (SELECT count(*) FROM {ends.schema}.child)")
    assert counts[0][0] - counts[0][1] in (0, 1), counts  # the point may lie between the two
    if when == "later":
        for task in tasks:
            book.modify(task, CdcStopPosition="")
    for task in tasks:
        book.start(task, "resume-processing")
    book.until(
        lambda: ends.rows(f"SELECT (SELECT count(*) FROM {ends.schema}.parent) - (SELECT count(*) FROM {ends.schema}.child)") == [(0,)],
        60,
        "the rest",
    )
    book.end()
