"""Endpoints, connections, schema lists and certificates by boto3, on real servers."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
from botocore.exceptions import ClientError, WaiterError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

from godwit_server import GodwitServer  # noqa: E402  (after the path is set)
from postgres_server import PostgresServer  # noqa: E402
from servers import PASSWORD, PASSWORD_USER, Server, SharedServers  # noqa: E402
from workplace import own  # noqa: E402

FAST = {"Delay": 1, "MaxAttempts": 60}
numbers = itertools.count()


@pytest.fixture(scope="module")
def databases() -> Iterator[SharedServers]:
    running = SharedServers()
    yield running
    running.close()


@pytest.fixture(scope="module")
def instance(server: GodwitServer) -> str:
    dms = server.client("dms")
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier="endpoints-test", ReplicationInstanceClass="dms.t3.micro"
    )
    dms.get_waiter("replication_instance_available").wait(WaiterConfig=FAST)
    arn: str = made["ReplicationInstance"]["ReplicationInstanceArn"]
    return arn


def login(on: Server, engine: str, **other: Any) -> dict[str, Any]:
    return {
        "EndpointIdentifier": f"endpoint-{next(numbers)}",
        "EndpointType": "source",
        "EngineName": engine,
        "ServerName": "127.0.0.1",
        "Port": on.port,
        "Username": PASSWORD_USER,
        "Password": PASSWORD,
        "DatabaseName": "postgres" if engine == "postgres" else "",
        **other,
    }


def create(dms: Any, **members: Any) -> str:
    given = {name: value for name, value in members.items() if value != ""}
    arn: str = dms.create_endpoint(**given)["Endpoint"]["EndpointArn"]
    return arn


def wait_for(dms: Any, endpoint: str) -> None:
    dms.get_waiter("test_connection_succeeds").wait(
        Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}], WaiterConfig=FAST
    )


def connect(dms: Any, instance: str, endpoint: str) -> None:
    begun = dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=endpoint)["Connection"]
    assert begun["Status"] == "testing"
    wait_for(dms, endpoint)


def failure(dms: Any, instance: str, endpoint: str) -> str:
    with pytest.raises(WaiterError):
        connect(dms, instance, endpoint)
    found = dms.describe_connections(Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}])["Connections"][0]
    assert found["Status"] == "failed"
    message: str = found["LastFailureMessage"]
    assert message.startswith("Test Endpoint failed: Application-Status: ")
    assert PASSWORD not in message
    return message


def refreshed(dms: Any, instance: str, endpoint: str) -> list[str]:
    dms.refresh_schemas(EndpointArn=endpoint, ReplicationInstanceArn=instance)
    for _ in range(100):
        status = dms.describe_refresh_schemas_status(EndpointArn=endpoint)["RefreshSchemasStatus"]
        if status["Status"] != "refreshing":
            break
        time.sleep(0.05)
    assert status["Status"] == "successful", status
    pages = dms.get_paginator("describe_schemas").paginate(EndpointArn=endpoint)
    return [name for page in pages for name in page["Schemas"]]


@pytest.mark.parametrize(("engine", "version"), [("postgres", "15"), ("mariadb", "mariadb"), ("mysql", "mysql8")])
@pytest.mark.parametrize("side", ["source", "target"])
def test_an_endpoint_connects_and_lists_its_schemas(
    dms: Any, instance: str, databases: SharedServers, engine: str, version: str, side: str
) -> None:
    on = databases.get(version, "source")
    for name in ("zwei", "Eins mit Blank"):
        on.query(f'CREATE SCHEMA IF NOT EXISTS "{name}"' if engine == "postgres" else f"CREATE DATABASE IF NOT EXISTS `{name}`")
    endpoint = create(dms, **login(on, engine, EndpointType=side))
    connect(dms, instance, endpoint)
    names = refreshed(dms, instance, endpoint)
    assert names == sorted(names)
    assert {"zwei", "Eins mit Blank"} <= set(names)
    assert not {"pg_catalog", "information_schema", "mysql", "sys", "performance_schema"} & set(names)


@pytest.mark.parametrize(("engine", "version"), [("postgres", "15"), ("mariadb", "mariadb")])
def test_what_a_server_refuses_is_told_and_a_change_is_tested_again(
    dms: Any, instance: str, databases: SharedServers, engine: str, version: str
) -> None:
    on = databases.get(version, "source")
    endpoint = create(dms, **login(on, engine, Password="wrong"))
    assert PASSWORD_USER in failure(dms, instance, endpoint)
    dms.modify_endpoint(EndpointArn=endpoint, Password=PASSWORD)
    wait_for(dms, endpoint)
    dms.modify_endpoint(EndpointArn=endpoint, Port=1)
    with pytest.raises(WaiterError):
        wait_for(dms, endpoint)
    dms.delete_connection(EndpointArn=endpoint, ReplicationInstanceArn=instance)
    dms.delete_endpoint(EndpointArn=endpoint)
    dms.get_waiter("endpoint_deleted").wait(
        Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}], WaiterConfig=FAST
    )


def test_a_password_is_mended_and_tested_at_once(dms: Any, instance: str, databases: SharedServers) -> None:
    on = databases.get("15", "source")
    endpoint = create(dms, **login(on, "postgres", Password="wrong"))
    failure(dms, instance, endpoint)
    for _ in range(5):  # the change begins a test of its own
        dms.modify_endpoint(EndpointArn=endpoint, Password="wrong again")
        dms.modify_endpoint(EndpointArn=endpoint, Password=PASSWORD)
        dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=endpoint)
        wait_for(dms, endpoint)


def test_a_bad_setting_of_the_engine_fails_the_test_by_name(
    dms: Any, instance: str, databases: SharedServers
) -> None:
    on = databases.get("15", "source")
    endpoint = create(dms, **login(on, "postgres", ExtraConnectionAttributes="authenticationMethod=iam"))
    assert "AuthenticationMethod" in failure(dms, instance, endpoint)


def certificate(folder: Path, name: str) -> str:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
    subprocess.run(command, check=True, capture_output=True)
    os.chmod(folder / f"{name}.key", 0o600)
    return (folder / f"{name}.pem").read_text()


def test_a_server_is_verified_by_an_imported_certificate(dms: Any, instance: str) -> None:
    with PostgresServer("15") as on:
        right, wrong = certificate(on.folder, "right"), certificate(on.folder, "wrong")
        own(on.folder)
        on.query("ALTER SYSTEM SET ssl_cert_file = '" + str(on.folder / "right.pem") + "'")
        on.query("ALTER SYSTEM SET ssl_key_file = '" + str(on.folder / "right.key") + "'")
        on.query("ALTER SYSTEM SET ssl = on")
        on.query("SELECT pg_reload_conf()")
        arns = [
            dms.import_certificate(CertificateIdentifier=f"pem-{next(numbers)}", CertificatePem=pem)["Certificate"][
                "CertificateArn"
            ]
            for pem in (right, wrong)
        ]
        for mode in ("require", "verify-ca", "verify-full"):
            endpoint = create(dms, **login(on, "postgres", SslMode=mode, CertificateArn=arns[0]))
            connect(dms, instance, endpoint)
        dms.modify_endpoint(EndpointArn=endpoint, CertificateArn=arns[1])
        with pytest.raises(WaiterError):
            wait_for(dms, endpoint)
        with pytest.raises(ClientError, match="InvalidResourceStateFault"):
            dms.delete_certificate(CertificateArn=arns[1])


def test_a_login_may_stand_in_a_secret(tmp_path: Path, databases: SharedServers) -> None:
    on = databases.get("15", "source")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    secret = secrets / "prod-db.json"

    def put(password: str) -> None:
        secret.write_text(
            json.dumps({"username": PASSWORD_USER, "password": password, "host": "127.0.0.1", "port": on.port})
        )
        secret.chmod(0o600)

    with GodwitServer("--secret-dir", str(secrets), folder=tmp_path) as server:
        dms = server.client("dms")
        made = dms.create_replication_instance(
            ReplicationInstanceIdentifier="i", ReplicationInstanceClass="dms.t3.micro"
        )
        instance = made["ReplicationInstance"]["ReplicationInstanceArn"]
        dms.get_waiter("replication_instance_available").wait(WaiterConfig=FAST)
        arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:prod-db-AbCdEf"
        endpoint = create(
            dms,
            EndpointIdentifier="secret",
            EndpointType="source",
            EngineName="postgres",
            DatabaseName="postgres",
            PostgreSQLSettings={"SecretsManagerSecretId": arn, "SecretsManagerAccessRoleArn": "arn:aws:iam::1:role/r"},
        )
        assert "prod-db" in failure(dms, instance, endpoint)
        put("wrong")
        failure(dms, instance, endpoint)
        put(PASSWORD)
        connect(dms, instance, endpoint)
        everything = server.log() + server.said() + json.dumps(dms.describe_endpoints(), default=str)
        assert PASSWORD not in everything


def test_an_endpoint_is_the_same_after_a_restart(own_server: GodwitServer, databases: SharedServers) -> None:
    on = databases.get("15", "source")
    own_server.start()
    dms = own_server.client("dms")
    made = dms.create_endpoint(
        **login(on, "postgres", ExtraConnectionAttributes="captureDDLs=N;slotName=s", PostgreSQLSettings={"HeartbeatEnable": True})
    )["Endpoint"]
    assert made["PostgreSQLSettings"]["SlotName"] == "s"
    assert made["PostgreSQLSettings"]["CaptureDdls"] is False
    assert made["PostgreSQLSettings"]["HeartbeatEnable"] is True
    own_server.kill()
    own_server.start()
    assert own_server.client("dms").describe_endpoints()["Endpoints"] == [made]


def test_a_test_that_a_killed_server_had_under_way_ends_after_its_restart(own_server: GodwitServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never says a word
        own_server.start()
        dms = own_server.client("dms")
        made = dms.create_replication_instance(
            ReplicationInstanceIdentifier="i", ReplicationInstanceClass="dms.t3.micro"
        )
        dms.get_waiter("replication_instance_available").wait(WaiterConfig=FAST)
        endpoint = dms.create_endpoint(
            EndpointIdentifier="silent",
            EndpointType="source",
            EngineName="postgres",
            ServerName="127.0.0.1",
            Port=silent.getsockname()[1],
            Username="u",
            Password="p",
            ExtraConnectionAttributes="connectionTimeout=2",
        )["Endpoint"]["EndpointArn"]
        dms.test_connection(
            EndpointArn=endpoint, ReplicationInstanceArn=made["ReplicationInstance"]["ReplicationInstanceArn"]
        )
        own_server.kill()
        own_server.start()
        dms = own_server.client("dms")
        for _ in range(200):
            status = dms.describe_connections()["Connections"][0]
            if status["Status"] != "testing":
                break
            time.sleep(0.05)
        assert status["Status"] == "failed" and "timeout" in status["LastFailureMessage"]


def test_the_kinds_and_settings_of_endpoints_are_listed(dms: Any) -> None:
    pages = dms.get_paginator("describe_endpoint_types").paginate()
    types = [one for page in pages for one in page["SupportedEndpointTypes"]]
    found = {(one["EngineName"], one["EndpointType"]) for one in types}
    assert {("postgres", "source"), ("postgres", "target"), ("mysql", "source"), ("mariadb", "target")} <= found
    assert ("gcp-mysql", "target") not in found
    for engine in sorted({one["EngineName"] for one in types}):
        settings = dms.describe_endpoint_settings(EngineName=engine)["EndpointSettings"]
        names = [one["Name"] for one in settings]
        assert names == sorted(names) and len(set(names)) == len(names)
        assert {"ServerName", "Password", "SecretsManagerSecretId", "AfterConnectScript"} <= set(names)
        assert all(one["EnumValues"] for one in settings if one["Type"] == "enum")
