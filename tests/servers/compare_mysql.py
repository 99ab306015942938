"""What compare.py asks a MariaDB or MySQL server.

All its databases but the system's and awsdms_control are the user's.
"""

from __future__ import annotations

import re
import time
from typing import Any, Iterator
from urllib.parse import unquote, urlsplit

import MySQLdb
import MySQLdb.cursors

from canonical import Column
from mysql_server import SYSTEM_DATABASES, quoted

CONTROL = "awsdms_control"
NOT_THE_USERS = ", ".join(f"'{name}'" for name in (*SYSTEM_DATABASES, CONTROL))
OURS = r"REGEXP '^(awsdms|godwit)_'"

TABLES = f"""
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ({NOT_THE_USERS}) AND NOT table_name {OURS} ORDER BY 1, 2"""

COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position"""

# Sequences are the counters of AUTO_INCREMENT columns.
COUNTERS = f"""
SELECT concat(table_schema, '.', table_name), cast(auto_increment AS char) FROM information_schema.tables
WHERE auto_increment IS NOT NULL AND table_schema NOT IN ({NOT_THE_USERS}) ORDER BY 1"""

LEFTOVERS = f"""
SELECT concat('database ', schema_name) FROM information_schema.schemata WHERE schema_name {OURS}
UNION ALL SELECT concat('table ', table_schema, '.', table_name) FROM information_schema.tables WHERE table_name {OURS}
UNION ALL SELECT concat('trigger ', trigger_schema, '.', trigger_name) FROM information_schema.triggers
          WHERE trigger_name {OURS}
UNION ALL SELECT concat('routine ', routine_schema, '.', routine_name) FROM information_schema.routines
          WHERE routine_name {OURS}
UNION ALL SELECT concat('event ', event_schema, '.', event_name) FROM information_schema.events WHERE event_name {OURS}
ORDER BY 1"""

# Whoever runs this is alone with the server: sessions that are not its own are left over.
SESSIONS = """
SELECT concat('session ', id, ' of ', user, ': ', command) FROM information_schema.processlist
WHERE id <> connection_id() AND user NOT IN ('system user', 'event_scheduler') AND command <> 'Daemon' ORDER BY id"""

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
SPATIAL = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
           "geometrycollection", "geomcollection")  # fmt: skip
KINDS = {
    **{name: "integer" for name in INTEGERS},
    **{name: "bytes" for name in (*BYTES, *SPATIAL)},
    "decimal": "decimal",
    "float": "real",
    "double": "double",
    "bit": "bits",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamp",
    "time": "time",
    "json": "json",
    "year": "year",
}


def open_connection(uri: str, **more: Any) -> MySQLdb.connections.Connection:
    parts = urlsplit(uri)
    connection = MySQLdb.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        charset="utf8mb4",
        autocommit=True,
        **more,
    )
    connection.cursor().execute("SET time_zone = '+00:00'")
    return connection


class Reader:
    """Tables, their columns and their rows as text."""

    def __init__(self, uri: str) -> None:
        self._connection = open_connection(uri)
        self._raw = open_connection(uri, conv={}, use_unicode=False)  # values as the server writes them

    def close(self) -> None:
        self._connection.close()
        self._raw.close()

    def tables(self) -> list[tuple[str, str]]:
        cursor = self._connection.cursor()
        cursor.execute(TABLES)
        return list(cursor.fetchall())

    def columns(self, schema: str, table: str) -> list[Column]:
        cursor = self._connection.cursor()
        cursor.execute(COLUMNS, (schema, table))
        return [_column(*row) for row in cursor.fetchall()]

    def rows(self, schema: str, table: str, columns: list[Column]) -> Iterator[tuple[bytes | None, ...]]:
        shown = ", ".join(column.read_as.format(quoted(column.name)) for column in columns)
        cursor = self._raw.cursor(MySQLdb.cursors.SSCursor)
        cursor.execute(f"SELECT {shown} FROM {quoted(schema)}.{quoted(table)}".encode())
        while some := cursor.fetchmany(20000):
            yield from some
        cursor.close()


def _column(name: str, data_type: str) -> Column:
    # FLOAT is shown with six digits; as a double all of it is there, the sign of zero too.
    return Column(name, "mysql " + data_type, KINDS.get(data_type, "text"), "{} * 1e0" if data_type == "float" else "{}")


def objects(uri: str) -> list[str]:
    """What SHOW CREATE TABLE says, a line each, without the counter."""
    connection = open_connection(uri)
    try:
        cursor = connection.cursor()
        cursor.execute(TABLES)
        lines = []
        for schema, table in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE {quoted(schema)}.{quoted(table)}")
            text = re.sub(r" AUTO_INCREMENT=\d+", "", cursor.fetchone()[1])
            lines += [f"{schema}.{table}: {line.strip().rstrip(',')}" for line in text.splitlines()]
        return lines
    finally:
        connection.close()


def sequences(uri: str) -> list[str]:
    connection = open_connection(uri)
    try:
        cursor = connection.cursor()
        try:
            cursor.execute("SET information_schema_stats_expiry = 0")  # MySQL 8 would give the counter of a day ago
        except MySQLdb.OperationalError:
            pass  # the others know no such setting, and have no need of it
        cursor.execute(COUNTERS)
        return [" ".join(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def leftovers(uri: str) -> list[str]:
    """A session that ends is still listed for a moment."""
    connection = open_connection(uri)
    try:
        cursor = connection.cursor()
        cursor.execute(LEFTOVERS)
        lines = [line for (line,) in cursor.fetchall()]
        deadline = time.monotonic() + 3
        while True:
            cursor.execute(SESSIONS)
            sessions = [line for (line,) in cursor.fetchall()]
            if not sessions or time.monotonic() > deadline:
                return lines + sessions
            time.sleep(0.05)
    finally:
        connection.close()
