"""Calls that no story makes: a task moves, a certificate, a subscription and a subnet group are changed and go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from botocore.exceptions import ClientError
from clients import Boto3
from runbook import Runbook
from servers import SharedServers
from shops import Shop


def fault_of(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Code"])


def test_a_task_moves_to_another_instance_and_goes_on_there(dms: Any, servers: SharedServers) -> None:
    book, other = Runbook(Boto3(dms), "move").begin(), Runbook(Boto3(dms), "move-to").begin()
    shop = Shop(servers, "15", f"move_{os.getpid()}").begin(book)
    book.start(shop.task)
    book.until_loaded(shop.task)
    with shop.writers():
        shop.catch_up()
        moving = {"ReplicationTaskArn": shop.task, "TargetReplicationInstanceArn": other.instance}
        assert fault_of(dms.move_replication_task, **moving) == "InvalidResourceStateFault"
        book.stop(shop.task)
        moved = dms.move_replication_task(**moving)["ReplicationTask"]
        assert (moved["Status"], moved["TargetReplicationInstanceArn"]) == ("moving", other.instance)
        book.until(lambda: book.status(shop.task) == "stopped", 10, "the task to rest again")
        task = book.describe(shop.task)
        assert task["ReplicationInstanceArn"] == other.instance and "TargetReplicationInstanceArn" not in task
        # It starts where its endpoints were reached from.
        resume = {"ReplicationTaskArn": shop.task, "StartReplicationTaskType": "resume-processing"}
        assert fault_of(dms.start_replication_task, **resume) == "InvalidResourceStateFault"
        for end in (task["SourceEndpointArn"], task["TargetEndpointArn"]):
            dms.test_connection(ReplicationInstanceArn=other.instance, EndpointArn=end)
            pair = [
                {"Name": "endpoint-arn", "Values": [end]},
                {"Name": "replication-instance-arn", "Values": [other.instance]},
            ]
            dms.get_waiter("test_connection_succeeds").wait(Filters=pair, WaiterConfig={"Delay": 0.2})
        dms.start_replication_task(**resume)
        book.until_status(shop.task, "running")
    shop.catch_up()
    shop.assert_equal()
    logs = dms.describe_replication_instance_task_logs(ReplicationInstanceArn=other.instance)
    assert [one["ReplicationTaskArn"] for one in logs["ReplicationInstanceTaskLogs"]] == [shop.task]
    book.end()
    other.end()
    for server in (shop.source, shop.target):
        server.drop_database(shop.database)


def self_signed(folder: Path) -> str:
    made = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=life", "-keyout", folder / "key.pem", "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made.read_text()


def test_a_certificate_goes_once_no_endpoint_names_it(dms: Any, tmp_path: Path) -> None:
    arn = dms.import_certificate(CertificateIdentifier="life", CertificatePem=self_signed(tmp_path))["Certificate"][
        "CertificateArn"
    ]
    by_id = [{"Name": "certificate-id", "Values": ["life"]}]
    (shown,) = dms.describe_certificates(Filters=by_id)["Certificates"]
    assert shown["CertificateArn"] == arn and shown["KeyLength"] == 256
    end = dms.create_endpoint(
        EndpointIdentifier="life-checked", EndpointType="source", EngineName="postgres", ServerName="db.example.org",
        Port=5432, Username="mover", Password="secret", DatabaseName="shop", SslMode="verify-ca", CertificateArn=arn,
    )["Endpoint"]["EndpointArn"]  # fmt: skip
    assert fault_of(dms.delete_certificate, CertificateArn=arn) == "InvalidResourceStateFault"
    dms.delete_endpoint(EndpointArn=end)
    assert dms.delete_certificate(CertificateArn=arn)["Certificate"]["CertificateIdentifier"] == "life"
    assert fault_of(dms.describe_certificates, Filters=by_id) == "ResourceNotFoundFault"


def test_a_subscription_is_disabled_and_narrowed(dms: Any) -> None:
    groups = dms.describe_event_categories(SourceType="replication-task")["EventCategoryGroupList"]
    assert "failure" in groups[0]["EventCategories"]
    made = dms.create_event_subscription(
        SubscriptionName="life", SnsTopicArn="https://127.0.0.1:9/never", SourceType="replication-task"
    )["EventSubscription"]
    assert made["Enabled"] is True
    dms.modify_event_subscription(SubscriptionName="life", Enabled=False, EventCategories=["failure"])
    (shown,) = dms.describe_event_subscriptions(SubscriptionName="life")["EventSubscriptionsList"]
    assert (shown["Enabled"], shown["EventCategoriesList"], shown["Status"]) == (False, ["failure"], "active")
    dms.delete_event_subscription(SubscriptionName="life")
    assert fault_of(dms.describe_event_subscriptions, SubscriptionName="life") == "ResourceNotFoundFault"


def test_a_subnet_group_takes_other_subnets(dms: Any) -> None:
    named = {"ReplicationSubnetGroupIdentifier": "life"}
    dms.create_replication_subnet_group(
        **named, ReplicationSubnetGroupDescription="two", SubnetIds=["subnet-1", "subnet-2"]
    )
    dms.modify_replication_subnet_group(**named, SubnetIds=["subnet-2", "subnet-3", "subnet-4"])
    by_id = [{"Name": "replication-subnet-group-id", "Values": ["life"]}]
    (shown,) = dms.describe_replication_subnet_groups(Filters=by_id)["ReplicationSubnetGroups"]
    assert [one["SubnetIdentifier"] for one in shown["Subnets"]] == ["subnet-2", "subnet-3", "subnet-4"]
    assert shown["ReplicationSubnetGroupDescription"] == "two"
    dms.delete_replication_subnet_group(**named)
    assert fault_of(dms.describe_replication_subnet_groups, Filters=by_id) == "ResourceNotFoundFault"


def test_no_maintenance_is_ever_pending(dms: Any) -> None:
    book = Runbook(Boto3(dms), "maintained").begin()
    assert dms.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []
    action = {"ReplicationInstanceArn": book.instance, "ApplyAction": "os-upgrade", "OptInType": "immediate"}
    assert fault_of(dms.apply_pending_maintenance_action, **action) == "ResourceNotFoundFault"
    book.end()
