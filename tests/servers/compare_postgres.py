"""What compare.py asks a PostgreSQL database.

A table's checksum between two of them is the MD5 of the sorted MD5s of its rows' text, so that it needs no key and
counts duplicates.
"""

from __future__ import annotations

from typing import Iterator

import psycopg2
import psycopg2.extensions

from canonical import Column, TableSum

# What a user's tables are: partitions count as their root, and what Godwit keeps for itself does not count.
TABLES = r"""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'pglogical')
  AND c.relname NOT LIKE 'awsdms\_%' AND c.relname NOT LIKE 'godwit\_%'
ORDER BY 1, 2"""

CHECKSUM = """
SELECT count(*), coalesce(md5(string_agg(row_md5, '' ORDER BY row_md5)), 'empty')
FROM (SELECT md5(godwit_row::text) COLLATE "C" AS row_md5 FROM {table} AS godwit_row) AS rows"""

SESSION = """
SET extra_float_digits = 3; SET bytea_output = hex; SET datestyle = 'ISO, YMD'; SET intervalstyle = postgres;
SET timezone = 'UTC'; SET search_path = ''; SET lc_monetary = 'C'; SET row_security = off; SET work_mem = '128MB'"""

# One line per object, without OIDs, so that equal databases give equal lines.
OBJECTS = r"""
WITH tables AS (
  SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    AND c.relname NOT LIKE 'awsdms\_%' AND c.relname NOT LIKE 'godwit\_%')
SELECT 'column ' || t.name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
       || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
       || coalesce(' generated ' || nullif(to_jsonb(a) ->> 'attgenerated', ''), '')  -- from 12 on
       || coalesce(' collate ' || (SELECT collname FROM pg_collation
                                   WHERE oid = a.attcollation AND collname <> 'default'), '')
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM tables t JOIN pg_index i ON i.indrelid = t.oid
UNION ALL
SELECT 'constraint ' || t.name || '.' || c.conname || ' ' || pg_get_constraintdef(c.oid)
FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid WHERE c.contype <> 'n'
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
WHERE NOT g.tgisinternal AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'  -- a partition's: internal before 13
UNION ALL
SELECT 'partition ' || i.inhparent::regclass || ' ' || t.name || ' ' || pg_get_expr(c.relpartbound, c.oid)
FROM tables t JOIN pg_class c ON c.oid = t.oid JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relispartition
UNION ALL
SELECT 'comment ' || t.name || ' ' || d.objsubid || ' ' || d.description
FROM tables t JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_class'::regclass
UNION ALL
SELECT 'sequence ' || quote_ident(schemaname) || '.' || quote_ident(sequencename) 
       || ' ' || data_type::text || ' ' || increment_by
FROM pg_sequences WHERE sequencename NOT LIKE 'awsdms\_%' AND sequencename NOT LIKE 'godwit\_%'
UNION ALL
SELECT 'type ' || t.oid::regtype || ' ' || t.typtype::text
       || coalesce(' ' || (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum
                           WHERE enumtypid = t.oid), '')
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd', 'r') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY 1"""

SEQUENCES = r"""
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), coalesce(last_value::text, 'never used')
FROM pg_sequences WHERE sequencename NOT LIKE 'awsdms\_%' AND sequencename NOT LIKE 'godwit\_%' ORDER BY 1"""


def _open(uri: str) -> psycopg2.extensions.connection:
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    connection.cursor().execute(SESSION)
    return connection


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def checksums(uri: str) -> dict[str, TableSum]:
    """By "schema.table", every table of the user's."""
    connection = _open(uri)
    try:
        cursor = connection.cursor()
        cursor.execute(TABLES)
        sums = {}
        for schema, table in cursor.fetchall():
            cursor.execute(CHECKSUM.format(table=f"{_quoted(schema)}.{_quoted(table)}"))
            sums[f"{schema}.{table}"] = TableSum(*cursor.fetchone())
        return sums
    finally:
        connection.close()


# Sorted by position; the type without its modifiers.
COLUMNS = """
SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), t.typcategory::text
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


class Reader:
    """Tables, their columns and their rows as text."""

    def __init__(self, uri: str) -> None:
        self._connection = _open(uri)

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[tuple[str, str]]:
        with self._connection.cursor() as cursor:
            cursor.execute(TABLES)
            return list(cursor.fetchall())

    def columns(self, schema: str, table: str) -> list[Column]:
        with self._connection.cursor() as cursor:
            cursor.execute(COLUMNS, (f"{_quoted(schema)}.{_quoted(table)}",))
            return [_column(name, native, category) for name, native, category in cursor.fetchall()]

    def rows(self, schema: str, table: str, columns: list[Column]) -> Iterator[tuple[bytes | None, ...]]:
        shown = ", ".join(column.read_as.format(_quoted(column.name)) for column in columns)
        with self._connection.cursor() as cursor:
            cursor.execute(f"DECLARE rows CURSOR WITH HOLD FOR SELECT {shown} FROM {_quoted(schema)}.{_quoted(table)}")
            while True:
                cursor.execute("FETCH 20000 FROM rows")
                some = cursor.fetchall()
                if not some:
                    break
                for row in some:
                    yield tuple(None if value is None else value.encode() for value in row)
            cursor.execute("CLOSE rows")


KINDS = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "decimal",
    "money": "decimal",
    "real": "real",
    "double precision": "double",
    "bytea": "bytes",
    "bit": "bits",
    "bit varying": "bits",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp",
    "time without time zone": "time",
    "time with time zone": "time",
    "json": "json",
    "jsonb": "json",
}


def _column(name: str, native: str, category: str) -> Column:
    if native == "money":
        return Column(name, native, "decimal", "{}::numeric::text")
    if category == "A" or native == "hstore":
        return Column(name, native, "array", "to_json({})::text")
    if native == "character":  # a cast to text would drop the blanks it is padded with
        return Column(name, native, "text", "CASE WHEN {0} IS NOT NULL THEN format('%s', {0}) END")
    return Column(name, native, KINDS.get(native, "text"), "{}::text")


def _lines(uri: str, sql: str) -> list[str]:
    connection = _open(uri)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [" ".join(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def objects(uri: str) -> list[str]:
    return _lines(uri, OBJECTS)


def sequences(uri: str) -> list[str]:
    """Sequences by their last value."""
    return _lines(uri, SEQUENCES)


# What Godwit makes and takes away again: none of it may stay on the source after --finish or a failed start.
LEFTOVERS = r"""
SELECT 'slot ' || slot_name FROM pg_replication_slots WHERE database = current_database() AND slot_name LIKE 'godwit%'
UNION ALL SELECT 'publication ' || pubname FROM pg_publication WHERE pubname LIKE 'godwit%'
UNION ALL SELECT 'table ' || oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND relname ~ '^(awsdms|godwit)_'
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname ~ '^(awsdms|godwit)_'
UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE proname ~ '^(awsdms|godwit)_'
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname ~ '^(awsdms|godwit)_'
UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger WHERE evtname ~ '^(awsdms|godwit)_'
UNION ALL SELECT 'session ' || application_name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'godwit%'
ORDER BY 1"""


def leftovers(uri: str) -> list[str]:
    return _lines(uri, LEFTOVERS)
