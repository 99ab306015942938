"""What the stories' users do, over any client: endpoints, an instance, tasks, and waiting for them."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Mapping, Sequence

from clients import Client, Fault
from mysql_server import MySqlServer
from servers import PASSWORD, PASSWORD_USER, Server

STARTING = {"creating", "starting", "modifying", "stopping", "moving", "testing", "deleting"}


class Runbook:
    """One user's work on one server. Identifiers begin with `name`, so that stories share a server."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name
        self.instance = ""
        self._ends: list[str] = []
        self._tasks: list[str] = []

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        return self.client.call(operation, **given)

    # --- resources ---

    def begin(self) -> Runbook:
        made = self.call(
            "CreateReplicationInstance",
            ReplicationInstanceIdentifier=f"{self.name}-node", ReplicationInstanceClass="dms.t3.medium",
        )  # fmt: skip
        self.instance = made["ReplicationInstance"]["ReplicationInstanceArn"]
        self.until(lambda: self.describe_instance()["ReplicationInstanceStatus"] == "available", 30, "the instance")
        return self

    def describe_instance(self) -> dict[str, Any]:
        found = self.call(
            "DescribeReplicationInstances",
            Filters=[{"Name": "replication-instance-id", "Values": [f"{self.name}-node"]}],
        )
        (one,) = found["ReplicationInstances"]
        return dict(one)

    def endpoint(self, kind: str, server: Server, database: str, suffix: str = "", **more: Any) -> str:
        """A tested endpoint. `kind` is source or target."""
        mysql = isinstance(server, MySqlServer)
        engine = ("mariadb" if server.version == "mariadb" else "mysql") if mysql else "postgres"
        place = {} if mysql else {"DatabaseName": database}
        made = self.call(
            "CreateEndpoint",
            EndpointIdentifier=f"{self.name}-{kind}{suffix}", EndpointType=kind, EngineName=engine,
            ServerName="127.0.0.1", Port=server.port, Username=PASSWORD_USER, Password=PASSWORD, **place, **more,
        )["Endpoint"]  # fmt: skip
        assert "Password" not in made and PASSWORD not in json.dumps(made, default=str)
        arn = str(made["EndpointArn"])
        self._ends.append(arn)
        self.test_connection(arn)
        return arn

    def test_connection(self, endpoint: str) -> None:
        self.call("TestConnection", ReplicationInstanceArn=self.instance, EndpointArn=endpoint)

        def tested() -> bool:
            (row,) = self.call(
                "DescribeConnections", Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}]
            )["Connections"]  # fmt: skip
            assert row["Status"] != "failed", row
            return bool(row["Status"] == "successful")

        self.until(tested, 30, "the connection test")

    def task(
        self, suffix: str, ends: Sequence[str], kind: str, mappings: Mapping[str, Any],
        settings: Mapping[str, Any] | None = None, **more: Any,
    ) -> str:  # fmt: skip
        if settings is not None:
            more["ReplicationTaskSettings"] = json.dumps(settings)
        made = self.call(
            "CreateReplicationTask",
            ReplicationTaskIdentifier=f"{self.name}-{suffix}", SourceEndpointArn=ends[0], TargetEndpointArn=ends[1],
            ReplicationInstanceArn=self.instance, MigrationType=kind, TableMappings=json.dumps(mappings), **more,
        )["ReplicationTask"]  # fmt: skip
        arn = str(made["ReplicationTaskArn"])
        self._tasks.append(arn)
        self.until_status(arn, "ready", 30)
        return arn

    def delete(self, task: str) -> None:
        self.call("DeleteReplicationTask", ReplicationTaskArn=task)
        self.until(lambda: self.is_gone(task), 60, "the task to go")
        self._tasks.remove(task)

    def end(self) -> None:
        """Everything is deleted, as a user cleans up; what is left on a server would fail the tests after it."""
        for task in self._tasks:
            self.settle(task)
            self.call("DeleteReplicationTask", ReplicationTaskArn=task)
        for task in self._tasks:
            self.until(lambda task=task: self.is_gone(task), 60, "the task to go")  # type: ignore[misc]
        for endpoint in self._ends:
            self.call("DeleteEndpoint", EndpointArn=endpoint)
        self.call("DeleteReplicationInstance", ReplicationInstanceArn=self.instance)

    def settle(self, task: str) -> None:
        if self.status(task) in ("running", "starting"):
            self.stop(task)

    # --- runs ---

    def describe(self, task: str) -> dict[str, Any]:
        found = self.call("DescribeReplicationTasks", Filters=[{"Name": "replication-task-arn", "Values": [task]}])
        (one,) = found["ReplicationTasks"]
        return dict(one)

    def is_gone(self, task: str) -> bool:
        try:
            one = self.describe(task)
        except Fault as fault:
            assert fault.code == "ResourceNotFoundFault", fault
            return True
        assert one["Status"] == "deleting", one
        return False

    def status(self, task: str) -> str:
        return str(self.describe(task)["Status"])

    def start(self, task: str, how: str = "start-replication", **more: Any) -> None:
        self.call("StartReplicationTask", ReplicationTaskArn=task, StartReplicationTaskType=how, **more)

    def stop(self, task: str) -> None:
        self.until(lambda: self.status(task) == "running", 60, "the task to run before it is stopped")
        self.call("StopReplicationTask", ReplicationTaskArn=task)
        self.until_status(task, "stopped", 60)

    def modify(self, task: str, **change: Any) -> None:
        self.call("ModifyReplicationTask", ReplicationTaskArn=task, **change)
        self.until(lambda: self.status(task) not in STARTING, 30, "the change of the task")

    def until_status(self, task: str, status: str, timeout_s: float = 120) -> dict[str, Any]:
        def there() -> bool:
            one = self.describe(task)
            if one["Status"] not in STARTING | {"running", status}:
                raise AssertionError(f"waited for {status}: {one}")
            return bool(one["Status"] == status)

        self.until(there, timeout_s, f"the task to be {status}")
        return self.describe(task)

    def statistics(self, task: str) -> dict[tuple[str, str], dict[str, Any]]:
        rows, marker = [], {}
        while True:
            page = self.call("DescribeTableStatistics", ReplicationTaskArn=task, **marker)
            rows += page["TableStatistics"]
            if "Marker" not in page:
                return {(row["SchemaName"], row["TableName"]): row for row in rows}
            marker = {"Marker": page["Marker"]}

    def until_loaded(self, task: str, timeout_s: float = 120) -> None:
        self.until(
            lambda: self.describe(task).get("ReplicationTaskStats", {}).get("FullLoadProgressPercent") == 100,
            timeout_s, "the full load",
        )  # fmt: skip

    @staticmethod
    def until(there: Callable[[], bool], timeout_s: float, what: str) -> None:
        end = time.monotonic() + timeout_s
        while not there():
            assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
            time.sleep(0.2)


def select(schema: str, *tables: str, **action: str) -> list[dict[str, Any]]:
    """Selection rules: these tables of a schema, all of them without names."""
    return [
        {
            "rule-type": "selection",
            "rule-id": str(number),
            "rule-name": f"select {table}",
            "object-locator": {"schema-name": schema, "table-name": table},
            "rule-action": "include",
            **action,
        }
        for number, table in enumerate(tables or ("%",), 1)
    ]
