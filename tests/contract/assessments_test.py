"""Premigration assessments by stock clients: runs over tasks of real servers, from PostgreSQL and from MariaDB."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from clients import Boto3, Client, CommandLine, Fault, JavaScript
from godwit_server import GodwitServer
from mysql_server import MySqlServer
from runbook import Runbook, select
from servers import PostgresServer, Server, SharedServers

ROLE = "arn:aws:iam::123456789012:role/any"
ENDED = {"passed", "warning", "failed", "error-executing"}
# A change of a keyless table cannot be followed; on MariaDB neither one whose log holds keys alone.
TABLES = """
CREATE TABLE item (id int PRIMARY KEY, note text); INSERT INTO item VALUES (1, 'one');
CREATE TABLE visit (day date, page varchar(20)); INSERT INTO visit VALUES ('2026-03-01', 'home');
"""


class Work:
    """A database on each side, endpoints, and a task that follows changes; `runs` of it."""

    def __init__(
        self, source: Server, target: Server, client: Client, newest: Client, name: str, data: Path
    ) -> None:  # fmt: skip
        self.source, self.target, self.newest = source, target, newest
        self.database, self.data = name.replace("-", "_"), data
        for server in (self.source, self.target):
            server.create_database(self.database)
        self.on_source(TABLES)
        self.book = Runbook(client, name).begin()
        ends = [
            self.book.endpoint("source", self.source, self.database),
            self.book.endpoint("target", self.target, self.database),
        ]
        self.schema = self.database if isinstance(self.source, MySqlServer) else "public"
        self.task = self.book.task("task", ends, "full-load-and-cdc", {"rules": select(self.schema)})

    def on_source(self, script: str) -> None:
        if isinstance(self.source, MySqlServer):
            self.source.script(script, self.database)
        else:
            self.source.psql(script, self.database)

    def start(self, name: str, **more: Any) -> str:
        begun = self.book.call(
            "StartReplicationTaskAssessmentRun",
            ReplicationTaskArn=self.task, ServiceAccessRoleArn=ROLE, ResultLocationBucket="results",
            ResultLocationFolder=self.book.name, AssessmentRunName=name, **more,
        )["ReplicationTaskAssessmentRun"]  # fmt: skip
        assert begun["Status"] == "starting"
        return str(begun["ReplicationTaskAssessmentRunArn"])

    def describe(self, run: str) -> dict[str, Any]:
        by_arn = [{"Name": "replication-task-assessment-run-arn", "Values": [run]}]
        rows = "ReplicationTaskAssessmentRuns"
        (one,) = self.book.call("DescribeReplicationTaskAssessmentRuns", Filters=by_arn)[rows]
        if "ResultStatistic" not in one:  # Debian's CLI is older than some members
            (one,) = self.newest.call("DescribeReplicationTaskAssessmentRuns", Filters=by_arn)[rows]
        return dict(one)

    def until_ended(self, run: str) -> dict[str, Any]:
        self.book.until(lambda: self.describe(run)["Status"] in ENDED, 120, "the assessment run")
        self.book.until(lambda: self.book.status(self.task) in ("ready", "stopped"), 30, "the task to rest")
        return self.describe(run)

    def statuses(self, run: str) -> dict[str, str]:
        by_arn = [{"Name": "replication-task-assessment-run-arn", "Values": [run]}]
        found: dict[str, str] = {}
        marker: dict[str, str] = {}
        while True:
            page = self.book.call("DescribeReplicationTaskIndividualAssessments", Filters=by_arn, **marker)
            rows = page["ReplicationTaskIndividualAssessments"]
            found |= {row["IndividualAssessmentName"]: row["Status"] for row in rows}
            if "Marker" not in page:
                return found
            marker = {"Marker": page["Marker"]}

    def file(self, run_name: str, name: str) -> dict[str, Any]:
        path = self.data / "assessments/results" / self.book.name / run_name / f"{name}.json"
        read: dict[str, Any] = json.loads(path.read_text())
        return read

    def end(self) -> None:
        self.book.end()
        for server in (self.source, self.target):
            server.drop_database(self.database)


@pytest.fixture
def make_work(
    servers: SharedServers, server: GodwitServer, own_server: GodwitServer, checked_client: Callable[..., Any]
) -> Iterator[Callable[..., Work]]:
    """`own_server` outlives the work that is done on it."""
    made: list[tuple[Work, Client]] = []

    def make(version: str, kind: str, name: str, on: GodwitServer | None = None, target: str = "15") -> Work:
        where = on or server
        kinds: dict[str, Callable[[], Client]] = {
            "boto3": lambda: Boto3(checked_client(on=where)),
            "cli": lambda: CommandLine(where),
            "javascript": lambda: JavaScript(where),
        }
        client = kinds[kind]()
        ends = servers.get(version, "source"), servers.get(target, "target")
        newest = Boto3(checked_client(on=where))
        made.append((Work(*ends, client, newest, f"{name}-{os.getpid()}", where.data), client))
        return made[-1][0]

    yield make
    for work, client in made:
        work.end()
        client.close()


@contextmanager
def missing_prerequisite(work: Work) -> Iterator[tuple[str, str]]:
    """What is missing on the source's log: the assessment that tells it, and the statement that mends it."""
    if isinstance(work.source, PostgresServer):
        yield "godwit-replica-identity", 'ALTER TABLE "public"."visit" REPLICA IDENTITY FULL;'
        return
    work.source.query("SET GLOBAL binlog_row_image = 'MINIMAL'")
    try:
        yield "mariadb-check-binlog-image", "SET GLOBAL binlog_row_image = 'FULL'"
    finally:
        work.source.query("SET GLOBAL binlog_row_image = 'FULL'")


@pytest.mark.parametrize("version, client", [("15", "cli"), ("mariadb", "boto3"), ("15", "javascript")])
def test_story_1_a_missing_prerequisite_is_found_before_the_start_and_named_with_the_statement_that_mends_it(
    make_work: Callable[..., Work], version: str, client: str
) -> None:
    work = make_work(version, client, f"premigration-{version}-{client}")
    applicable = work.book.call("DescribeApplicableIndividualAssessments", ReplicationTaskArn=work.task)
    with missing_prerequisite(work) as (assessment, statement):
        assert assessment in applicable["IndividualAssessmentNames"]
        run = work.start("before")
        assert work.book.status(work.task) in ("testing", "ready")
        ended = work.until_ended(run)
        assert ended["Status"] == "failed" and assessment in ended["LastFailureMessage"]
        statuses = work.statuses(run)
        assert list(statuses) == applicable["IndividualAssessmentNames"]
        assert statuses[assessment] == "failed"
        assert statuses["table-with-no-primary-key-or-unique-constraint"] == "warning"
        counted = ended["ResultStatistic"]
        assert counted["Failed"] >= 1 and counted["Warning"] >= 1 and counted["Error"] == 0, statuses
        assert ended["AssessmentProgress"] == {
            "IndividualAssessmentCount": len(statuses),
            "IndividualAssessmentCompletedCount": len(statuses),
        }
        assert sum(counted.values()) == len(statuses)

        summary = work.file("before", "summary")
        assert summary["overall-test-result"] == "failed"
        assert assessment in [one["test-name"] for one in summary["summary"]["failed"]]
        result = work.file("before", assessment)
        remedies = [remedy for one in result["results"] for remedy in one["remedy"]["statements"]]
        assert any(remedy.startswith(statement) for remedy in remedies), remedies
        work.on_source(next(remedy for remedy in remedies if remedy.startswith(statement)))

        again = work.start("after", IncludeOnly=[assessment])
        assert work.until_ended(again)["Status"] == "passed"
        assert not work.describe(run)["IsLatestTaskAssessmentRun"]
        assert work.describe(again)["IsLatestTaskAssessmentRun"]

    with pytest.raises(Fault, match="ResourceAlreadyExistsFault"):
        work.start("after")
    work.book.call("DeleteReplicationTaskAssessmentRun", ReplicationTaskAssessmentRunArn=again)
    with pytest.raises(Fault, match="No Assessment Runs found matching provided filters"):
        work.describe(again)
    assert work.file("after", "summary")["overall-test-result"] == "passed"

    work.book.start(work.task)
    work.book.until_status(work.task, "running")
    work.book.until_loaded(work.task)
    with pytest.raises(Fault, match="InvalidResourceStateFault: Replication Task cannot be assessed"):
        work.start("while-it-runs")
    work.book.stop(work.task)
    run = work.start("stopped", Exclude=[assessment])
    work.until_ended(run)
    assert work.book.status(work.task) == "stopped" and assessment not in work.statuses(run)


@contextmanager
def measuring_waits(work: Work) -> Iterator[None]:
    """An assessment that reads the table `item` waits for somebody's lock."""
    assert isinstance(work.source, PostgresServer)
    holder = work.source.connect(work.database)
    try:
        holder.autocommit = False
        holder.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        holder.close()


def test_a_run_is_cancelled_whatever_a_server_is_busy_with(make_work: Callable[..., Work]) -> None:
    work = make_work("15", "cli", "cancelled")
    with measuring_waits(work):
        run = work.start("held-up")
        work.book.until(lambda: "running" in work.statuses(run).values(), 30, "an assessment that runs")
        assert work.describe(run)["Status"] == "running" and work.book.status(work.task) == "testing"
        with pytest.raises(Fault, match="InvalidResourceStateFault"):
            work.book.call("DeleteReplicationTaskAssessmentRun", ReplicationTaskAssessmentRunArn=run)
        cancelled = work.book.call("CancelReplicationTaskAssessmentRun", ReplicationTaskAssessmentRunArn=run)
        assert cancelled["ReplicationTaskAssessmentRun"]["Status"] == "cancelling"
        work.book.until(lambda: work.book.status(work.task) == "ready", 30, "the run to end")
    assert work.describe(run)["Status"] == "cancelling"
    assert work.describe(run)["ResultStatistic"]["Cancelled"] > 0
    assert not {"pending", "running"} & set(work.statuses(run).values())
    work.book.call("DeleteReplicationTaskAssessmentRun", ReplicationTaskAssessmentRunArn=run)


def test_a_run_of_a_killed_server_is_ended_by_the_next_one(
    make_work: Callable[..., Work], own_server: GodwitServer, checked_client: Callable[..., Any]
) -> None:
    own_server.start()
    work = make_work("15", "boto3", "killed", on=own_server)
    with measuring_waits(work):
        run = work.start("cut-short")
        work.book.until(lambda: "running" in work.statuses(run).values(), 30, "an assessment that runs")
        own_server.kill()
    own_server.start()
    work.book.client = Boto3(checked_client(on=own_server))
    ended = work.describe(run)
    assert ended["Status"] == "error-executing" and "server ended" in ended["LastFailureMessage"]
    assert work.book.status(work.task) == "ready"
    again = work.start("again", IncludeOnly=["all-check-source-selection-rules"])
    assert work.until_ended(again)["Status"] == "passed"


def test_a_server_stops_while_a_run_is_held_up(
    make_work: Callable[..., Work], own_server: GodwitServer, checked_client: Callable[..., Any]
) -> None:
    own_server.start()
    work = make_work("15", "boto3", "ended", on=own_server)
    with measuring_waits(work):
        run = work.start("cut-short")
        work.book.until(lambda: "running" in work.statuses(run).values(), 30, "an assessment that runs")
        own_server.stop()
    own_server.start()
    work.book.client = Boto3(checked_client(on=own_server))
    assert work.describe(run)["Status"] == "error-executing"
    assert work.book.status(work.task) == "ready"


def test_data_types_that_move_as_something_else_are_reported(make_work: Callable[..., Work]) -> None:
    work = make_work("15", "cli", "types", target="mariadb")
    work.on_source("CREATE TABLE place (id int PRIMARY KEY, words tsvector)")
    begun = work.book.call("StartReplicationTaskAssessment", ReplicationTaskArn=work.task)["ReplicationTask"]
    assert begun["Status"] == "testing"
    work.book.until(lambda: work.book.status(work.task) == "ready", 60, "the report")
    # Not by the CLI, which pages and leaves out what is no row of a page.
    reply = work.newest.call("DescribeReplicationTaskAssessmentResults", ReplicationTaskArn=work.task)
    (one,) = reply["ReplicationTaskAssessmentResults"]
    assert one["AssessmentStatus"] == "Issues found"
    report = json.loads(one["AssessmentResults"])
    assert report["summary"]["task-name"] == one["ReplicationTaskIdentifier"] == f"{work.book.name}-task"
    (kind,) = [kind for kind in report["types"] if kind["data-type"] == "tsvector"]
    assert kind["schemas"][0]["tables"] == [{"table-name": "place", "columns": ["words"]}]
    written = work.data / "assessments" / reply["BucketName"] / one["AssessmentResultsFile"]
    assert one["S3ObjectUrl"] == f"file://{written}" and json.loads(written.read_text()) == report
    every = work.book.call("DescribeReplicationTaskAssessmentResults")["ReplicationTaskAssessmentResults"]
    assert one["ReplicationTaskArn"] in [row["ReplicationTaskArn"] for row in every]


def test_every_name_is_listed_page_by_page(dms: Any) -> None:
    names: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = dms.describe_applicable_individual_assessments(MaxRecords=20, **marker)
        assert len(page["IndividualAssessmentNames"]) <= 20
        names += page["IndividualAssessmentNames"]
        if "Marker" not in page:
            break
        marker = {"Marker": page["Marker"]}
    assert len(names) == len(set(names)) > 80
    assert {"postgres-check-wallevel", "mysql-check-server-id", "mariadb-check-binlog-image"} <= set(names)


def test_a_viewer_reads_results_and_starts_nothing(checked_client: Callable[..., Any]) -> None:
    viewer = Boto3(checked_client(role="viewer"))
    viewer.call("DescribeReplicationTaskAssessmentRuns")
    viewer.call("DescribeReplicationTaskIndividualAssessments")
    viewer.call("DescribeReplicationTaskAssessmentResults")
    with pytest.raises(Fault, match="AccessDeniedException"):
        viewer.call("StartReplicationTaskAssessment", ReplicationTaskArn="arn:aws:dms:us-east-1:1:task:X")
