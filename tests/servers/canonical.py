"""A row's checksum that does not depend on the family of its server: each value in one canonical text.

Which text, is decided by the pair of columns. Between two of one family and type it is the bytes that the server
gives. Where they differ:

| one side | other side | equal when |
|---|---|---|
| boolean | an integer, BIT(1) | true is 1, false is 0 |
| integers, numeric, DECIMAL, money | each other | the same number, whatever zeros it is written with |
| real, double precision, FLOAT, DOUBLE | each other | the same IEEE number, of 32 bits if one side has those; zero has no sign (MariaDB shows none) |
| bytea | BINARY, VARBINARY, a BLOB, a spatial type | the same bytes (SRID and WKB of a spatial value) |
| bit, bit varying | BIT; bytea | the same number |
| YEAR | smallint | the same number |
| date, timestamp, timestamptz (UTC) | DATE, DATETIME, TIMESTAMP | the same, fractions without trailing zeros; a zero or partial date is NULL; ±infinity is 9999-12-31 23:59:59 and NULL |
| time, character types | TIME | the same text, fractions without trailing zeros |
| json, jsonb | JSON | the same document: keys in any order, numbers by value |
| an array, hstore | JSON | the same document as to_json() makes of it |
| anything else | anything else | the same text |
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Callable, Iterable, Sequence

Row = tuple[bytes | None, ...]
Canonical = Callable[[bytes], bytes | None]


@dataclass(frozen=True)
class Column:
    name: str
    native: str  # the server's name of the type; no two families share one
    kind: str  # boolean integer decimal real double bytes bits date timestamp time json array year text
    read_as: str  # SQL that gives what is compared, {} being the quoted name


@dataclass(frozen=True)
class TableSum:
    rows: int
    md5: str


def as_it_is(value: bytes) -> bytes:
    return value


def _number(value: bytes) -> bytes:
    if value in (b"t", b"true"):
        return b"1"
    if value in (b"f", b"false"):
        return b"0"
    number = Decimal(value.decode())
    if not number.is_finite():
        return str(number).encode()
    return b"0" if number == 0 else format(number.normalize(), "f").encode()


def _double(value: bytes) -> bytes:
    return struct.pack(">d", float(value) + 0.0)


def _real(value: bytes) -> bytes:
    return struct.pack(">f", float(value) + 0.0)


def _document(value: bytes) -> bytes:
    read = json.loads(value, parse_float=Decimal, parse_int=Decimal)
    return json.dumps(read, sort_keys=True, ensure_ascii=False, default=_plain_number).encode()


def _plain_number(number: Decimal) -> dict[str, str]:
    return {"number": _number(str(number).encode()).decode()}


def _without_zeros(text: str) -> str:
    return re.sub(r"\.(\d*?)0+$", lambda found: "." + found[1] if found[1] else "", text)


def _moment(value: bytes) -> bytes | None:
    text = value.decode()
    if text == "infinity":
        return b"9999-12-31 23:59:59"
    if text == "-infinity" or re.search(r"0000-|-00", text.split(" ")[0]):
        return None  # a zero or partial date
    return _without_zeros(re.sub(r"\+00$", "", text)).encode()


def _day(value: bytes) -> bytes | None:
    moment = _moment(value)
    return moment and moment.split(b" ")[0]


def _clock(value: bytes) -> bytes:
    return _without_zeros(value.decode()).encode()


def _bytes_of(column: Column) -> Canonical:
    """What the server gives, as the bytes it stands for."""
    if column.native == "bytea":
        return lambda value: bytes.fromhex(value[2:].decode())
    return as_it_is


def _bits_of(column: Column) -> Canonical:
    if column.native in ("bit", "bit varying"):
        return lambda value: b"%d" % int(value or b"0", 2)
    if column.kind in ("boolean", "integer"):
        return _number
    raw = _bytes_of(column)
    return lambda value: b"%d" % int.from_bytes(raw(value) or b"", "big")


NUMBERS = {"integer", "decimal", "boolean", "year"}
MOMENTS = {"timestamp", "date"}


def pair(here: Column, there: Column) -> tuple[Canonical, Canonical]:
    """How to write the values of two columns so that equal ones have equal bytes."""
    kinds = {here.kind, there.kind}
    if (here.native, here.kind) == (there.native, there.kind) and not kinds & {"json", "real", "double"}:
        return as_it_is, as_it_is
    if "bits" in kinds:
        return _bits_of(here), _bits_of(there)
    if kinds == {"integer"}:
        return as_it_is, as_it_is
    for members, canonical in (
        (NUMBERS, _number),
        ({"double"}, _double),
        ({"real", "double"}, _real),
        ({"date"}, _day),
        (MOMENTS, _moment),
        ({"json", "array"}, _document),
    ):
        if kinds <= members:
            return canonical, canonical
    if "bytes" in kinds:
        return _bytes_of(here), _bytes_of(there)
    if "time" in kinds:
        return _clock, _clock
    if "json" in kinds or "array" in kinds:  # a document in a column of text
        return _document, _document
    if "boolean" in kinds:
        return _number, _number
    return as_it_is, as_it_is


def checksum(rows: Iterable[Row], canonical: Sequence[Canonical]) -> TableSum:
    """The sum of the rows' MD5s: of any order, and duplicates count."""
    count, total = 0, 0
    for row in rows:
        digest = hashlib.md5(usedforsecurity=False)
        for value, write in zip(row, canonical, strict=True):
            written = None if value is None else write(value)
            digest.update(b"-" if written is None else b"%d:%b" % (len(written), written))
        total += int.from_bytes(digest.digest(), "big")
        count += 1
    return TableSum(count, f"{total % (1 << 128):032x}")
