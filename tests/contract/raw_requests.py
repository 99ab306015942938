"""Requests as no SDK would send them: signed by botocore's signer, or not, with any body, path and header."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from godwit_server import REGION, GodwitServer, Key

TARGET = "AmazonDMSv20160101."


@dataclass
class Reply:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def fault(self) -> str:
        """The name of the fault; empty for a success."""
        return "" if self.status == 200 else str(self.content["__type"])


@dataclass
class Request:
    """One request; what it is signed over can be altered before it is sent."""

    server: GodwitServer
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    path: str = "/"
    signed: dict[str, str] = field(default_factory=dict)

    def sign(self, key: Key | None = None, service: str = "dms", region: str = REGION) -> Request:
        key = key or self.server.key()
        request = AWSRequest(self.method, self.server.url + self.path, data=self.body, headers=dict(self.headers))
        SigV4Auth(Credentials(key.id, key.secret), service, region).add_auth(request)
        self.signed = {name: str(value) for name, value in request.headers.items()}
        return self

    def send(self, timeout_s: float = 30) -> Reply:
        address = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout_s)
        try:
            connection.request(self.method, self.path, body=self.body, headers=self.signed or self.headers)
            got = connection.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()


def request(server: GodwitServer, operation: str, body: Any = None, **more: Any) -> Request:
    """A call of DMS, not signed yet. `body`: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET + operation}
    return Request(server, headers, content, **more)


def call(server: GodwitServer, operation: str, body: Any = None, key: Key | None = None) -> Reply:
    return request(server, operation, body).sign(key).send()
