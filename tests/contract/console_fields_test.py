"""Every field that a console of DMS shows comes from a call and a member of ours, named in console_fields.json.

A field there has one of these sources:
    call, member     of the call's output; not_live says why a running task need not show it
    call, input      of the call's input; setting: a key of the task settings it holds; rule: of the table mappings
    call, metric     of: task or instance
    ours             what the field is made of, where it is no member of DMS's
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import boto3
import pytest
from clients import Boto3
from conftest import checked
from godwit_server import REGION, GodwitServer
from runbook import Runbook, select
from servers import SharedServers
from service_model import ServiceModel

Field = dict[str, str]

FIELDS: dict[str, list[Field]] = json.loads((Path(__file__).parent / "console_fields.json").read_text())
EVERY = [(page, one) for page, fields in FIELDS.items() for one in fields]
RULES = Path(__file__).resolve().parents[2] / "src/mapping"
SHAPES = (
    {"field", "call", "member"},
    {"field", "call", "member", "not_live"},
    {"field", "call", "member", "metric", "of"},
    {"field", "call", "input"},
    {"field", "call", "input", "setting"},
    {"field", "call", "input", "rule"},
    {"field", "ours"},
)


def missing_of_model(model: ServiceModel, members: dict[str, str], path: str) -> str:
    """The first part of the path that DMS's model lacks; empty: it has them all."""
    for part in path.split("."):
        kind = {member.rstrip("*"): of for member, of in members.items()}.get(part.removesuffix("[]"), "")
        if not kind or (part.endswith("[]") and not kind.startswith("[")):
            return part
        members = {} if kind.startswith("[") and not part.endswith("[]") else model.structures.get(kind.strip("[]"), {})
    return ""


def missing_of_shape(shape: Any, path: str) -> str:
    """The same in a model of botocore's."""
    for part in path.split("."):
        shape = getattr(shape, "members", {}).get(part.removesuffix("[]"))
        if shape is None or (part.endswith("[]") and shape.type_name != "list"):
            return part
        shape = shape.member if part.endswith("[]") else shape
    return ""


def operation_of(call: str) -> Any:
    """An operation of another service than DMS, of botocore's model."""
    service, operation = call.split(":")
    client = boto3.client(service, region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")
    return client.meta.service_model.operation_model(operation)


def missing(model: ServiceModel, one: Field) -> str:
    side, path = ("member", one["member"]) if "member" in one else ("input", one["input"])
    if ":" in one["call"]:
        operation = operation_of(one["call"])
        return missing_of_shape(operation.output_shape if side == "member" else operation.input_shape, path)
    known = model.operations.get(one["call"])
    if known is None or known.tier != "must":
        return one["call"]
    return missing_of_model(model, known.output if side == "member" else known.input, path)


def test_each_field_names_a_source_of_one_kind() -> None:
    wrong = [f"{page}: {one}" for page, one in EVERY if set(one) not in SHAPES or not all(one.values())]
    assert not wrong, "\n".join(wrong)


def test_a_field_is_named_once_a_page() -> None:
    for page, fields in FIELDS.items():
        names = [one["field"] for one in fields]
        assert len(names) == len(set(names)), (page, sorted(name for name in names if names.count(name) > 1))


def test_each_call_and_member_is_in_the_service_model(model: ServiceModel) -> None:
    wrong = [
        f"{page}: {one['field']}: {one['call']} has no {lacking}"
        for page, one in EVERY
        if "call" in one and (lacking := missing(model, one))
    ]
    assert not wrong, "\n".join(wrong)


def test_each_part_of_a_rule_is_one_that_mappings_know() -> None:
    known = "".join(path.read_text() for path in RULES.glob("*.cpp"))
    wrong = [
        f"{page}: {one['field']}: {part}"
        for page, one in EVERY
        for part in one.get("rule", "").replace("[]", "").split(".")
        if "rule" in one and f'"{part}"' not in known
    ]
    assert not wrong, "\n".join(wrong)


# --- a server at work ---


@dataclass
class Live:
    """A server with one of everything, and a task that runs."""

    server: GodwitServer
    book: Runbook
    task: str
    inputs: dict[str, dict[str, Any]]
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def reply(self, call: str) -> dict[str, Any]:
        """What the call answers now; asked once."""
        if call not in self.replies:
            self.replies[call] = self._ask(call)
        return self.replies[call]

    def _ask(self, call: str) -> dict[str, Any]:
        given = self.inputs.get(call, {})
        if ":" not in call:
            return self.book.call(call, **given)
        service, operation = call.split(":")
        client = self.server.client(service)
        method = "".join("_" + letter.lower() if letter.isupper() else letter for letter in operation).lstrip("_")
        return dict(getattr(client, method)(**given))


def self_signed(folder: Path) -> str:
    certificate = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=console", "-keyout", folder / "key.pem", "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate.read_text()


def assessed(book: Runbook, task: str) -> str:
    """Both kinds of assessments have been made of the task; answers the run."""
    run = book.call(
        "StartReplicationTaskAssessmentRun",
        ReplicationTaskArn=task, ServiceAccessRoleArn="arn:aws:iam::123456789012:role/any",
        ResultLocationBucket="results", AssessmentRunName=f"console-{os.getpid()}",
    )["ReplicationTaskAssessmentRun"]["ReplicationTaskAssessmentRunArn"]  # fmt: skip
    book.until(lambda: book.status(task) == "ready", 60, "the assessment run")
    book.call("StartReplicationTaskAssessment", ReplicationTaskArn=task)
    book.until(lambda: book.status(task) == "ready", 60, "the report of data types")
    return str(run)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("console")
    servers = SharedServers()
    source, target = servers.get("15", "source"), servers.get("15", "target")
    for server in (source, target):
        server.create_database("console")
    source.psql("CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'one')", "console")
    with GodwitServer() as godwit:
        book = Runbook(Boto3(checked(godwit.client(), ServiceModel())), "console").begin()
        book.call("AddTagsToResource", ResourceArn=book.instance, Tags=[{"Key": "team", "Value": "blue"}])
        book.call("ModifyReplicationInstance", ReplicationInstanceArn=book.instance, VpcSecurityGroupIds=["sg-1"])
        book.call("ImportCertificate", CertificateIdentifier="console", CertificatePem=self_signed(folder))
        book.call(
            "CreateReplicationSubnetGroup", ReplicationSubnetGroupIdentifier="console",
            ReplicationSubnetGroupDescription="two", SubnetIds=["subnet-1", "subnet-2"],
        )  # fmt: skip
        attributes = {"ExtraConnectionAttributes": "heartbeatEnable=false;"}
        ends = [
            book.endpoint("source", source, "console", **attributes),
            book.endpoint("target", target, "console"),
        ]
        book.call("RefreshSchemas", EndpointArn=ends[0], ReplicationInstanceArn=book.instance)
        task = book.task(
            "all", ends, "full-load-and-cdc", {"rules": select("public")}, {"Logging": {"EnableLogging": True}},
            CdcStopPosition="server_time:2099-01-01T00:00:00",
        )  # fmt: skip
        book.call(
            "CreateEventSubscription", SubscriptionName="console", SnsTopicArn="https://127.0.0.1:9/never",
            SourceType="replication-task", EventCategories=["failure"], SourceIds=["console-all"], Enabled=False,
        )  # fmt: skip
        run = assessed(book, task)
        book.start(task)
        book.until_loaded(task)
        source.psql("INSERT INTO item VALUES (2, 'two'); UPDATE item SET name = 'eins' WHERE id = 1", "console")
        book.until(lambda: book.statistics(task)["public", "item"]["AppliedUpdates"] == 1, 30, "an applied change")
        book.until(lambda: "RecoveryCheckpoint" in book.describe(task), 30, "a checkpoint")
        group = {"logGroupName": "dms-tasks-console-node"}
        stream = {**group, "logStreamName": "dms-task-" + task.rsplit(":", 1)[1]}
        inputs: dict[str, dict[str, Any]] = {
            "DescribeTableStatistics": {"ReplicationTaskArn": task},
            "DescribeSchemas": {"EndpointArn": ends[0]},
            "DescribeRefreshSchemasStatus": {"EndpointArn": ends[0]},
            "DescribeReplicationInstanceTaskLogs": {"ReplicationInstanceArn": book.instance},
            "DescribeEndpointSettings": {"EngineName": "postgres"},
            "DescribeEvents": {"Duration": 60, "SourceType": "replication-task"},
            "DescribeApplicableIndividualAssessments": {"ReplicationTaskArn": task},
            "DescribeReplicationTaskIndividualAssessments": {
                "Filters": [{"Name": "replication-task-assessment-run-arn", "Values": [run]}]
            },
            "DescribeReplicationTaskAssessmentResults": {"ReplicationTaskArn": task},
            "ListTagsForResource": {"ResourceArn": book.instance},
            "logs:DescribeLogStreams": group,
            "logs:GetLogEvents": stream,
            "logs:FilterLogEvents": {**group, "filterPattern": "item"},
            "cloudwatch:ListMetrics": {"Namespace": "AWS/DMS"},
        }
        yield Live(godwit, book, task, inputs)
        book.stop(task)
        book.call("DeleteReplicationTask", ReplicationTaskArn=task)
        book.until(lambda: book.is_gone(task), 60, "the task to go")
    servers.close()


def found(value: Any, path: str) -> bool:
    """Whether some element of the reply has the member, with something in it."""
    if not path:
        return value not in (None, "", [])
    part, _, rest = path.partition(".")
    name = part.removesuffix("[]")
    if not isinstance(value, dict) or name not in value:
        return False
    if part.endswith("[]"):
        return any(found(element, rest) for element in value[name])
    return found(value[name], rest)


def test_a_running_task_shows_each_member(live: Live) -> None:
    absent = []
    for page, one in EVERY:
        if "member" not in one or "metric" in one or "not_live" in one:
            continue
        if not found(live.reply(one["call"]), one["member"]):
            absent.append(f"{page}: {one['field']}: {one['call']} shows no {one['member']}")
    assert not absent, "\n".join(absent)


def test_the_settings_of_a_task_hold_each_setting(live: Live) -> None:
    settings = json.loads(live.book.describe(live.task)["ReplicationTaskSettings"])
    absent = []
    for page, one in EVERY:
        value = settings
        for part in one["setting"].split(".") if "setting" in one else []:
            value = value.get(part, ...) if isinstance(value, dict) else ...
        if value is ...:
            absent.append(f"{page}: {one['field']}: {one['setting']}")
    assert not absent, "\n".join(absent)


def metric_names(live: Live) -> dict[str, set[str]]:
    client = live.server.client("cloudwatch")
    names: dict[str, set[str]] = {"task": set(), "instance": set()}
    for page in client.get_paginator("list_metrics").paginate(Namespace="AWS/DMS"):
        for metric in page["Metrics"]:
            names["task" if len(metric["Dimensions"]) == 2 else "instance"].add(metric["MetricName"])
    return names


def test_each_metric_of_a_graph_is_measured(live: Live) -> None:
    wanted = {"task": set[str](), "instance": set[str]()}
    for _, one in EVERY:
        if "metric" in one:
            wanted[one["of"]].add(one["metric"])
    end = time.monotonic() + 130  # a point is of a whole minute
    while lacking := unmeasured(live, wanted):
        assert time.monotonic() < end, lacking
        time.sleep(2)


def unmeasured(live: Live, wanted: dict[str, set[str]]) -> set[tuple[str, str]]:
    names = metric_names(live)
    return {(of, name) for of in wanted for name in wanted[of] - names[of]}
