#pragma once
// The text of the source's event-trigger function, apart from what differs between server versions. It runs with its
// owner's rights in sessions of any user: pg_temp is named, and last, so that nothing of a user's temporary schema
// stands before pg_catalog; and what a session sets about the text of values does not reach the documents. {0}: the
// schema of the audit tables, quoted; {1} to {3}: expressions of the server's version (ddl_capture.cpp).

#include <string_view>

namespace godwit::postgres {

// One document for each table that a command touched: the whole of it, partitions and unique indexes included, as it
// is when the command ends. The row is removed at once: the log keeps it at its position, the table stays empty. An
// application's statement must not fail because of it, so errors end as warnings of the application's session.
constexpr std::string_view ddl_function_sql = R"(
CREATE OR REPLACE FUNCTION {0}.godwit_capture_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
SET extra_float_digits = 3 SET bytea_output = 'hex' SET lc_monetary = 'C' SET standard_conforming_strings = on
SET quote_all_identifiers = off AS $body$
DECLARE
  what record;
  document jsonb;
  told bigint;
BEGIN
  IF TG_EVENT = 'table_rewrite' THEN
    PERFORM pg_catalog.set_config('godwit.rewritten', pg_catalog.concat(pg_catalog.current_setting('godwit.rewritten', true),
      ' ', pg_catalog.pg_event_trigger_table_rewrite_oid(), ':', pg_catalog.pg_event_trigger_table_rewrite_reason()), true);
    RETURN;
  END IF;
  IF TG_EVENT = 'sql_drop' THEN
    FOR what IN SELECT d.objid, d.schema_name, d.object_name FROM pg_catalog.pg_event_trigger_dropped_objects() d
      WHERE d.object_type = 'table' AND NOT d.is_temporary AND d.object_name !~ '^(awsdms|godwit)_' LOOP
      INSERT INTO {0}.godwit_ddl_audit (document) VALUES (pg_catalog.jsonb_build_object('form', 1, 'what', 'drop',
        'tag', TG_TAG, 'oid', what.objid::int8, 'schema', what.schema_name, 'name', what.object_name)::text)
      RETURNING number INTO told;
      DELETE FROM {0}.godwit_ddl_audit WHERE number = told;
    END LOOP;
    RETURN;
  END IF;
  FOR what IN
    WITH RECURSIVE command AS (
      SELECT c.classid, c.objid, c.object_type, c.object_identity, c.command_tag
      FROM pg_catalog.pg_event_trigger_ddl_commands() c
      WHERE NOT c.in_extension AND coalesce(c.schema_name, '') !~ '^pg_'
    ), touched AS (
      SELECT c.objid AS oid FROM command c WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      UNION SELECT i.indrelid FROM command c JOIN pg_catalog.pg_index i ON i.indexrelid = c.objid
      WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      UNION SELECT r.oid FROM command c JOIN pg_catalog.pg_class r ON r.relnamespace = c.objid
      WHERE c.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND c.command_tag = 'ALTER SCHEMA'
    ), down AS (
      SELECT t.oid FROM touched t UNION SELECT i.inhrelid FROM down JOIN pg_catalog.pg_inherits i ON i.inhparent = down.oid
    ), up AS (
      SELECT d.oid FROM down d
      UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_class r ON r.oid = up.oid AND r.relispartition
      JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid
    )
    SELECT r.oid, NULL::text AS label, NULL::text AS kind FROM up JOIN pg_catalog.pg_class r ON r.oid = up.oid
    WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relpersistence <> 't'
      AND r.relname !~ '^(awsdms|godwit)_'
    UNION ALL
    SELECT c.objid, c.object_identity, c.object_type FROM command c
    WHERE (c.object_type IN ('index', 'trigger') AND c.command_tag LIKE 'CREATE %' AND TG_TAG !~ '^CREATE TABLE' OR c.object_type = 'type')
      AND c.object_identity !~ '(awsdms|godwit)_' LOOP
    IF what.kind IS NULL THEN
      document := pg_catalog.jsonb_build_object('form', 1, 'what', 'table') || {0}.godwit_describe_table(what.oid);
    ELSIF what.kind = 'type' AND EXISTS (SELECT FROM pg_catalog.pg_enum e WHERE e.enumtypid = what.oid) THEN
      SELECT pg_catalog.jsonb_build_object('form', 1, 'what', 'enum', 'schema', n.nspname, 'name', t.typname, 'labels',
        (SELECT pg_catalog.jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))
      INTO document FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = what.oid;
    ELSE
      document := pg_catalog.jsonb_build_object('form', 1, 'what', 'other', 'kind', what.kind, 'name', what.label);
    END IF;
    INSERT INTO {0}.godwit_ddl_audit (document) VALUES
      ((document || pg_catalog.jsonb_build_object('tag', TG_TAG))::text) RETURNING number INTO told;
    DELETE FROM {0}.godwit_ddl_audit WHERE number = told;
  END LOOP;
  PERFORM pg_catalog.set_config('godwit.rewritten', '', true);
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'godwit could not note a structure change (%): %', TG_TAG, SQLERRM;
END $body$)";

// The table as its documents tell it; 'rewritten' holds the reasons of rewrites since the last command.
constexpr std::string_view describe_function_sql = R"(
CREATE OR REPLACE FUNCTION {0}.godwit_describe_table(root oid) RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
SET extra_float_digits = 3 SET bytea_output = 'hex' SET lc_monetary = 'C' SET standard_conforming_strings = on
SET quote_all_identifiers = off AS $body$
WITH RECURSIVE tree AS (
  SELECT root AS oid, true AS root
  UNION ALL
  SELECT i.inhrelid, false FROM tree t JOIN pg_catalog.pg_class p ON p.oid = t.oid AND p.relkind = 'p'
  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
), relation AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, t.root, c.relreplident, c.relpersistence
  FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE t.root OR c.relkind <> 'p'
)
SELECT pg_catalog.jsonb_build_object(
  'relations', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('oid', r.oid::int8, 'schema', r.nspname,
    'name', r.relname, 'kind', r.relkind, 'identity', r.relreplident, 'persistence', r.relpersistence)
    ORDER BY r.root DESC, r.nspname::text COLLATE "C", r.relname::text COLLATE "C") FROM relation r),
  'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('number', a.attnum, 'name', a.attname,
    'native', pg_catalog.format_type(a.atttypid, a.atttypmod), 'type', a.atttypid::int8, 'modifier', a.atttypmod,
    'not_null', a.attnotnull, 'identity', a.attidentity, 'generated', {1}, 'missing', {2},
    'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = root AND a.attnum > 0 AND NOT a.attisdropped),
  'indexes', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('oid', i.indrelid::int8, 'name', c.relname,
    'primary', i.indisprimary, 'immediate', i.indimmediate, 'valid', i.indisvalid AND i.indisready,
    'replica_identity', i.indisreplident, 'partial', i.indpred IS NOT NULL, 'columns', k.names,
    'all_not_null', k.all_not_null))
    FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisunique
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    CROSS JOIN LATERAL (
      SELECT CASE WHEN count(a.attname) = count(*) THEN pg_catalog.jsonb_agg(a.attname ORDER BY p.position) END AS names,
             coalesce(pg_catalog.bool_and(a.attnotnull), false) AS all_not_null
      FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS p(number, position)
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number AND p.number > 0
      WHERE p.position <= {3}) k),
  'rewritten', (SELECT pg_catalog.jsonb_agg(pg_catalog.split_part(w, ':', 2)::int)
    FROM pg_catalog.regexp_split_to_table(pg_catalog.current_setting('godwit.rewritten', true), ' ') w
    WHERE pg_catalog.split_part(w, ':', 1) IN (SELECT r.oid::text FROM relation r)))
$body$)";

}  // namespace godwit::postgres
