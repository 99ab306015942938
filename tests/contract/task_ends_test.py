"""What a task was made for stays possible: its endpoints keep their kind of database, its positions are of its source."""

from __future__ import annotations

import datetime
import os
from typing import Any, Callable, Iterator

import pytest
from botocore.exceptions import ClientError
from clients import Boto3, Fault
from runbook import Runbook, select
from servers import PostgresServer, Server, SharedServers

VALUE, STATE = "InvalidParameterValueException", "InvalidResourceStateFault"
TIME = datetime.datetime(2018, 3, 8, 12, 12, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def database(servers: SharedServers) -> Iterator[str]:
    name = f"task_ends_{os.getpid()}"
    ends = (servers.get("15", "source"), servers.get("mariadb", "source"), servers.get("15", "target"))
    for server in ends:
        server.create_database(name)
    yield name
    for server in ends:
        server.drop_database(name)


@pytest.fixture
def book(dms: Any) -> Iterator[Runbook]:
    made = Runbook(Boto3(dms), "task-ends").begin()
    yield made
    made.end()


def refusal(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def ends_of(book: Runbook, source: Server, target: Server, database: str) -> tuple[str, str]:
    return book.endpoint("source", source, database), book.endpoint("target", target, database)


@pytest.mark.parametrize("side", ["source", "target"])
def test_an_endpoint_that_a_task_uses_keeps_its_kind_of_database(
    dms: Any, book: Runbook, servers: SharedServers, database: str, side: str
) -> None:
    ends = ends_of(book, servers.get("mariadb", "source"), servers.get("15", "target"), database)
    book.task("kind", ends, "full-load", {"rules": select(database)})
    endpoint, other = (ends[0], "postgres") if side == "source" else (ends[1], "mysql")
    code, message = refusal(
        dms.modify_endpoint, EndpointArn=endpoint, EngineName=other, DatabaseName=database, ServerName="127.0.0.1"
    )
    assert code == STATE and "task-ends-kind" in message, message
    (kept,) = dms.describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}])["Endpoints"]
    assert kept["EngineName"] == ("mariadb" if side == "source" else "postgres")
    if side == "source":  # another name of the same kind
        dms.modify_endpoint(EndpointArn=endpoint, EngineName="mysql")


REFUSED: dict[str, tuple[dict[str, Any], ...]] = {
    "15": (
        {"CdcStartPosition": "garbage"},
        {"CdcStartPosition": "mysql-bin.000012:4567"},
        {"CdcStartPosition": "2018-03-08T12:12:12"},
        {"CdcStartTime": TIME},
        {"CdcStopPosition": "position:garbage"},
    ),
    "mariadb": (
        {"CdcStartPosition": "garbage"},
        {"CdcStartPosition": "4AF/B00000D0"},
        {"CdcStopPosition": "position:4AF/B00000D0"},
        {"CdcStopPosition": "position:2018-03-08T12:12:12"},
    ),
}
TAKEN: dict[str, tuple[dict[str, Any], ...]] = {
    "15": (
        {"CdcStartPosition": "4AF/B00000D0"},
        {"CdcStartPosition": "checkpoint:V1#34#00000132/0F000E48#0#0#*#0#121"},
        {"CdcStopPosition": "position:4AF/B00000D0"},
        {"CdcStopPosition": "commit_time: 2030-02-09T12:12:12"},
    ),
    "mariadb": (
        {"CdcStartPosition": "mysql-bin-changelog.000024:373"},
        {"CdcStartPosition": "2018-03-08T12:12:12"},
        {"CdcStartTime": TIME},
        {"CdcStopPosition": "position:mysql-bin-changelog.000024:373"},
        {"CdcStartPosition": "checkpoint:V1#27#mysql-bin-changelog.157832:1975:-1:2002:677883278264080:"
                             "mysql-bin-changelog.157832:1876#0#0#*#0#93"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("version", ["15", "mariadb"])
def test_a_position_that_the_source_cannot_have_is_refused_by_each_call_and_the_stored_one_stays(
    dms: Any, book: Runbook, servers: SharedServers, database: str, version: str
) -> None:
    source = servers.get(version, "source")
    schema = "public" if isinstance(source, PostgresServer) else database
    ends = ends_of(book, source, servers.get("15", "target"), database)
    mappings = {"rules": select(schema)}
    for given in REFUSED[version]:
        with pytest.raises(Fault) as refused:
            book.task("refused", ends, "cdc", mappings, **given)
        assert refused.value.code == VALUE, given
    task = book.task("positions", ends, "cdc", mappings)
    for given in TAKEN[version]:
        dms.modify_replication_task(ReplicationTaskArn=task, **given)
    before = book.describe(task)
    for given in REFUSED[version]:
        assert refusal(dms.modify_replication_task, ReplicationTaskArn=task, **given)[0] == VALUE, given
        start = {"ReplicationTaskArn": task, "StartReplicationTaskType": "start-replication", **given}
        code, message = refusal(dms.start_replication_task, **start)
        assert code == VALUE and next(iter(given))[:8] in message, message
    assert book.describe(task) == before
