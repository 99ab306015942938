"""The server's model against botocore's, and the checker of replies against replies that are wrong."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import botocore.session
import pytest
from service_model import ServiceModel

# What ours says otherwise on purpose: types of ends come in any case, events have a second kind of source.
OURS = {
    "enum(source|target)": "anycase(source|target)",
    "enum(replication-instance)": "enum(replication-instance|replication-task)",
}
# What later models say more closely than Debian's.
LATER = {("str", "str<=30"), ("str", "secret"), ("enum(beta)", "enum(beta|prod)")}
# Texts that AWS bounds elsewhere, or not at all.
BOUNDED = {("str", "str<=65536"), ("str", "str<=2097152")}


def kind_of(shape: Any) -> str:
    """A shape of botocore's in our notation."""
    if shape.type_name == "structure":
        return str(shape.name)
    if shape.type_name == "list":
        return f"[{kind_of(shape.member)}]"
    if shape.type_name == "timestamp":
        return "iso" if shape.serialization.get("timestampFormat") == "iso8601" else "ts"
    if shape.type_name != "string":
        return {"integer": "int", "boolean": "bool"}.get(shape.type_name, str(shape.type_name))
    if shape.enum:
        kind = "enum(" + "|".join(shape.enum) + ")"
        return OURS.get(kind, kind)
    if shape.metadata.get("sensitive"):
        return "secret"
    return f"str<={shape.metadata['max']}" if "max" in shape.metadata else "str"


def differences(ours: Mapping[str, str], shape: Any) -> Iterator[str]:
    for name, member in shape.members.items() if shape else ():
        known = {key.rstrip("*"): (kind, key.endswith("*")) for key, kind in ours.items()}.get(name)
        theirs = (kind_of(member), name in shape.required_members)
        if known != theirs and not (known and (theirs[0], known[0]) in LATER | BOUNDED and known[1] == theirs[1]):
            yield f"{shape.name}.{name}: botocore has {theirs}, ours {known}"


def test_every_operation_and_member_of_botocore_is_known_with_its_type(model: ServiceModel) -> None:
    theirs = botocore.session.get_session().get_service_model("dms")
    found: list[str] = []
    for name in theirs.operation_names:
        if name not in model.operations:
            found.append(f"{name} is not known")
            continue
        operation = theirs.operation_model(name)
        found += differences(model.operations[name].input, operation.input_shape)
        found += differences(model.operations[name].output, operation.output_shape)
    for name in theirs.shape_names:
        if name in model.structures:
            found += differences(model.structures[name], theirs.shape_for(name))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "operation, output, complaint",
    [
        ("DescribeEndpoints", {"Endpoint": []}, "no such member"),
        ("DescribeEndpoints", {"Endpoints": None}, "must be a list"),
        ("DescribeEndpoints", {"Endpoints": [{"Port": "5432"}]}, "must be of type int"),
        ("DescribeEndpoints", {"Endpoints": [{"Port": True}]}, "must be of type int"),
        ("DescribeEndpoints", {"Endpoints": [{"EndpointArn": None}]}, "must be a string"),
        ("DescribeEndpoints", {"Endpoints": [{"Password": "x"}]}, "no such member"),
        ("DescribeEndpoints", {"Endpoints": [{"SslMode": "some"}]}, "must be one of"),
        ("DescribeEndpoints", {"Endpoints": [{"PostgreSQLSettings": {"Password": "x"}}]}, "a secret in a reply"),
        ("DescribeEndpoints", {"Endpoints": [{"PostgreSQLSettings": {"SlotName": 1}}]}, "must be a string"),
        ("DescribeReplicationTasks", {"ReplicationTasks": [{"ReplicationTaskCreationDate": "now"}]}, "of type ts"),
        ("DescribeDataProviders", {"DataProviders": [{"DataProviderCreationTime": "x"}]}, "ISO 8601"),
        ("DescribeCertificates", {"Certificates": [{"CertificateWallet": "*"}]}, "base64"),
        ("DescribeEndpoints", [], "must be an object"),
    ],
)
def test_the_checker_sees_what_is_wrong(model: ServiceModel, operation: str, output: Any, complaint: str) -> None:
    assert complaint in "; ".join(model.complaints(operation, output))


def test_the_checker_lets_right_replies_pass(model: ServiceModel) -> None:
    endpoint = {"EndpointIdentifier": "e", "EndpointType": "SOURCE", "Port": 5432, "MySQLSettings": {"Port": 1}}
    assert model.complaints("DescribeEndpoints", {"Endpoints": [endpoint], "Marker": "m"}) == []
    assert model.complaints("AddTagsToResource", {}) == []


def test_a_checked_client_fails_on_a_wrong_fault(model: ServiceModel) -> None:
    headers = {"x-amzn-RequestId": "5f0c6d3e-8c1b-4b6a-9d5e-0a1b2c3d4e5f", "Content-Type": "application/x-amz-json-1.1"}
    right = {**headers, "x-amzn-ErrorType": "ResourceNotFoundFault"}
    body = b'{"__type":"ResourceNotFoundFault","message":"No Tasks found"}'
    assert model.of_reply("DescribeEndpoints", 400, right, body) == []
    assert model.of_reply("DescribeEndpoints", 500, right, body)
    assert model.of_reply("DescribeEndpoints", 400, headers, body)
    assert model.of_reply("DescribeEndpoints", 400, right, b'{"__type":"Oops","message":"x"}')
    assert model.of_reply("DescribeEndpoints", 400, right, b"<html>")
