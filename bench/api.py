"""api: what each call of the console takes, alone and with 50 in flight, while three tasks run; the server's memory."""

from __future__ import annotations

import itertools
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

import api_load
from godwit_server import REGION, GodwitServer
from measure import CommandFailed
from servers import PASSWORD, PASSWORD_USER, PostgresServer
from writers import Writers

MEDIAN_MS_MAX, CALL_MS_MAX, MEMORY_MB_MAX = 20, 1000, 150
IN_FLIGHT = 50
RUNNING = 3
SCHEMA = """
CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL, note text);
INSERT INTO orders (customer, note) SELECT g % 100, md5(g::text) FROM generate_series(1, 20000) g;
"""
MORE_TABLES = 150  # beside orders, so that table statistics have pages

Body = dict[str, Any]


def insert_order(cursor: Any, chance: Any) -> None:
    cursor.execute("INSERT INTO orders (customer, note) VALUES (%s, 'new')", (chance.randint(1, 100),))
    time.sleep(0.01)


def update_order(cursor: Any, chance: Any) -> None:
    cursor.execute("UPDATE orders SET note = 'changed' WHERE id = %s", (chance.randint(1, 20000),))
    time.sleep(0.01)


def mappings(rules: int = 5) -> str:
    names = ["%"] + [f"archive_{number}" for number in range(1, rules)]
    return json.dumps({
        "rules": [
            {"rule-type": "selection", "rule-id": str(number), "rule-name": f"rule {number}", "rule-action":
             "include" if number == 1 else "exclude", "object-locator": {"schema-name": "public", "table-name": name}}
            for number, name in enumerate(names, 1)
        ]
    })  # fmt: skip


class Site:
    """The server with what a large user has: instances, endpoints, tasks; three of the tasks run."""

    def __init__(self, server: GodwitServer, ends: tuple[PostgresServer, PostgresServer]) -> None:
        self._server, self._ends = server, ends
        self.dms = server.client(max_pool_connections=8)
        self.instance = ""
        self.running: list[str] = []
        self.endpoint = ""

    def fill(self, tasks: int, endpoints: int) -> None:
        self.instance, other = (self._new_instance(name) for name in ("blue", "green"))
        pairs = [self._begin_running(number) for number in range(RUNNING)]
        self.endpoint = pairs[0][0]
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(self._new_endpoint, range(endpoints - 2 * RUNNING)))
            sources, targets = made[0::2], made[1::2]
            ends = list(itertools.islice(itertools.cycle(zip(sources, targets)), tasks - RUNNING))
            list(pool.map(lambda one: self._new_task(f"waiting-{one[0]}", one[1], other if one[0] % 2 else self.instance),
                          enumerate(ends)))  # fmt: skip
        self._until(lambda: all(self._status(task) == "running" for task in self.running), 120, "three running tasks")

    def _new_instance(self, name: str) -> str:
        made = self.dms.create_replication_instance(
            ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.r5.large",
            Tags=[{"Key": "team", "Value": name}],
        )["ReplicationInstance"]  # fmt: skip
        by_id = [{"Name": "replication-instance-id", "Values": [name]}]
        self.dms.get_waiter("replication_instance_available").wait(Filters=by_id, WaiterConfig={"Delay": 0.2})
        return str(made["ReplicationInstanceArn"])

    def _new_endpoint(self, number: int) -> str:
        postgres = number % 4 < 2
        place: Body = {"EngineName": "mysql", "Port": 3306}
        if postgres:
            place = {"EngineName": "postgres", "Port": 5432, "DatabaseName": "shop"}
        made = self.dms.create_endpoint(
            EndpointIdentifier=f"end-{number}", EndpointType="target" if number % 2 else "source",
            ServerName=f"db{number}.example.org", Username="mover", Password="not shown", **place,
        )  # fmt: skip
        return str(made["Endpoint"]["EndpointArn"])

    def _new_task(self, name: str, ends: tuple[str, str], instance: str) -> str:
        made = self.dms.create_replication_task(
            ReplicationTaskIdentifier=name, SourceEndpointArn=ends[0], TargetEndpointArn=ends[1],
            ReplicationInstanceArn=instance, MigrationType="full-load-and-cdc", TableMappings=mappings(),
            ReplicationTaskSettings=json.dumps({"Logging": {"EnableLogging": True}}),
        )  # fmt: skip
        return str(made["ReplicationTask"]["ReplicationTaskArn"])

    def _begin_running(self, number: int) -> tuple[str, str]:
        """Two tested endpoints and a task on them, started."""
        arns = []
        for side, server in zip(("source", "target"), self._ends, strict=True):
            server.create_database(f"shop{number}")
            made = self.dms.create_endpoint(
                EndpointIdentifier=f"{side}-{number}", EndpointType=side, EngineName="postgres",
                ServerName="127.0.0.1", Port=server.port, Username=PASSWORD_USER, Password=PASSWORD,
                DatabaseName=f"shop{number}",
            )  # fmt: skip
            arns.append(str(made["Endpoint"]["EndpointArn"]))
        tables = "".join(f"CREATE TABLE part_{number} (id int PRIMARY KEY);" for number in range(MORE_TABLES))
        self._ends[0].psql(SCHEMA + tables, f"shop{number}")
        for arn in arns:
            self.dms.test_connection(ReplicationInstanceArn=self.instance, EndpointArn=arn)
            by_arn = [{"Name": "endpoint-arn", "Values": [arn]}]
            self.dms.get_waiter("test_connection_succeeds").wait(Filters=by_arn, WaiterConfig={"Delay": 0.2})
        self.dms.refresh_schemas(EndpointArn=arns[0], ReplicationInstanceArn=self.instance)
        task = self._new_task(f"running-{number}", (arns[0], arns[1]), self.instance)
        self._until(lambda: self._status(task) == "ready", 30, "a new task")
        self.dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="start-replication")
        self.running.append(task)
        return arns[0], arns[1]

    def _status(self, task: str) -> str:
        by_arn = [{"Name": "replication-task-arn", "Values": [task]}]
        return str(self.dms.describe_replication_tasks(Filters=by_arn)["ReplicationTasks"][0]["Status"])

    @staticmethod
    def _until(there: Any, timeout_s: float, what: str) -> None:
        end = time.monotonic() + timeout_s
        while not there():
            if time.monotonic() > end:
                raise CommandFailed(f"waited {timeout_s} s for {what}")
            time.sleep(0.2)

    def writers(self) -> list[Writers]:
        works = [(1, insert_order), (1, update_order)]
        return [Writers(self._ends[0].uri(f"shop{number}"), works, clients=1) for number in range(RUNNING)]

    # --- calls ---

    def calls(self) -> Iterator[tuple[str, bytes]]:
        """Each page of the console asks these; what they are called, and the signed request."""
        task, instance = self.running[0], self.instance
        of_task = [{"Name": "replication-task-arn", "Values": [task]}]
        of_endpoint = [{"Name": "endpoint-arn", "Values": [self.endpoint]}]
        now = datetime.now(timezone.utc)
        yield from self._dms("DescribeReplicationTasks", "100 of them", {})
        yield from self._dms("DescribeReplicationTasks", "100, WithoutSettings", {"WithoutSettings": True})
        yield from self._dms("DescribeReplicationTasks", "one by ARN", {"Filters": of_task})
        yield from self._dms("DescribeTableStatistics", "100 tables", {"ReplicationTaskArn": task})
        yield from self._dms("DescribeEndpoints", "100 of them", {})
        yield from self._dms("DescribeEndpoints", "one by ARN", {"Filters": of_endpoint})
        yield from self._dms("DescribeReplicationInstances", "", {})
        yield from self._dms("DescribeConnections", "", {})
        yield from self._dms("DescribeSchemas", "", {"EndpointArn": self.endpoint})
        yield from self._dms("DescribeRefreshSchemasStatus", "", {"EndpointArn": self.endpoint})
        yield from self._dms("DescribeEndpointTypes", "", {})
        yield from self._dms("DescribeEndpointSettings", "postgres", {"EngineName": "postgres"})
        yield from self._dms("DescribeOrderableReplicationInstances", "", {})
        yield from self._dms("DescribeEngineVersions", "", {})
        yield from self._dms("DescribeReplicationSubnetGroups", "", {})
        yield from self._dms("DescribeCertificates", "", {})
        yield from self._dms("DescribeEvents", "100 of a day", {"Duration": 1440})
        yield from self._dms("DescribeEventCategories", "", {})
        yield from self._dms("DescribeEventSubscriptions", "", {})
        yield from self._dms("DescribeAccountAttributes", "", {})
        yield from self._dms("DescribeReplicationInstanceTaskLogs", "", {"ReplicationInstanceArn": instance})
        yield from self._dms("DescribePendingMaintenanceActions", "", {})
        yield from self._dms("DescribeReplicationTaskAssessmentRuns", "", {})
        yield from self._dms("ListTagsForResource", "", {"ResourceArn": instance})
        group = {"logGroupName": "dms-tasks-blue"}
        stream = {**group, "logStreamName": "dms-task-" + task.rsplit(":", 1)[1]}
        yield self._signed("logs", "Logs_20140328.DescribeLogStreams", "logs DescribeLogStreams", group)
        yield self._signed("logs", "Logs_20140328.GetLogEvents", "logs GetLogEvents", {**stream, "limit": 100})
        found = {**group, "filterPattern": '"orders"'}
        yield self._signed("logs", "Logs_20140328.FilterLogEvents", 'logs FilterLogEvents "orders"', found)
        dimensions = [
            {"Name": "ReplicationInstanceIdentifier", "Value": "blue"},
            {"Name": "ReplicationTaskIdentifier", "Value": task.rsplit(":", 1)[1]},
        ]
        asked: Body = {
            "StartTime": int((now - timedelta(hours=3)).timestamp()), "EndTime": int(now.timestamp()),
            "MetricDataQueries": [
                {"Id": f"m{number}", "MetricStat": {"Metric": {"Namespace": "AWS/DMS", "MetricName": name,
                 "Dimensions": dimensions}, "Period": 60, "Stat": "Average"}}
                for number, name in enumerate(("CDCLatencySource", "CDCLatencyTarget", "CDCIncomingChanges"))
            ],
        }  # fmt: skip
        yield self._signed("monitoring", "GraniteServiceVersion20100801.GetMetricData", "metrics GetMetricData", asked)

    def _dms(self, operation: str, note: str, body: Body) -> Iterator[tuple[str, bytes]]:
        yield self._signed("dms", f"AmazonDMSv20160101.{operation}", f"{operation}{', ' if note else ''}{note}", body)

    def _signed(self, service: str, target: str, name: str, body: Body) -> tuple[str, bytes]:
        """A read may be sent again with the same signature, for its quarter of an hour."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        version = "1.0" if service == "monitoring" else "1.1"
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
        content, key = json.dumps(body).encode(), self._server.key()
        request = AWSRequest("POST", self._server.url + "/", data=content, headers=headers)
        SigV4Auth(Credentials(key.id, key.secret), service, REGION).add_auth(request)
        lines = ["POST / HTTP/1.1", f"Host: {urlsplit(self._server.url).netloc}", f"Content-Length: {len(content)}"]
        lines += [f"{header}: {value}" for header, value in request.headers.items()]
        return name, "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def memory_mb(pid: int) -> tuple[float, float]:
    """Now, and at its highest."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Vm")}
    return found["VmRSS"] / 1024, found["VmHWM"] / 1024


def cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def reached(good: bool) -> str:
    return "reached" if good else "MISSED"


def fault_of(address: tuple[str, int], request: bytes) -> str:
    """Why the call is not answered; empty: it is."""
    with socket.create_connection(address) as connection:
        connection.sendall(request)
        head = connection.recv(65536)
    return "" if head.startswith(b"HTTP/1.1 200 ") else head.rsplit(b"\r\n\r\n", 1)[-1].decode(errors="replace")


def report(server: GodwitServer, site: Site, seconds: float) -> bool:
    address, pid = (urlsplit(server.url).hostname or "", urlsplit(server.url).port or 0), server.process.pid
    calls = list(site.calls())
    head = f"{'median':>7} {'p95':>7} {'max':>7}"
    print(f"\n  {'':42} {'reply':>7}  {'one at a time, ms':^23}  {f'{IN_FLIGHT} in flight, ms':^23} {'':>7}  server CPU")
    print(f"  {'':42} {'kB':>7}  {head}  {head} {'per s':>7}   ms a call")
    slowest, over = 0.0, []
    for name, request in list(calls):
        if fault := fault_of(address, request):
            print(f"  {name:42} {fault}")
            calls.remove((name, request))
            continue
        alone = api_load.measure(address, [request], 1, 300, seconds / 2)
        cpu_before = cpu_ms(pid)
        busy = api_load.measure(address, [request], IN_FLIGHT, 20000, seconds)
        cpu = (cpu_ms(pid) - cpu_before) / len(busy.ms)
        slowest = max(slowest, alone.max_ms, busy.max_ms)
        if busy.median_ms >= MEDIAN_MS_MAX:
            over.append(name)
        print(
            f"  {name:42} {alone.reply_bytes / 1000:7.1f}  {alone.median_ms:7.2f} {alone.p95_ms:7.2f} {alone.max_ms:7.2f}"
            f"  {busy.median_ms:7.2f} {busy.p95_ms:7.2f} {busy.max_ms:7.2f} {busy.per_second:7.0f} {cpu:11.3f}",
            flush=True,
        )
    describes = [request for name, request in calls if name.startswith("Describe")]
    mixed = api_load.measure(address, describes, IN_FLIGHT, 200000, 2 * seconds)
    now_mb, highest_mb = memory_mb(pid)
    slowest = max(slowest, mixed.max_ms)
    print(
        f"  {'all Describe calls in turn':42} {'':7}  {'':23}  {mixed.median_ms:7.2f} {mixed.p95_ms:7.2f} "
        f"{mixed.max_ms:7.2f} {mixed.per_second:7.0f}"
    )
    print(f"\n  the server's memory: {now_mb:.0f} MB now, {highest_mb:.0f} MB at its highest")
    goals = [mixed.median_ms < MEDIAN_MS_MAX, highest_mb < MEMORY_MB_MAX, slowest < CALL_MS_MAX]
    print(f"  goal {MEDIAN_MS_MAX} ms, median of Describe calls, {IN_FLIGHT} in flight: {reached(goals[0])}")
    if over:
        print(f"       above it, asked for alone by {IN_FLIGHT}: {'; '.join(over)}")
    print(f"  goal {MEMORY_MB_MAX} MB of memory: {reached(goals[1])}")
    print(f"  goal 1 s, the slowest single call ({slowest:.0f} ms): {reached(goals[2])}")
    return all(goals)


def main(tasks: int, endpoints: int, seconds: float) -> int:
    with ExitStack() as stack:
        settings = {"max_replication_slots": "20", "max_wal_senders": "20"}
        ends = (
            stack.enter_context(PostgresServer(settings=settings)),
            stack.enter_context(PostgresServer(identity="target")),
        )
        server = stack.enter_context(GodwitServer())
        site = Site(server, ends)
        begun = time.monotonic()
        site.fill(tasks, endpoints)
        print(f"  {tasks} tasks and {endpoints} endpoints made in {time.monotonic() - begun:.0f} s; {RUNNING} tasks run")
        try:
            with ExitStack() as busy:
                for writers in site.writers():
                    busy.enter_context(writers)
                return 0 if report(server, site, seconds) else 1
        finally:
            for task in site.running:
                site.dms.stop_replication_task(ReplicationTaskArn=task)
            for task in site.running:
                by_arn = [{"Name": "replication-task-arn", "Values": [task]}]
                site.dms.get_waiter("replication_task_stopped").wait(Filters=by_arn, WaiterConfig={"Delay": 0.5})
