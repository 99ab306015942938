"""Each waiter over the operations that are served ends as it should: when its state is reached, and when it cannot be."""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Iterator

import pytest
from botocore.exceptions import WaiterError
from clients import Boto3, CommandLine
from godwit_server import GodwitServer
from runbook import Runbook, select
from servers import PASSWORD_USER, SharedServers
from service_model import ServiceModel

Filters = list[dict[str, Any]]

DRIVEN = {
    "endpoint_deleted",
    "replication_instance_available",
    "replication_instance_deleted",
    "replication_task_deleted",
    "replication_task_ready",
    "replication_task_running",
    "replication_task_stopped",
    "test_connection_succeeds",
}


class Waiting:
    """Waits by boto3, asking each 0.2 s; what is settled already also by the AWS CLI, which asks at once."""

    def __init__(self, client: Any, server: GodwitServer) -> None:
        self._client, self._aws = client, CommandLine(server)

    def succeeds(self, waiter: str, filters: Filters) -> None:
        config = {"Delay": 0.2, "MaxAttempts": 300}
        self._client.get_waiter(waiter).wait(Filters=filters, WaiterConfig=config)

    def fails(self, waiter: str, filters: Filters) -> str:
        """For a state that cannot lead to the awaited one: what the waiter says."""
        begun = time.monotonic()
        with pytest.raises(WaiterError) as failed:
            self._client.get_waiter(waiter).wait(Filters=filters, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        assert "Max attempts exceeded" not in str(failed.value)
        assert time.monotonic() - begun < 30
        return str(failed.value)

    def by_command_line(self, waiter: str, filters: Filters) -> None:
        """Succeeds at its first look."""
        found = filters[0]
        words = f"Name={found['Name']},Values={found['Values'][0]}"
        self._aws.run("dms", "wait", waiter.replace("_", "-"), "--filters", words, timeout_s=15)


@pytest.fixture
def waiting(checked_client: Callable[..., Any], server: GodwitServer) -> Waiting:
    return Waiting(checked_client(), server)


def named(name: str, value: str) -> Filters:
    return [{"Name": name, "Values": [value]}]


def test_every_waiter_of_the_sdk_is_one_of_these(dms: Any, model: ServiceModel) -> None:
    served = {name for name, operation in model.operations.items() if operation.tier == "must"}
    assert {name for name in dms.waiter_names if dms.get_waiter(name).config.operation in served} == DRIVEN


def test_waiters_of_what_is_not_served_yet_end_at_once_and_say_so(dms: Any, model: ServiceModel) -> None:
    for name in set(dms.waiter_names) - DRIVEN:
        waiter = dms.get_waiter(name)
        begun = time.monotonic()
        with pytest.raises(WaiterError) as failed:
            waiter.wait(**model.least_input(waiter.config.operation))
        assert time.monotonic() - begun < 5
        assert "not supported" in str(failed.value), failed.value


def test_instances(waiting: Waiting, dms: Any) -> None:
    by_id = named("replication-instance-id", "waited-for")
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier="waited-for", ReplicationInstanceClass="dms.t3.medium"
    )["ReplicationInstance"]  # fmt: skip
    waiting.succeeds("replication_instance_available", by_id)
    waiting.by_command_line("replication_instance_available", by_id)
    assert "available" in waiting.fails("replication_instance_deleted", by_id)
    dms.delete_replication_instance(ReplicationInstanceArn=made["ReplicationInstanceArn"])
    waiting.succeeds("replication_instance_deleted", by_id)
    waiting.by_command_line("replication_instance_deleted", by_id)
    assert "ResourceNotFoundFault" in waiting.fails("replication_instance_available", by_id)


class Work:
    """A database on each side, a table with rows, and one user's instance and endpoints."""

    def __init__(self, servers: SharedServers, client: Any, name: str) -> None:
        self.source, self.target = servers.get("15", "source"), servers.get("15", "target")
        self.database = name.replace("-", "_")
        for server in (self.source, self.target):
            server.create_database(self.database)
        self.source.psql(
            "CREATE TABLE word (id int PRIMARY KEY); INSERT INTO word SELECT generate_series(1, 100)", self.database
        )
        self.book = Runbook(Boto3(client), name).begin()
        self.ends = [
            self.book.endpoint("source", self.source, self.database),
            self.book.endpoint("target", self.target, self.database),
        ]


@pytest.fixture
def work(
    request: pytest.FixtureRequest, servers: SharedServers, checked_client: Callable[..., Any]
) -> Iterator[Work]:
    name = f"wait-{request.node.name.removeprefix('test_').replace('_', '-')[:20].rstrip('-')}-{os.getpid()}"
    made = Work(servers, checked_client(), name)
    yield made
    made.book.end()
    for server in (made.source, made.target):
        server.drop_database(made.database)


def test_connections_and_endpoints(waiting: Waiting, work: Work) -> None:
    source = named("endpoint-arn", work.ends[0])
    waiting.succeeds("test_connection_succeeds", source)
    waiting.by_command_line("test_connection_succeeds", source)
    # With the call that begins a test the record is `testing`: what an earlier test found is not taken for its end.
    locked_out = work.book.call(
        "CreateEndpoint",
        EndpointIdentifier=f"{work.book.name}-locked-out", EndpointType="source", EngineName="postgres",
        ServerName="127.0.0.1", Port=work.source.port, Username=PASSWORD_USER, Password="not-it",
        DatabaseName=work.database,
    )["Endpoint"]["EndpointArn"]  # fmt: skip
    work.book.call("TestConnection", ReplicationInstanceArn=work.book.instance, EndpointArn=locked_out)
    assert "failed" in waiting.fails("test_connection_succeeds", named("endpoint-arn", locked_out))
    assert "ResourceNotFoundFault" in waiting.fails("test_connection_succeeds", named("endpoint-arn", "none"))
    assert "active" in waiting.fails("endpoint_deleted", named("endpoint-arn", locked_out))
    work.book.call("DeleteEndpoint", EndpointArn=locked_out)
    waiting.succeeds("endpoint_deleted", named("endpoint-arn", locked_out))
    waiting.by_command_line("endpoint_deleted", named("endpoint-arn", locked_out))


def test_tasks_from_their_making_to_their_end(waiting: Waiting, work: Work, dms: Any) -> None:
    task = work.book.task("following", work.ends, "full-load-and-cdc", {"rules": select("public")})
    it = named("replication-task-arn", task)
    waiting.succeeds("replication_task_ready", it)
    waiting.by_command_line("replication_task_ready", it)
    for other in ("running", "stopped", "deleted"):
        assert "ready" in waiting.fails(f"replication_task_{other}", it)
    # Modified, it never looks like one that was stopped.
    dms.modify_replication_task(ReplicationTaskArn=task, CdcStopPosition="server_time:2099-01-01T00:00:00")
    waiting.succeeds("replication_task_ready", it)
    dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="start-replication")
    waiting.succeeds("replication_task_running", it)  # the call before is enough: its first look finds no `ready`
    waiting.by_command_line("replication_task_running", it)
    for other in ("ready", "deleted"):
        assert "running" in waiting.fails(f"replication_task_{other}", it)
    dms.stop_replication_task(ReplicationTaskArn=task)
    waiting.succeeds("replication_task_stopped", it)
    waiting.by_command_line("replication_task_stopped", it)
    for other in ("ready", "running", "deleted"):
        assert "stopped" in waiting.fails(f"replication_task_{other}", it)
    dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="resume-processing")
    waiting.succeeds("replication_task_running", it)
    dms.stop_replication_task(ReplicationTaskArn=task)
    waiting.succeeds("replication_task_stopped", it)


def test_a_full_load_is_seen_running_however_short_it_is(waiting: Waiting, work: Work, dms: Any) -> None:
    task = work.book.task("short", work.ends, "full-load", {"rules": select("public")})
    it = named("replication-task-arn", task)
    for how in ("start-replication", "reload-target", "reload-target"):
        dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType=how)
        waiting.succeeds("replication_task_running", it)
        waiting.succeeds("replication_task_stopped", it)


def test_a_stop_is_awaited_from_the_first_look(waiting: Waiting, work: Work, dms: Any) -> None:
    task = work.book.task("stopping", work.ends, "cdc", {"rules": select("public")})
    it = named("replication-task-arn", task)
    dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="start-replication")
    dms.stop_replication_task(ReplicationTaskArn=task)  # while it starts
    waiting.succeeds("replication_task_stopped", it)


def test_a_task_that_fails_ends_every_wait_but_that_for_its_going(waiting: Waiting, work: Work, dms: Any) -> None:
    rules = {"rules": select("no_such_schema")}
    settings = {"ErrorBehavior": {"FailOnNoTablesCaptured": True}}
    task = work.book.task("failing", work.ends, "full-load", rules, settings)
    it = named("replication-task-arn", task)
    dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="start-replication")
    assert "failed" in waiting.fails("replication_task_running", it)
    for other in ("ready", "running", "stopped", "deleted"):
        assert "failed" in waiting.fails(f"replication_task_{other}", it)


def test_a_deleted_task_is_gone(waiting: Waiting, work: Work, dms: Any) -> None:
    by_id = named("replication-task-id", f"{work.book.name}-leaving")
    made = dms.create_replication_task(
        ReplicationTaskIdentifier=f"{work.book.name}-leaving", SourceEndpointArn=work.ends[0],
        TargetEndpointArn=work.ends[1], ReplicationInstanceArn=work.book.instance, MigrationType="full-load-and-cdc",
        TableMappings='{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",'
        ' "object-locator": {"schema-name": "public", "table-name": "%"}}]}',
    )["ReplicationTask"]  # fmt: skip
    waiting.succeeds("replication_task_ready", by_id)  # the first look may find it `creating`
    arn = made["ReplicationTaskArn"]
    dms.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType="start-replication")
    waiting.succeeds("replication_task_running", by_id)
    dms.stop_replication_task(ReplicationTaskArn=arn)
    waiting.succeeds("replication_task_stopped", by_id)
    dms.delete_replication_task(ReplicationTaskArn=arn)
    waiting.succeeds("replication_task_deleted", by_id)
    waiting.by_command_line("replication_task_deleted", by_id)
    assert "ResourceNotFoundFault" in waiting.fails("replication_task_running", by_id)
