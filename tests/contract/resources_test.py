"""Replication instances, subnet groups, tags, events and subscriptions by boto3 (stories 1 to 3 begin with them)."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from godwit_server import GodwitServer


def code_of(call: Callable[..., Any], **members: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return str(caught.value.response["Error"]["Code"])


def make_instance(dms: Any, identifier: str, **members: Any) -> str:
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier=identifier, ReplicationInstanceClass="dms.t3.small", AllocatedStorage=5, **members
    )
    return str(made["ReplicationInstance"]["ReplicationInstanceArn"])


class Hook:
    """A webhook on the loopback that keeps what it is posted."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802  (the name http.server calls)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.posted.append(json.loads(body))
                self.send_response(kept.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def messages(self) -> list[str]:
        return [json.loads(one["Message"])["Event Message"] for one in self.posted]

    def wait_for(self, message: str, timeout_s: float = 15) -> None:
        end = time.monotonic() + timeout_s
        while message not in self.messages():
            assert time.monotonic() < end, f"{message!r} never came; there are {self.messages()}"
            time.sleep(0.05)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


def test_an_instance_lives_as_the_waiters_expect(dms: Any) -> None:
    arn = make_instance(dms, "Life-Cycle")
    only = [{"Name": "replication-instance-id", "Values": ["LIFE-cycle"]}]
    dms.get_waiter("replication_instance_available").wait(Filters=only, WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    found = dms.describe_replication_instances(Filters=only)["ReplicationInstances"][0]
    assert found["ReplicationInstanceIdentifier"] == "life-cycle"
    assert found["ReplicationSubnetGroup"]["SubnetGroupStatus"] == "Complete"
    reply = dms.modify_replication_instance(
        ReplicationInstanceArn=arn, ReplicationInstanceClass="dms.r5.large", ApplyImmediately=True
    )
    assert reply["ReplicationInstance"]["ReplicationInstanceStatus"] == "modifying"
    dms.get_waiter("replication_instance_available").wait(Filters=only, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    rebooted = dms.reboot_replication_instance(ReplicationInstanceArn=arn)["ReplicationInstance"]
    assert rebooted["ReplicationInstanceStatus"] == "rebooting"
    dms.get_waiter("replication_instance_available").wait(Filters=only, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    deleted = dms.delete_replication_instance(ReplicationInstanceArn=arn)["ReplicationInstance"]
    assert deleted["ReplicationInstanceStatus"] == "deleting"
    dms.get_waiter("replication_instance_deleted").wait(Filters=only, WaiterConfig={"Delay": 1, "MaxAttempts": 1})


def test_faults_of_instances_are_those_of_the_model(dms: Any) -> None:
    arn = make_instance(dms, "faults")
    create = dms.create_replication_instance
    named = {"ReplicationInstanceIdentifier": "other", "ReplicationInstanceClass": "dms.t3.small"}
    assert code_of(create, **{**named, "ReplicationInstanceIdentifier": "FAULTS"}) == "ResourceAlreadyExistsFault"
    assert code_of(create, **{**named, "ReplicationInstanceClass": "dms.x"}) == "InvalidParameterValueException"
    assert code_of(create, **named, ReplicationSubnetGroupIdentifier="none") == "ResourceNotFoundFault"
    modify = dms.modify_replication_instance
    assert code_of(modify, ReplicationInstanceArn=arn) == "InvalidParameterCombinationException"
    assert code_of(modify, ReplicationInstanceArn=arn + "X", MultiAZ=True) == "ResourceNotFoundFault"


def test_lists_page_through_the_stock_paginators(dms: Any) -> None:
    pages = dms.get_paginator("describe_orderable_replication_instances").paginate(PaginationConfig={"PageSize": 20})
    rows = [row for page in pages for row in page["OrderableReplicationInstances"]]
    assert len({(row["EngineVersion"], row["ReplicationInstanceClass"]) for row in rows}) == len(rows) > 100
    versions = dms.describe_engine_versions()["EngineVersions"]
    assert [one["Version"] for one in versions if one["Lifecycle"] == "DEFAULT_VERSION"] == ["3.5.4"]


def test_a_subnet_group_and_its_tags(dms: Any) -> None:
    made = dms.create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="Contract Group",
        ReplicationSubnetGroupDescription="for a test",
        SubnetIds=["subnet-1", "subnet-2"],
        Tags=[{"Key": "team", "Value": "db"}],
    )["ReplicationSubnetGroup"]
    name = made["ReplicationSubnetGroupIdentifier"]
    arn = make_instance(dms, "in-group", ReplicationSubnetGroupIdentifier=name)
    account = arn.split(":")[3:5]
    group_arn = f"arn:aws:dms:{account[0]}:{account[1]}:subgrp:{name}"
    assert dms.list_tags_for_resource(ResourceArn=group_arn)["TagList"] == [{"Key": "team", "Value": "db"}]
    delete = dms.delete_replication_subnet_group
    assert code_of(delete, ReplicationSubnetGroupIdentifier=name) == "InvalidResourceStateFault"
    dms.delete_replication_instance(ReplicationInstanceArn=arn)
    delete(ReplicationSubnetGroupIdentifier=name)
    assert code_of(dms.list_tags_for_resource, ResourceArn=group_arn) == "ResourceNotFoundFault"


def test_tags_of_an_instance(dms: Any) -> None:
    arn = make_instance(dms, "tagged", Tags=[{"Key": "a", "Value": "1"}])
    dms.add_tags_to_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    dms.remove_tags_from_resource(ResourceArn=arn, TagKeys=["a", "never"])
    assert dms.list_tags_for_resource(ResourceArnList=[arn])["TagList"] == [
        {"Key": "b", "Value": "2", "ResourceArn": arn}
    ]


def test_the_account_counts_what_it_has(dms: Any) -> None:
    make_instance(dms, "counted")
    reply = dms.describe_account_attributes()
    used = {quota["AccountQuotaName"]: quota["Used"] for quota in reply["AccountQuotas"]}
    assert used["ReplicationInstances"] == len(dms.describe_replication_instances()["ReplicationInstances"])


def test_an_event_is_told_by_describe_events_and_posted_to_a_webhook(dms: Any, hook: Hook) -> None:
    made = dms.create_event_subscription(
        SubscriptionName="posted", SnsTopicArn=hook.url, SourceType="replication-instance", EventCategories=["creation"]
    )["EventSubscription"]
    assert made["Status"] == "creating"
    listed = dms.describe_event_subscriptions(SubscriptionName="posted")["EventSubscriptionsList"]
    assert [one["Status"] for one in listed] == ["active"]
    make_instance(dms, "eventful")
    hook.wait_for("Replication instance created")
    letter = next(one for one in hook.posted if "created" in one["Message"])
    assert letter["Type"] == "Notification" and letter["TopicArn"] == hook.url
    message = json.loads(letter["Message"])
    assert message["Event ID"].endswith("#DMS-EVENT-0005 ")
    assert message["Identifier Link"].endswith("\nSourceId: eventful ")
    events = dms.describe_events(SourceIdentifier="eventful", SourceType="replication-instance")["Events"]
    assert [event["Message"] for event in events][-1] == "Replication instance created"
    assert dms.delete_event_subscription(SubscriptionName="posted")["EventSubscription"]["Status"] == "deleting"
    assert code_of(dms.describe_event_subscriptions, SubscriptionName="posted") == "ResourceNotFoundFault"


def test_an_event_that_could_not_be_posted_is_posted_by_the_next_server(
    own_server: GodwitServer, checked_client: Callable[..., Any], hook: Hook
) -> None:
    own_server.start()
    dms = checked_client(on=own_server)
    hook.status = 500
    dms.create_event_subscription(SubscriptionName="late", SnsTopicArn=hook.url)
    make_instance(dms, "pool")
    hook.wait_for("Replication instance creation started")
    own_server.kill()
    hook.status = 200
    own_server.start()
    hook.wait_for("Replication instance created", timeout_s=60)


def test_a_topic_goes_where_the_configuration_of_sinks_says(
    own_server: GodwitServer, checked_client: Callable[..., Any], tmp_path: Path
) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:ops"
    lines = tmp_path / "events.jsonl"
    sinks = tmp_path / "sinks.json"
    sinks.write_text(json.dumps({topic: {"file": str(lines)}}))
    own_server.start("--sinks", str(sinks))
    dms = checked_client(on=own_server)
    for name, arn in (("mapped", topic), ("unmapped", topic + "-2")):
        dms.create_event_subscription(SubscriptionName=name, SnsTopicArn=arn)
    listed = dms.describe_event_subscriptions()["EventSubscriptionsList"]
    assert {one["CustSubscriptionId"]: one["Status"] for one in listed} == {
        "mapped": "active",
        "unmapped": "topic-not-exist",
    }
    make_instance(dms, "pool")
    end = time.monotonic() + 15
    while not lines.exists() or lines.read_text().count("\n") < 2:
        assert time.monotonic() < end, "the events never came to the file"
        time.sleep(0.05)
    assert [json.loads(line)["TopicArn"] for line in lines.read_text().splitlines()] == [topic, topic]


def test_a_wrong_configuration_of_sinks_is_refused_at_the_start(own_server: GodwitServer, tmp_path: Path) -> None:
    sinks = tmp_path / "sinks.json"
    sinks.write_text('{"arn:t": {"file": "relative"}}')
    with pytest.raises(RuntimeError, match=r"\$\[\"arn:t\"\]\.file") as caught:
        own_server.start("--sinks", str(sinks))
    assert "exit 2" in str(caught.value)


def test_a_viewer_reads_and_changes_nothing(checked_client: Callable[..., Any]) -> None:
    viewer = checked_client(role="viewer")
    viewer.describe_replication_instances()
    viewer.describe_events()
    create = viewer.create_replication_instance
    named = {"ReplicationInstanceIdentifier": "viewer", "ReplicationInstanceClass": "dms.t3.small"}
    assert code_of(create, **named) == "AccessDeniedException"
