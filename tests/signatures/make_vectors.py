#!/usr/bin/python3
"""Writes vectors.json beside it: requests as they stand on the wire, signed by botocore (Debian's python3-botocore).

src/http/signature_test.cpp holds the verifier against them, and changes each of them in one place. botocore is an
oracle of its own: nothing of Godwit's takes part. Run it again only to add cases; times and keys are fixed.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNED_AT = datetime.datetime(2015, 8, 30, 12, 36, 0)
JSON = {"Content-Type": "application/x-amz-json-1.1"}
DMS = "AmazonDMSv20160101."
# Of the suite that AWS published: shows that the oracle itself is driven rightly.
GET_VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def case(name, *, method="POST", path="/", query="", params=None, headers=(), body="", service="dms",
         region="eu-central-1", host="127.0.0.1:8470", token=None, twice=()):
    """`query` is signed as it stands in the URL, `params` are encoded by botocore; `twice`: values of X-Repeated."""
    return locals()


CASES = [
    case("get-vanilla", method="GET", service="service", region="us-east-1", host="example.amazonaws.com"),
    case("a describe call as the command line sends it", headers={**JSON, "X-Amz-Target": DMS + "DescribeEndpoints"}.items(), body="{}"),
    case("a create call with text in UTF-8", headers={**JSON, "X-Amz-Target": DMS + "CreateEndpoint"}.items(),
         body=json.dumps({"EndpointIdentifier": "bücher-и-書"}, ensure_ascii=False)),
    case("an empty body", headers={**JSON, "X-Amz-Target": DMS + "DescribeEvents"}.items()),
    case("a session token", headers={**JSON, "X-Amz-Target": DMS + "DescribeEvents"}.items(), body="{}",
         token="FwoGZXIvYXdzEXAMPLE//////////token=="),
    case("blanks around and within a header", headers=[("X-Amz-Meta", "  a   b \t c  "), ("X-Empty", "")]),
    case("a header that comes twice", twice=("one", "two   three", "one")),
    case("a header in UTF-8", headers=[("X-Name", "bücher 書")]),
    case("the body's hash in a header", body="{}", headers=[("X-Amz-Content-SHA256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]),
    case("an unsigned payload", body="anything", headers=[("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")]),
    case("the date in a Date header", headers=[("Date", "x")]),
    case("query members are sorted", query="b=2&a=2&B=1&a=1&ab=0"),
    case("a query member without value", query="Version=2011-06-15&empty=&Action"),
    case("query members of any character", params={"a b": "c d", "p": "/?&=+%~-_.*'()!", "ü": "書", "A": "", "a": "z"}),
    case("repeated query names sort by value", params=[("k", "b"), ("k", "B"), ("k", "%"), ("k", "~"), ("j-", "1"), ("j", "1")]),
    case("an encoded path is encoded once more", path="/a%20b/%E6%9B%B8/c+d"),
    case("an encoded slash", path="/a%2Fb"),
    case("dot segments and doubled slashes", path="//a/./b/../c//d/.."),
    case("dots above the root", path="/../../a/"),
    case("a path with marks", path="/-._~!$&'()*,;=:@"),
    case("the path of the CBOR protocol", path="/service/GraniteServiceVersion20100801/operation/GetMetricData",
         service="monitoring", body="\x01\x02", headers=[("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")]),
    case("a form of the query protocol", service="sts", body="Action=GetCallerIdentity&Version=2011-06-15",
         headers=[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]),
    case("a call to the logs", service="logs", headers=[("X-Amz-Target", "Logs_20140328.FilterLogEvents")], body="{}"),
    case("a host without port", host="dms.example.org"),
    case("a host in IPv6", host="[::1]:8470"),
    case("the headers of other SDKs", body="{}", headers=[("amz-sdk-invocation-id", "3f1c"), ("amz-sdk-request", "attempt=1; max=3"),
                                                          ("Content-Length", "2"), ("X-Amz-Target", DMS + "DescribeEvents")]),
]  # fmt: skip


def encoded(params) -> str:
    """As a client would write them into the request line, in the order given and partly with lower-case digits."""
    pairs = params.items() if isinstance(params, dict) else params
    return "&".join("=".join("".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02x}" for b in part.encode())
                             for part in pair) for pair in pairs)  # fmt: skip


def sign(case: dict) -> dict:
    url = f"http://{case['host']}{case['path']}" + (f"?{case['query']}" if case["query"] else "")
    request = AWSRequest(method=case["method"], url=url, data=case["body"].encode("utf-8"), params=case["params"] or {})
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    for value in case["twice"]:
        request.headers.add_header("X-Repeated", value)
    request.headers["Host"] = case["host"]
    signer = botocore.auth.SigV4Auth(Credentials(KEY, SECRET, case["token"]), case["service"], case["region"])
    with mock.patch.object(botocore.auth.datetime, "datetime", wraps=datetime.datetime) as clock:
        clock.utcnow.return_value = SIGNED_AT
        canonical = []
        plain = signer.canonical_request
        signer.canonical_request = lambda r: canonical.append(plain(r)) or canonical[-1]
        signer.add_auth(request)
    query = case["query"] or (encoded(case["params"]) if case["params"] else "")
    return {
        "name": case["name"],
        "method": case["method"],
        "target": case["path"] + (f"?{query}" if query else ""),
        "headers": [[name.lower(), value] for name, value in request.headers.items()],
        "body": case["body"],
        "token": case["token"] or "",
        "region": case["region"],
        "service": case["service"],
        "canonical_request": canonical[0],
    }


def main() -> None:
    signed = [sign(case) for case in CASES]
    assert GET_VANILLA in dict(map(tuple, signed[0]["headers"]))["authorization"]
    vectors = {
        "access_key_id": KEY,
        "secret": SECRET,
        "signed_at_s": int(SIGNED_AT.replace(tzinfo=datetime.timezone.utc).timestamp()),
        "requests": signed,
    }
    path = Path(__file__).with_name("vectors.json")
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
