"""The service model, read from src/api/model.txt, and what a reply must be under it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Iterator, Mapping

MODEL = Path(__file__).resolve().parents[2] / "src/api/model.txt"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CONTENT_TYPE = "application/x-amz-json-1.1"

# Names that a client may see as an error's code (spec/api.md §1.1).
FAULTS = set(
    """
AccessDeniedFault CollectorNotFoundFault FailedDependencyFault InsufficientResourceCapacityFault InvalidCertificateFault
InvalidOperationFault InvalidResourceStateFault InvalidSubnet KMSAccessDeniedFault KMSDisabledFault KMSFault
KMSInvalidStateFault KMSKeyNotAccessibleFault KMSNotFoundFault KMSThrottlingFault
ReplicationSubnetGroupDoesNotCoverEnoughAZs ResourceAlreadyExistsFault ResourceNotFoundFault ResourceQuotaExceededFault
S3AccessDeniedFault S3ResourceNotFoundFault SNSInvalidTopicFault SNSNoAuthorizationFault StorageQuotaExceededFault
SubnetAlreadyInUse UpgradeDependencyFailureFault
AccessDeniedException ExpiredTokenException IncompleteSignatureException InternalFailure
InvalidParameterCombinationException InvalidParameterValueException InvalidSignatureException
MissingAuthenticationTokenException SerializationException ThrottlingException UnknownOperationException
UnrecognizedClientException ValidationException
""".split()
)

# Members marked as sensitive that replies show nevertheless.
SHOWN = {"S3ObjectUrl", "SelectionRules"}
NATURES = {"ts": (int, float), "int": (int,), "long": (int,), "double": (int, float), "bool": (bool,)}


@dataclass
class Operation:
    name: str
    tier: str
    input: dict[str, str] = field(default_factory=dict)  # type by member; a required member's name ends in '*'
    output: dict[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        return not self.name.startswith(("Describe", "List", "Get"))


class ServiceModel:
    def __init__(self, text: str = MODEL.read_text()) -> None:
        self.operations: dict[str, Operation] = {}
        self.structures: dict[str, dict[str, str]] = {}
        self._read([word for line in text.splitlines() for word in line.split("#")[0].split()])

    def _read(self, words: list[str]) -> None:
        members: dict[str, str] = {}
        operation = Operation("", "")
        for at, word in enumerate(words):
            if word == "operation":
                operation = Operation(words[at + 1], words[at + 2])
                self.operations[operation.name] = operation
            elif word == "in":
                members = operation.input
            elif word == "out":
                members = operation.output
            elif word == "structure":
                members = self.structures[words[at + 1]] = {}
            elif ":" in word:
                name, kind = word.split(":", 1)
                members[name] = kind

    # --- replies ---

    def complaints(self, operation: str, output: Any) -> list[str]:
        """What is wrong with the output of a call that succeeded."""
        return list(self._of_members(self.operations[operation].output, output, operation))

    def _of_members(self, members: Mapping[str, str], value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: must be an object, not {value!r}"
            return
        known = {name.rstrip("*"): kind for name, kind in members.items()}
        for name, inner in value.items():
            if known.get(name) == "secret" and name not in SHOWN:
                yield f"{path}.{name}: a secret in a reply"
            elif name in known:
                yield from self._of_value(known[name], inner, f"{path}.{name}")
            else:
                yield f"{path}.{name}: the model has no such member"

    def _of_value(self, kind: str, value: Any, path: str) -> Iterator[str]:
        if kind.startswith("["):
            if not isinstance(value, list):
                yield f"{path}: must be a list, not {value!r}"
                return
            for at, element in enumerate(value):
                yield from self._of_value(kind[1:-1], element, f"{path}[{at}]")
        elif kind in self.structures:
            yield from self._of_members(self.structures[kind], value, path)
        elif kind in NATURES:
            if not isinstance(value, NATURES[kind]) or (isinstance(value, bool) and kind != "bool"):
                yield f"{path}: must be of type {kind}, not {value!r}"
        elif not isinstance(value, str):
            yield f"{path}: must be a string, not {value!r}"
        elif kind.startswith(("enum(", "anycase(")):
            choices = kind[kind.index("(") + 1 : -1].split("|")
            if value not in choices and not (kind[0] == "a" and value.lower() in choices):
                yield f"{path}: must be one of {choices}, not {value!r}"
        elif kind.startswith("str<=") and len(value) > int(kind[5:]):
            yield f"{path}: longer than {kind[5:]}: {value!r}"
        elif kind == "iso":
            try:
                datetime.fromisoformat(value.replace("Z", "+00:00"))
            except ValueError:
                yield f"{path}: must be an ISO 8601 time, not {value!r}"
        elif kind == "blob":
            try:
                base64.b64decode(value, validate=True)
            except ValueError:
                yield f"{path}: must be base64"

    def of_reply(self, operation: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What is wrong with a whole reply of the JSON protocol, of a success or of a fault."""
        found = []
        named = {name.lower(): value for name, value in headers.items()}
        if not UUID.fullmatch(named.get("x-amzn-requestid", "")):
            found.append(f"x-amzn-RequestId is {named.get('x-amzn-requestid')!r}")
        if named.get("content-type") != CONTENT_TYPE:
            found.append(f"Content-Type is {named.get('content-type')!r}")
        try:
            content = json.loads(body)
        except ValueError as why:
            return [*found, f"the body is no JSON: {why}"]
        if status == 200:
            return found + self.complaints(operation, content)
        if status != 400:
            found.append(f"the status is {status}: {body[:500]!r}")
        if content.get("__type") not in FAULTS:
            found.append(f"{content.get('__type')!r} is no fault that clients know")
        if named.get("x-amzn-errortype") != content.get("__type"):
            found.append(f"x-amzn-ErrorType is {named.get('x-amzn-errortype')!r}")
        if not isinstance(content.get("message"), str) or not content["message"]:
            found.append("a fault without a message")
        return found

    # --- inputs ---

    def least_input(self, operation: str) -> dict[str, Any]:
        """Every required member, with a value of its type."""
        return self._least(self.operations[operation].input)

    def _least(self, members: Mapping[str, str]) -> dict[str, Any]:
        return {name[:-1]: self.example(kind) for name, kind in members.items() if name.endswith("*")}

    def example(self, kind: str) -> Any:
        if kind.startswith("["):
            return [self.example(kind[1:-1])]
        if kind in self.structures:
            return self._least(self.structures[kind])
        if kind.startswith(("enum(", "anycase(")):
            return kind[kind.index("(") + 1 : -1].split("|")[0]
        return {"ts": 1520511132, "int": 20, "long": 20, "double": 0.5, "bool": True, "blob": "Zm8=",
                "iso": "2018-03-08T12:12:12Z"}.get(kind, "example")  # fmt: skip

    @staticmethod
    def wrong(kind: str) -> list[Any]:
        """Values that are of another JSON type."""
        if kind.startswith("["):
            return ["text", {}, 1]
        if kind in ("int", "long"):
            return ["20", 1.5, True, []]
        if kind == "double":
            return ["0.5", True]
        if kind == "bool":
            return ["true", 1]
        if kind == "ts" or kind == "iso":
            return ["soon", True, {}]
        if kind[0].isupper():
            return ["text", [], 1]
        return [1, True, {}, ["text"]]
