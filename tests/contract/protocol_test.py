"""The JSON protocol as clients and others use it (spec/api.md §1, §2): faults, shapes, signatures, roles."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable
from urllib.parse import urlsplit

import botocore.exceptions
import pytest
from godwit_server import GodwitServer, Key
from raw_requests import Reply, Request, call, request
from service_model import ServiceModel

OPERATIONS = sorted(ServiceModel().operations)
SOME_CHANGE = ("DeleteFleetAdvisorDatabases", {"DatabaseIds": ["x"]})  # which changes nothing, wherever it is known


def right(model: ServiceModel, operation: str, reply: Reply) -> None:
    assert model.of_reply(operation, reply.status, reply.headers, reply.body) == []


def rows_of_store(server: GodwitServer) -> dict[str, list[Any]]:
    """Everything in the store but when keys were used."""
    with sqlite3.connect(f"file:{server.data}/godwit.db?mode=ro", uri=True) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        content = {name: store.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    content["access_keys"] = [row[:5] for row in content["access_keys"]]
    return content


# --- operations and inputs ---


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_answers_by_the_model_and_none_fails(
    server: GodwitServer, model: ServiceModel, operation: str
) -> None:
    for body in ({}, model.least_input(operation), {"Unknown": {"deep": [1]}, **model.least_input(operation)}):
        right(model, operation, call(server, operation, body))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_of_another_type_is_a_validation_exception(
    server: GodwitServer, model: ServiceModel, operation: str
) -> None:
    for name, kind in model.operations[operation].input.items():
        for wrong in model.wrong(kind):
            body = {**model.least_input(operation), name.rstrip("*"): wrong}
            reply = call(server, operation, body)
            right(model, operation, reply)
            assert reply.fault == "ValidationException", f"{body}: {reply.body!r}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_member_is_named(server: GodwitServer, model: ServiceModel, operation: str) -> None:
    required = [name[:-1] for name in model.operations[operation].input if name.endswith("*")]
    for missing in required:
        body = {name: value for name, value in model.least_input(operation).items() if name != missing}
        for given in (body, {**body, missing: None}):
            reply = call(server, operation, given)
            assert reply.fault == "ValidationException"
            where = missing[0].lower() + missing[1:]
            assert reply.content["message"] == (
                f"1 validation error detected: Value null at '{where}' failed to satisfy constraint: "
                "Member must not be null"
            )


def test_words_of_a_violation_are_those_that_users_know(checked_client: Callable[..., Any]) -> None:
    client = checked_client(parameter_validation=False)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.start_replication_task(ReplicationTaskArn="arn", StartReplicationTaskType="begin")
    said = str(refused.value).replace(" (reached max retries: 0)", "")  # newer clients count their attempts
    assert said == (
        "An error occurred (ValidationException) when calling the StartReplicationTask operation: 1 validation error "
        "detected: Value 'begin' at 'startReplicationTaskType' failed to satisfy constraint: Member must satisfy enum "
        "value set: [start-replication, resume-processing, reload-target]"
    )


@pytest.mark.parametrize(
    "body",
    [b"{", b"}", b"[]", b'"text"', b"7", b"null", b"{} {}", b"{'a': 1}", b'{"a":1,}', b'{"Marker":"\xff"}', b"\x00",
     b'{"Marker":"\\ud800"}', b"\xef\xbb\xbf[]", b"[" * 200_000, b'{"a":' * 200_000, b"<xml/>"],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_a_serialization_exception(
    server: GodwitServer, model: ServiceModel, body: bytes
) -> None:
    reply = call(server, "DescribeRecommendations", body)
    right(model, "DescribeRecommendations", reply)
    assert reply.fault == "SerializationException"


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}", b'{"MaxRecords":null}', b'{"MaxRecords":"x","MaxRecords":20}'])
def test_a_lenient_body_is_taken(server: GodwitServer, body: bytes) -> None:
    assert call(server, "DescribeRecommendations", body).content == {"Recommendations": []}


@pytest.mark.parametrize(
    "target",
    ["", "DescribeEndpoints", "AmazonDMSv20160101.", "AmazonDMSv20160101.describeEndpoints", "AmazonDMSv20160101.Nothing",
     "AmazonDMSv2016.DescribeEndpoints", "X.DescribeEndpoints", "AmazonDMSv20160101.DescribeEndpoints.", "%00"],
)  # fmt: skip
def test_an_unknown_target_is_an_unknown_operation(server: GodwitServer, model: ServiceModel, target: str) -> None:
    asked = request(server, "")
    asked.headers["X-Amz-Target"] = target
    reply = asked.sign().send()
    right(model, "DescribeEndpoints", reply)
    assert reply.fault == "UnknownOperationException"


def test_a_request_without_a_target_is_an_unknown_operation(server: GodwitServer) -> None:
    asked = request(server, "DescribeRecommendations")
    del asked.headers["X-Amz-Target"]
    assert asked.sign().send().fault == "UnknownOperationException"


@pytest.mark.parametrize(
    "method, path, fault",
    [
        ("POST", "/", ""),
        ("POST", "//", ""),
        ("POST", "/?a=b&c", ""),
        ("POST", "/dms", "UnknownOperationException"),
        ("POST", "/../../etc/passwd", "UnknownOperationException"),
        ("GET", "/", "UnknownOperationException"),
        ("PUT", "/", "UnknownOperationException"),
        ("DELETE", "/healthz", "UnknownOperationException"),
    ],
)
def test_calls_are_posts_to_the_root(server: GodwitServer, method: str, path: str, fault: str) -> None:
    reply = request(server, "DescribeRecommendations", method=method, path=path).sign().send()
    assert reply.fault == fault, reply.body


@pytest.mark.parametrize(
    "content_type, fault",
    [
        ("application/x-amz-json-1.1", ""),
        ("application/x-amz-json-1.1; charset=utf-8", ""),
        ("Application/JSON", ""),
        ("application/xml", "SerializationException"),
        ("text/plain", "SerializationException"),
    ],
)
def test_the_content_type_is_json(server: GodwitServer, content_type: str, fault: str) -> None:
    asked = request(server, "DescribeRecommendations")
    asked.headers["Content-Type"] = content_type
    assert asked.sign().send().fault == fault


def test_a_member_that_nobody_knows_is_ignored_with_a_warning(server: GodwitServer) -> None:
    reply = call(server, "DescribeRecommendations", {"FutureMember": 1})
    assert reply.status == 200
    line = next(line for line in server.log().splitlines() if reply.headers["x-amzn-requestid"] in line)
    assert "WARN" in line and "FutureMember" in line


def test_a_body_of_100_mb_is_refused_and_leaves_the_server_as_it_was(server: GodwitServer) -> None:
    server.key()
    before = rows_of_store(server)
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(100 << 20))
    connection.putheader("X-Amz-Target", "AmazonDMSv20160101.CreateEndpoint")
    connection.endheaders()
    try:
        for _ in range(100):
            connection.send(b" " * (1 << 20))
    except OSError:
        pass  # it need not read on
    got = connection.getresponse()
    assert (got.status, json.loads(got.read())["__type"]) == (413, "RequestEntityTooLargeException")
    connection.close()
    assert call(server, "DescribeRecommendations").status == 200
    assert rows_of_store(server) == before
    peak_kb = int(re.findall(r"VmHWM:\s+(\d+) kB", (open(f"/proc/{server.process.pid}/status").read()))[0])
    assert peak_kb < 150_000


def test_fifty_requests_at_once_are_all_answered(server: GodwitServer, checked_client: Callable[..., Any]) -> None:
    client = checked_client(max_pool_connections=50)
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: client.describe_fleet_advisor_databases(), range(500)))
    assert [reply["Databases"] for reply in replies] == [[]] * 500
    assert len({reply["ResponseMetadata"]["RequestId"] for reply in replies}) == 500


# --- who asks ---


def altered(asked: Request, header: str, value: str | None) -> Request:
    if value is None:
        del asked.signed[header]
    else:
        asked.signed[header] = value
    return asked


def test_wrong_signatures_have_their_faults(server: GodwitServer, model: ServiceModel) -> None:
    key = server.key()
    wrong_secret = Key(key.id, "x" * 40, key.role)
    unknown = Key("GKIA" + "A" * 16, key.secret, key.role)

    def asked() -> Request:
        return request(server, "DescribeRecommendations").sign()

    altered_body = asked()
    altered_body.body = b'{"MaxRecords":20}'
    cases = {
        "MissingAuthenticationTokenException": [request(server, "DescribeRecommendations")],
        "IncompleteSignatureException": [
            altered(asked(), "Authorization", "AWS4-HMAC-SHA256 Credential=x"),
            altered(asked(), "Authorization", "Basic eDp5"),
            altered(asked(), "X-Amz-Date", "yesterday"),
        ],
        "UnrecognizedClientException": [request(server, "DescribeRecommendations").sign(unknown)],
        "InvalidSignatureException": [
            request(server, "DescribeRecommendations").sign(wrong_secret),
            request(server, "DescribeRecommendations").sign(service="s3"),
            request(server, "DescribeRecommendations").sign(service="logs"),
            altered(asked(), "X-Amz-Target", "AmazonDMSv20160101.DescribeEndpoints"),
            altered(asked(), "X-Amz-Date", "20200101T000000Z"),
            altered_body,
        ],
    }
    for fault, requests in cases.items():
        for one in requests:
            reply = one.send()
            right(model, "DescribeRecommendations", reply)
            assert reply.fault == fault, f"{one.signed}: {reply.body!r}"


def test_any_region_may_be_signed_for(server: GodwitServer) -> None:
    assert request(server, "DescribeRecommendations").sign(region="eu-central-1").send().status == 200


def test_a_copy_of_a_change_is_refused_and_one_of_a_look_is_answered(server: GodwitServer) -> None:
    change = request(server, *SOME_CHANGE).sign()
    look = request(server, "DescribeRecommendations").sign()
    first = change.send().fault
    assert first != "InvalidSignatureException"
    assert look.send().status == 200
    time.sleep(6)
    assert change.send().fault == "InvalidSignatureException"
    assert look.send().status == 200


def test_a_key_that_is_revoked_is_refused_at_once(server: GodwitServer) -> None:
    from godwit_server import godwit

    key = server.new_key("viewer", "soon-gone")
    assert call(server, "DescribeRecommendations", key=key).status == 200
    assert godwit("keys", "revoke", key.id, "--data-dir", server.data).returncode == 0
    assert call(server, "DescribeRecommendations", key=key).fault == "UnrecognizedClientException"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_viewer_changes_nothing(server: GodwitServer, model: ServiceModel, operation: str) -> None:
    reply = call(server, operation, model.least_input(operation), server.key("viewer"))
    right(model, operation, reply)
    assert (reply.fault == "AccessDeniedException") == model.operations[operation].changes
    if reply.fault == "AccessDeniedException":
        assert re.fullmatch(
            rf"User: arn:aws:iam::\d{{12}}:user/viewer is not authorized to perform: dms:{operation} on resource: "
            r"arn:aws:dms:us-east-1:\d{12}:\*:\*",
            reply.content["message"],
        )


def test_sts_tells_who_asks(server: GodwitServer) -> None:
    identity = server.client("sts").get_caller_identity()
    assert identity["UserId"] == server.key().id
    assert re.fullmatch(r"\d{12}", identity["Account"])
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:user/admin"


def test_sts_refuses_in_its_own_form(server: GodwitServer) -> None:
    sts = server.client("sts")
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidAction.*AssumeRole is not supported"):
        sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="session")
    key = server.key()
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidSignatureException"):
        server.client("sts", key=Key(key.id, "x" * 40, key.role)).get_caller_identity()


def test_health_is_open(server: GodwitServer) -> None:
    reply = Request(server, {}, b"", method="GET", path="/healthz").send()
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')


# --- what the log and replies tell ---


def test_each_request_is_one_line_without_its_input(server: GodwitServer) -> None:
    reply = call(server, "DescribeRecommendations", {"NextToken": "a\nforged line hunter2"})
    lines = [line for line in server.log().splitlines() if reply.headers["x-amzn-requestid"] in line]
    assert len(lines) == 1
    assert re.search(r"peer=127\.0\.0\.1 key=GKIA\w{16} action=dms:DescribeRecommendations status=200", lines[0])
    assert "hunter2" not in server.log()


def test_a_name_that_is_not_known_makes_no_line_of_its_own(server: GodwitServer) -> None:
    sts = Request(server, {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=a%0Aforged&Version=2011-06-15")
    assert sts.send().status == 400
    assert not [line for line in server.log().splitlines() if line.startswith("forged")]


def test_a_failure_of_the_servers_own_shows_an_id_alone(own_server: GodwitServer) -> None:
    own_server.start()
    client = own_server.client()
    with sqlite3.connect(own_server.data / "godwit.db") as store:
        store.execute("ALTER TABLE access_keys RENAME TO lost")
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        client.describe_fleet_advisor_databases()
    store.close()
    told = failed.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert told["Error"]["Code"] == "InternalFailure"
    assert "access_keys" not in told["Error"]["Message"]
    request_id = told["ResponseMetadata"]["RequestId"]
    assert request_id in told["Error"]["Message"]
    lines = [line for line in own_server.log().splitlines() if request_id in line and "ERROR" in line]
    assert "access_keys" in lines[0]
