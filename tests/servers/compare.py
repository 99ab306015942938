"""Are two databases equal? Every table by checksum, and the objects around the rows by their definitions.

Of MariaDB and MySQL a whole server is compared, since a schema of the other end is a database there. What is equal
between families says canonical.py.
"""

from __future__ import annotations

from types import ModuleType
from typing import Collection

import canonical
import compare_mysql
import compare_postgres
from canonical import TableSum
from compare_postgres import checksums  # noqa: F401  (the demo takes it from here)


def _family(uri: str) -> ModuleType:
    return compare_postgres if uri.startswith("postgres") else compare_mysql


def table_differences(source_uri: str, target_uri: str, leave_out: Collection[str] = ()) -> list[str]:
    """One line for each table, named "schema.table", that is not equal; none: all are."""
    if _family(source_uri) is compare_postgres and _family(target_uri) is compare_postgres:
        return _postgres_differences(source_uri, target_uri, leave_out)
    source, target = _family(source_uri).Reader(source_uri), _family(target_uri).Reader(target_uri)
    try:
        here, there = set(source.tables()), set(target.tables())
        lines = []
        for table in sorted(here | there):
            name = ".".join(table)
            if name in leave_out:
                continue
            if table not in here or table not in there:
                lines.append(_only(name, "source" if table in here else "target"))
            elif difference := _difference(source, target, *table):
                lines.append(f"{name}: {difference}")
        return lines
    finally:
        source.close()
        target.close()


Reader = compare_postgres.Reader | compare_mysql.Reader


def _difference(source: Reader, target: Reader, schema: str, table: str) -> str:
    """Empty: the table is equal."""
    here, there = source.columns(schema, table), target.columns(schema, table)
    names = [[column.name for column in columns] for columns in (here, there)]
    if names[0] != names[1]:
        return f"columns {', '.join(names[0])} on the source, {', '.join(names[1])} on the target"
    pairs = [canonical.pair(*columns) for columns in zip(here, there, strict=True)]
    sums = (
        canonical.checksum(source.rows(schema, table, here), [ours for ours, _ in pairs]),
        canonical.checksum(target.rows(schema, table, there), [theirs for _, theirs in pairs]),
    )
    return "" if sums[0] == sums[1] else _unequal(*sums)


def _postgres_differences(source_uri: str, target_uri: str, leave_out: Collection[str]) -> list[str]:
    source, target = compare_postgres.checksums(source_uri), compare_postgres.checksums(target_uri)
    lines = []
    for name in sorted((source.keys() | target.keys()) - set(leave_out)):
        here, there = source.get(name), target.get(name)
        if here is None or there is None:
            lines.append(_only(name, "target" if here is None else "source"))
        elif here != there:
            lines.append(f"{name}: {_unequal(here, there)}")
    return lines


def _only(name: str, end: str) -> str:
    return f"{name}: only on the {end}"


def _unequal(here: TableSum, there: TableSum) -> str:
    how = "other values" if here.rows == there.rows else "not the same number"
    return f"{here.rows} rows on the source, {there.rows} on the target, {how}"


def _line_differences(here: list[str], there: list[str]) -> list[str]:
    missing = [f"missing on the target: {line}" for line in here if line not in there]
    return missing + [f"only on the target: {line}" for line in there if line not in here]


def object_differences(source_uri: str, target_uri: str) -> list[str]:
    if _family(source_uri) is not _family(target_uri):
        raise ValueError("objects are compared within a family; ask for what there is with `rows`")
    return _line_differences(_family(source_uri).objects(source_uri), _family(target_uri).objects(target_uri))


def sequence_differences(source_uri: str, target_uri: str) -> list[str]:
    if _family(source_uri) is not _family(target_uri):
        raise ValueError("sequences are compared within a family; ask for the next value with `rows`")
    return _line_differences(_family(source_uri).sequences(source_uri), _family(target_uri).sequences(target_uri))


def leftovers(uri: str) -> list[str]:
    """What Godwit makes and takes away again, a line each: none of it may stay on a source."""
    return list(_family(uri).leftovers(uri))
