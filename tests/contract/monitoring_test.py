"""Logs and metrics of a real task, by the AWS CLI of Debian and the newest boto3; /metrics as Prometheus reads it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from clients import Boto3, CommandLine, Fault
from godwit_server import GodwitServer
from raw_requests import Request
from runbook import Runbook, select
from servers import SharedServers

CBOR_PATH = "/service/GraniteServiceVersion20100801/operation/"
CDC_METRICS = {
    "CDCIncomingChanges", "CDCChangesMemorySource", "CDCChangesDiskSource", "CDCChangesMemoryTarget",
    "CDCChangesDiskTarget", "CDCThroughputRowsSource", "CDCThroughputRowsTarget", "CDCThroughputBandwidthTarget",
    "CDCLatencySource", "CDCLatencyTarget",
}  # fmt: skip
INSTANCE_METRICS = {
    "CPUUtilization", "AvailableMemory", "FreeMemory", "FreeableMemory", "SwapUsage", "FreeStorageSpace",
    "NetworkReceiveThroughput", "NetworkTransmitThroughput",
}  # fmt: skip


NEWER = {"logGroupArn", "logGroupClass"}  # than the model of Debian's botocore


def strange_members(shape: Any, value: Any, path: str = "") -> list[str]:
    """Members of a reply that the service's own model does not have."""
    if shape.type_name == "structure":
        found = [f"{path}.{name}" for name in value if name not in {*shape.members, *NEWER}]
        for name in set(value) & set(shape.members):
            found += strange_members(shape.members[name], value[name], f"{path}.{name}")
        return found
    if shape.type_name == "list":
        return [each for element in value for each in strange_members(shape.member, element, f"{path}[]")]
    return []


def modelled(client: Any) -> Any:
    """A boto3 client of a JSON service whose replies are held against its model."""

    def check(response_dict: dict[str, Any], model: Any, **_: Any) -> None:
        if response_dict["status_code"] == 200 and response_dict["body"].startswith(b"{"):
            assert strange_members(model.output_shape, json.loads(response_dict["body"])) == []

    def before(params: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        context["operation"] = model

    def received(response_dict: dict[str, Any] | None, context: dict[str, Any], **_: Any) -> None:
        if response_dict and context["operation"].output_shape:
            check(response_dict, context["operation"])

    client.meta.events.register("before-call", before)
    client.meta.events.register("response-received", received)
    return client


class Monitored:
    """A task that has loaded 3 + 2 rows and follows its source."""

    def __init__(self, server: GodwitServer, servers: SharedServers) -> None:
        self.server = server
        self.source, self.target = servers.get("15", "source"), servers.get("15", "target")
        for end in (self.source, self.target):
            end.create_database("monitored")
        self.source.psql(
            "CREATE TABLE \"PERSON\" (id int PRIMARY KEY); INSERT INTO \"PERSON\" VALUES (1), (2), (3);"
            "CREATE TABLE pet (id int PRIMARY KEY); INSERT INTO pet VALUES (1), (2);",
            "monitored",
        )
        self.book = Runbook(Boto3(server.client("dms")), "monitored").begin()
        ends = [
            self.book.endpoint("source", self.source, "monitored"),
            self.book.endpoint("target", self.target, "monitored"),
        ]
        self.task = self.book.task(
            "task", ends, "full-load-and-cdc", {"rules": select("public")}, {"Logging": {"EnableLogging": True}}
        )
        self.id = self.task.rsplit(":", 1)[1]
        self.instance = "monitored-node"
        self.group, self.stream = f"dms-tasks-{self.instance}", f"dms-task-{self.id}"
        self.dimensions = [
            {"Name": "ReplicationInstanceIdentifier", "Value": self.instance},
            {"Name": "ReplicationTaskIdentifier", "Value": self.id},
        ]
        self.book.start(self.task)
        self.book.until(
            lambda: self.book.describe(self.task)["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100, 60, "the load"
        )
        self.logs = modelled(server.client("logs"))
        self.cloudwatch = modelled(server.client("cloudwatch"))

    @property
    def log(self) -> Path:
        return self.server.data / "tasks" / self.id / "task.log"

    def insert(self, key: int) -> None:
        self.source.psql(f"INSERT INTO pet VALUES ({key})", "monitored")

    def pattern(self, text: str) -> list[str]:
        found = self.logs.filter_log_events(logGroupName=self.group, filterPattern=text)
        return [event["message"] for event in found["events"]]


@pytest.fixture(scope="module")
def monitored(server: GodwitServer, servers: SharedServers) -> Iterator[Monitored]:
    made = Monitored(server, servers)
    yield made
    made.book.end()


@pytest.fixture
def aws(server: GodwitServer) -> CommandLine:
    return CommandLine(server)


# --- logs ---


def test_the_stream_of_a_task_is_found_and_read(monitored: Monitored, aws: CommandLine) -> None:
    groups = json.loads(aws.run("logs", "describe-log-groups", "--log-group-name-prefix", monitored.group))
    assert [group["logGroupName"] for group in groups["logGroups"]] == [monitored.group]
    streams = json.loads(aws.run("logs", "describe-log-streams", "--log-group-name", monitored.group))
    (stream,) = streams["logStreams"]
    assert stream["logStreamName"] == monitored.stream
    read = json.loads(
        aws.run("logs", "get-log-events", "--log-group-name", monitored.group, "--log-stream-name", monitored.stream,
                "--start-from-head")
    )  # fmt: skip
    assert stream["firstEventTimestamp"] == read["events"][0]["timestamp"]
    assert read["nextForwardToken"].startswith("f/") and read["nextBackwardToken"].startswith("b/")
    line = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d \[[A-Z_]+ *\][EWIDT]:  .*  \([\w.]+:\d+\)$", re.DOTALL)
    assert all(line.match(event["message"]) for event in read["events"])


def test_the_three_lines_of_a_table_are_found_by_its_quoted_name(monitored: Monitored, aws: CommandLine) -> None:
    found = json.loads(
        aws.run("logs", "filter-log-events", "--log-group-name", monitored.group, "--filter-pattern", '"PERSON"')
    )
    told = "\n".join(event["message"] for event in found["events"])
    assert "Unload finished for table 'public'.'PERSON' (Id = " in told and "3 rows sent." in told
    assert re.search(r"Load finished for table 'public'.'PERSON' \(Id = \d+\). 3 rows received.", told)
    assert "3 records transferred." in told
    assert monitored.pattern('"PERSON" -"rows sent"') and not monitored.pattern('"PERSON" "pet"')
    assert len(monitored.pattern(r"%'PERSON' \(Id = \d+\)\. [0-9]+ rows (sent|received)\.%")) == 2


def test_a_log_is_read_page_by_page_to_where_the_token_repeats(monitored: Monitored) -> None:
    stream = {"logGroupName": monitored.group, "logStreamName": monitored.stream}
    whole = monitored.logs.get_log_events(**stream, startFromHead=True)["events"]
    pages, token = [], ""
    page = monitored.logs.get_log_events(**stream, startFromHead=True, limit=3)
    while page["nextForwardToken"] != token and len(pages) < len(whole):
        pages += page["events"]
        token = page["nextForwardToken"]
        page = monitored.logs.get_log_events(**stream, nextToken=token, limit=3)
    assert pages[: len(whole)] == whole
    middle = whole[len(whole) // 2]["timestamp"]
    later = monitored.logs.get_log_events(**stream, startTime=middle, startFromHead=True)["events"]
    assert later[: len(whole)] == [event for event in whole if event["timestamp"] >= middle]
    paged = monitored.logs.get_paginator("filter_log_events").paginate(
        logGroupName=monitored.group, PaginationConfig={"PageSize": 2}
    )
    assert len([event for page in paged for event in page["events"]]) >= len(whole)


def test_a_log_is_followed_as_it_grows(monitored: Monitored, aws: CommandLine, server: GodwitServer) -> None:
    told = aws.run("logs", "tail", monitored.group, "--since", "1h", "--format", "short", "--filter-pattern", '"PERSON"')
    assert len(told.splitlines()) >= 3
    command = ["/usr/bin/aws", "--endpoint-url", server.url, "logs", "tail", monitored.group, "--follow", "--since", "1s"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONUNBUFFERED": "1", **server.environment()}
    follower = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(3)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        with monitored.log.open("a") as log:
            log.write(f"00999999: {now} [COMMON          ]I:  followed line  (test.py:1)\n")
        assert follower.stdout
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if "followed line" in follower.stdout.readline():
                break
        else:
            raise AssertionError("the line was not followed")
    finally:
        follower.terminate()
        follower.wait(10)


def test_a_deleted_stream_begins_anew_with_the_tasks_next_line(monitored: Monitored, aws: CommandLine) -> None:
    stream = ("--log-group-name", monitored.group, "--log-stream-name", monitored.stream)
    aws.run("logs", "delete-log-stream", *stream)
    before = monitored.logs.describe_log_streams(logGroupName=monitored.group)["logStreams"]
    monitored.book.stop(monitored.task)
    monitored.book.start(monitored.task, "resume-processing")
    monitored.book.until(lambda: bool(monitored.pattern('"TASK_MANAGER"')), 30, "the log's next lines")
    assert before == [] or before[0]["firstEventTimestamp"] > 0
    assert not monitored.pattern('"PERSON" "rows sent"')


def test_the_log_of_a_deleted_task_is_read_after_its_end(monitored: Monitored) -> None:
    book, logs = monitored.book, monitored.logs
    first = book.describe(monitored.task)
    ends = [first["SourceEndpointArn"], first["TargetEndpointArn"]]
    task = book.task("mortal", ends, "full-load", {"rules": select("public")}, {
        "Logging": {"EnableLogging": True}, "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"},
    })  # fmt: skip
    book.start(task)
    book.until(lambda: book.describe(task)["Status"] == "stopped", 60, "its end")
    counters = re.findall(r'^(godwit_task_\w+_total){.*task="monitored-mortal".*} (.+)$', scrape(monitored.server)[2], re.M)
    assert {"godwit_task_full_load_rows_total", "godwit_task_errors_total"} <= {name for name, _ in counters}
    assert float(dict(counters)["godwit_task_cpu_seconds_total"]) > 0
    stream = {"logGroupName": monitored.group, "logStreamName": "dms-task-" + task.rsplit(":", 1)[1]}
    before = [event["message"] for event in logs.get_log_events(**stream, startFromHead=True)["events"]]
    book.delete(task)
    assert [event["message"] for event in logs.get_log_events(**stream, startFromHead=True)["events"]] == before
    streams = logs.describe_log_streams(logGroupName=monitored.group)["logStreams"]
    assert stream["logStreamName"] in [each["logStreamName"] for each in streams]
    logs.delete_log_stream(**stream)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(**stream)


def test_faults_of_logs_are_those_that_clients_know(monitored: Monitored, aws: CommandLine) -> None:
    logs = monitored.logs
    with pytest.raises(logs.exceptions.ResourceNotFoundException) as refused:
        logs.describe_log_streams(logGroupName="none")
    assert "The specified log group does not exist." in str(refused.value)
    with pytest.raises(logs.exceptions.ResourceNotFoundException) as refused:
        logs.get_log_events(logGroupName=monitored.group, logStreamName="none")
    assert "The specified log stream does not exist." in str(refused.value)
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.filter_log_events(logGroupName=monitored.group, filterPattern="{ $.a = 1 }")
    with pytest.raises(Fault) as fault:
        aws.run("logs", "delete-log-stream", "--log-group-name", monitored.group, "--log-stream-name", "none")
    assert fault.value.code == "ResourceNotFoundException"


def test_a_log_group_lives_as_terraform_has_it(monitored: Monitored) -> None:
    logs, group = monitored.logs, "dms-tasks-terraform"
    logs.create_log_group(logGroupName=group, tags={"a": "b"})
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 14
    assert logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"] == {"a": "b"}
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_a_viewer_reads_logs_and_deletes_none(monitored: Monitored, server: GodwitServer) -> None:
    viewer = server.client("logs", "viewer")
    assert viewer.describe_log_groups()["logGroups"]
    with pytest.raises(ClientError) as refused:
        viewer.delete_log_stream(logGroupName=monitored.group, logStreamName=monitored.stream)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


# --- metrics ---


def names_of(monitored: Monitored, dimensions: list[dict[str, str]]) -> set[str]:
    pages = monitored.cloudwatch.get_paginator("list_metrics").paginate(Namespace="AWS/DMS", Dimensions=dimensions)
    return {
        metric["MetricName"]
        for page in pages
        for metric in page["Metrics"]
        if len(metric["Dimensions"]) == len(dimensions)
    }


def test_a_running_task_and_its_instance_have_the_metrics_of_dms(monitored: Monitored) -> None:
    monitored.insert(100)
    monitored.book.until(lambda: CDC_METRICS <= names_of(monitored, monitored.dimensions), 60, "the task's metrics")
    of_task = names_of(monitored, monitored.dimensions)
    assert {"FullLoadThroughputRowsTarget", "CPUUtilization", "MemoryUsage", "SwapUsage"} <= of_task
    assert INSTANCE_METRICS <= names_of(monitored, monitored.dimensions[:1])


def statistics_of(monitored: Monitored, name: str, dimensions: list[dict[str, str]], *statistics: str) -> dict[str, Any]:
    now = datetime.now(timezone.utc)
    return dict(
        monitored.cloudwatch.get_metric_statistics(
            Namespace="AWS/DMS", MetricName=name, Dimensions=dimensions, StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1), Period=60, Statistics=list(statistics),
        )
    )  # fmt: skip


def test_statistics_come_alike_in_json_and_in_the_query_protocol(monitored: Monitored, aws: CommandLine) -> None:
    monitored.book.until(lambda: "MemoryUsage" in names_of(monitored, monitored.dimensions), 60, "points")
    got = statistics_of(monitored, "MemoryUsage", monitored.dimensions, "Average", "Maximum", "SampleCount")
    assert got["Label"] == "MemoryUsage" and got["Datapoints"]
    first = got["Datapoints"][0]
    assert 0 < first["Average"] <= first["Maximum"] and first["Unit"] == "Megabytes"
    words = [f"Name={each['Name']},Value={each['Value']}" for each in monitored.dimensions]
    start = (first["Timestamp"] - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    end = (first["Timestamp"] + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = json.loads(
        aws.run("cloudwatch", "get-metric-statistics", "--namespace", "AWS/DMS", "--metric-name", "MemoryUsage",
                "--dimensions", *words, "--start-time", start, "--end-time", end, "--period", "60",
                "--statistics", "Average", "--extended-statistics", "p90")
    )  # fmt: skip
    (same,) = told["Datapoints"]
    assert datetime.fromisoformat(same["Timestamp"]) == first["Timestamp"]
    assert same["ExtendedStatistics"]["p90"] > 0
    listed = json.loads(aws.run("cloudwatch", "list-metrics", "--namespace", "AWS/DMS", "--dimensions", words[1]))
    assert {metric["MetricName"] for metric in listed["Metrics"]} == names_of(monitored, monitored.dimensions)


def test_data_of_many_metrics_and_a_sum_of_them(monitored: Monitored, aws: CommandLine) -> None:
    monitored.book.until(lambda: "MemoryUsage" in names_of(monitored, monitored.dimensions), 60, "points")
    metric = {"Namespace": "AWS/DMS", "MetricName": "MemoryUsage", "Dimensions": monitored.dimensions}
    queries: list[dict[str, Any]] = [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}},
        {"Id": "twice", "Expression": "m1 + m1", "Label": "doubled"},
    ]
    now = datetime.now(timezone.utc)
    got = monitored.cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=1), EndTime=now
    )["MetricDataResults"]
    assert [one["Label"] for one in got] == ["MemoryUsage", "doubled"]
    assert got[0]["Values"] and got[1]["Values"] == pytest.approx([2 * value for value in got[0]["Values"]])
    assert got[0]["Timestamps"] == sorted(got[0]["Timestamps"], reverse=True)
    told = json.loads(
        aws.run("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(queries), "--start-time",
                (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"), "--end-time",
                now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    )  # fmt: skip
    assert [one["StatusCode"] for one in told["MetricDataResults"]] == ["Complete", "Complete"]
    # The newest minute goes on between the two calls.
    assert told["MetricDataResults"][0]["Values"][1:] == pytest.approx(got[0]["Values"][1:])


def test_cbor_is_answered_in_cbor(monitored: Monitored, server: GodwitServer) -> None:
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    reply = Request(server, headers, b"\xa0", path=CBOR_PATH + "ListMetrics").sign(service="monitoring").send()
    assert reply.status == 200 and reply.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert reply.headers["content-type"] == "application/cbor"
    assert b"FreeableMemory" in reply.body and b"AWS/DMS" in reply.body
    reply = Request(server, headers, b"\xa0", path=CBOR_PATH + "GetMetricData").sign(service="monitoring").send()
    assert reply.status == 400 and b"MissingRequiredParameterException" in reply.body
    reply = Request(server, headers, b"\xa0", path=CBOR_PATH + "ListMetrics").sign(service="dms").send()
    assert reply.status == 400 and b"InvalidSignatureException" in reply.body


def test_faults_of_metrics_have_the_codes_of_either_protocol(monitored: Monitored, aws: CommandLine) -> None:
    with pytest.raises(ClientError) as refused:
        monitored.cloudwatch.get_metric_statistics(
            Namespace="AWS/DMS", MetricName="x", StartTime=0, EndTime=60, Period=61, Statistics=["Sum"]
        )
    assert refused.value.response["Error"]["Code"] in ("InvalidParameterValue", "InvalidParameterValueException")
    with pytest.raises(Fault) as fault:
        aws.run("cloudwatch", "get-metric-statistics", "--namespace", "AWS/DMS", "--metric-name", "x", "--start-time",
                "2026-01-01T00:00:00Z", "--end-time", "2026-02-01T00:00:00Z", "--period", "60", "--statistics",
                "Sum")  # fmt: skip
    assert fault.value.code == "InvalidParameterCombination" and "exceeds the limit of 1,440" in fault.value.message
    assert json.loads(aws.run("cloudwatch", "describe-alarms"))["MetricAlarms"] == []


def test_points_outlive_a_server_that_is_killed(own_server: GodwitServer) -> None:
    own_server.start()
    own_server.client("dms").create_replication_instance(
        ReplicationInstanceIdentifier="pool", ReplicationInstanceClass="dms.t3.micro"
    )
    cloudwatch = own_server.client("cloudwatch")
    deadline = time.monotonic() + 60
    while not cloudwatch.list_metrics()["Metrics"]:
        assert time.monotonic() < deadline
        time.sleep(1)
    own_server.kill()
    own_server.start()
    assert own_server.client("cloudwatch").list_metrics()["Metrics"]


# --- Prometheus ---


def scrape(server: GodwitServer, path: str = "/metrics", **headers: str) -> tuple[int, str, str]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type") or "", reply.read().decode()
    finally:
        connection.close()


def test_prometheus_reads_tasks_on_loopback_without_a_key(monitored: Monitored, server: GodwitServer) -> None:
    status, content_type, text = scrape(server, "/metrics?tables=true")
    assert status == 200 and content_type.startswith("text/plain; version=0.0.4")
    labels = f'instance_id="{monitored.instance}",task="monitored-task",task_id="{monitored.id}"'
    assert f'godwit_task_status{{{labels},status="running"}} 1' in text
    assert f'godwit_table_full_load_rows{{{labels},schema="public",table="PERSON"}} 3' in text
    assert f'godwit_task_cdc_latency_seconds{{{labels},side="target"}}' in text
    assert 'godwit_api_requests_total{operation="dms:DescribeReplicationTasks",code="OK"}' in text
    seen = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(seen) == len(set(seen))
    _, content_type, text = scrape(server, Accept="application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text") and text.endswith("# EOF\n")


def test_prometheus_needs_a_viewers_key_beyond_loopback(tmp_path: Path) -> None:
    with GodwitServer("--allow-plain", folder=tmp_path, listen="0.0.0.0:0") as server:
        key = server.key("viewer")

        def basic(secret: str) -> str:
            return "Basic " + base64.b64encode(f"{key.id}:{secret}".encode()).decode()

        assert scrape(server)[0] == 401
        assert scrape(server, Authorization=basic("wrong"))[0] == 401
        assert scrape(server, Authorization=basic(key.secret))[0] == 200
        assert key.secret not in server.log()
