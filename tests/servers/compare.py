"""Are two databases equal? Every table by checksum, and the objects around the rows by their definitions.

A table's checksum is the MD5 of the sorted MD5s of its rows' text, so that it needs no key and counts duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection

import psycopg2
import psycopg2.extensions

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


@dataclass(frozen=True)
class TableSum:
    rows: int
    md5: str


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


def table_differences(source_uri: str, target_uri: str, leave_out: Collection[str] = ()) -> list[str]:
    """One line for each table that is not equal; none: all are."""
    source, target = checksums(source_uri), checksums(target_uri)
    lines = []
    for name in sorted((source.keys() | target.keys()) - set(leave_out)):
        here, there = source.get(name), target.get(name)
        if here is None or there is None:
            lines.append(f"{name}: only on the {'target' if here is None else 'source'}")
        elif here != there:
            lines.append(
                f"{name}: {here.rows} rows on the source, {there.rows} on the target, {_diverge(here, there)}"
            )
    return lines


def _diverge(here: TableSum, there: TableSum) -> str:
    return "other values" if here.rows == there.rows else "not the same number"


def _lines(uri: str, sql: str) -> list[str]:
    connection = _open(uri)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [" ".join(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def _line_differences(source_uri: str, target_uri: str, sql: str) -> list[str]:
    here, there = _lines(source_uri, sql), _lines(target_uri, sql)
    missing = [f"missing on the target: {line}" for line in here if line not in there]
    return missing + [f"only on the target: {line}" for line in there if line not in here]


def object_differences(source_uri: str, target_uri: str) -> list[str]:
    return _line_differences(source_uri, target_uri, OBJECTS)


def sequence_differences(source_uri: str, target_uri: str) -> list[str]:
    """Sequences by their last value."""
    return _line_differences(source_uri, target_uri, SEQUENCES)


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
