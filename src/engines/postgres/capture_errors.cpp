// Messages about slots, publications and replication sets that the user made or that a plugin needs, and about tables
// that are no longer what they were.

#include <fmt/format.h>

#include "engines/postgres/connection.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message) {
  return {kind, "postgres." + std::string(code), std::move(message), ""};
}

}  // namespace

Error not_that_table(const TableRef& table) {
  return {
      ErrorKind::table, "source.not_that_table",
      fmt::format("what is named {} on the source now is not the table whose rows are to be looked up: that one was "
                  "renamed or dropped",
                  to_string(table)),
      ""};
}
Error slot_missing(std::string_view slot) {
  return make(
      ErrorKind::prerequisite, "slot_missing",
      fmt::format("replication slot {0}, named by SlotName, is not there. Make it on the source (SELECT "
                  "pg_create_logical_replication_slot('{0}', 'test_decoding');), correct the name, or leave SlotName "
                  "out: the task then makes a slot of its own.",
                  slot));
}
Error slot_unusable(std::string_view slot, std::string_view why) {
  return make(
      ErrorKind::prerequisite, "slot_unusable",
      fmt::format("replication slot {}, named by SlotName, cannot be used: {}. Name another, or leave SlotName "
                  "out: the task then makes a slot of its own.",
                  slot, why));
}
Error plugin_disagrees(std::string_view slot, std::string_view has, std::string_view named) {
  return make(
      ErrorKind::usage, "plugin_disagrees",
      fmt::format("replication slot {} was made with output plugin {}, and PluginName says {}. Correct or leave "
                  "out PluginName; the slot decides.",
                  slot, has, named));
}
Error publication_without_use(std::string_view plugin) {
  return make(
      ErrorKind::usage, "publication_without_use",
      fmt::format("PublicationName has a meaning for pgoutput only, and {} is the output plugin. Leave it out.",
                  plugin));
}
Error slot_needs_publication(std::string_view slot) {
  return make(ErrorKind::usage, "slot_needs_publication",
              fmt::format("replication slot {}, named by SlotName, was made with pgoutput, which needs a publication "
                          "that was there before the slot. Name it with PublicationName.",
                          slot));
}
Error start_needed(std::string_view slot, std::string_view slot_position) {
  return make(
      ErrorKind::usage, "start_needed",
      fmt::format("a cdc task that reads slot {0} of yours needs a start: --cdc-start-position with an LSN or a "
                  "checkpoint, not before {1}, where the slot stands. For everything the slot still holds write "
                  "--cdc-start-position {1}.",
                  slot, slot_position));
}
Error start_too_old(std::string_view start, std::string_view slot, std::string_view slot_position) {
  return make(
      ErrorKind::usage, "start_too_old",
      fmt::format("--cdc-start-position {} lies before {}, where slot {} stands; the source gives nothing older "
                  "through it. Start at that position or later, if the target holds everything before it; else load "
                  "the tables anew.",
                  start, slot_position, slot));
}
Error start_by_time(std::string_view text) {
  return make(ErrorKind::usage, "start_by_time",
              fmt::format("\"{}\" is a time, and PostgreSQL's log cannot be entered at a time. Give an LSN such as "
                          "4AF/B00000D0 (SELECT pg_current_wal_lsn()) or a checkpoint of an earlier task.",
                          text));
}
Error no_publication(std::string_view publication) {
  return make(ErrorKind::prerequisite, "no_publication",
              fmt::format("publication {0}, named by PublicationName, is not in the source database. Make it before "
                          "the slot: CREATE PUBLICATION {1} FOR TABLE …;",
                          publication, quote_name(publication)));
}
Error publishes_via_root(std::string_view publication) {
  return make(
      ErrorKind::prerequisite, "publishes_via_root",
      fmt::format("publication {} has publish_via_partition_root, which hides a partition's TRUNCATE. Run ALTER "
                  "PUBLICATION {} SET (publish_via_partition_root = false);",
                  publication, quote_name(publication)));
}
Error not_in_publication(const TableRef& table, std::string_view publication) {
  return make(
      ErrorKind::prerequisite, "not_in_publication",
      fmt::format("table {} is in none of the publications of PublicationName, so its changes would not come. "
                  "Run ALTER PUBLICATION {} ADD TABLE {}; before the tables are loaded, or exclude the table.",
                  to_string(table), quote_name(publication), quote_name(table)));
}
Error not_published(const TableRef& table, std::string_view operation) {
  return make(
      ErrorKind::prerequisite, "not_published",
      fmt::format("the publications of PublicationName do not publish {1} of table {0}, so such changes would "
                  "not come. Add it: ALTER PUBLICATION … SET (publish = 'insert, update, delete, truncate');",
                  to_string(table), operation));
}
Error no_pglogical(std::string_view preloaded) {
  return make(
      ErrorKind::prerequisite, "no_pglogical",
      fmt::format(
          "PluginName=pglogical needs the extension pglogical in the source database. Add pglogical to "
          "shared_preload_libraries (now \"{}\"), restart the source, and run CREATE EXTENSION pglogical; as a "
          "superuser. Or use PluginName=pgoutput.",
          preloaded));
}
Error full_identity_unsupported(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "full_identity_unsupported",
      fmt::format("table {} has REPLICA IDENTITY FULL, of which pglogical carries no updates and deletes. Use "
                  "PluginName=pgoutput or test_decoding, or give the table a key: ALTER TABLE {} REPLICA IDENTITY "
                  "DEFAULT; with a primary key, or exclude it.",
                  to_string(table), quote_name(table)));
}
Error no_replication_set(std::string_view set, std::string_view slot) {
  const bool inserts = set != slot;
  return make(
      ErrorKind::prerequisite, "no_replication_set",
      fmt::format(
          "replication set {} is not on the source; with pglogical the tables of slot {} are those of the sets "
          "{} and i{}. Run SELECT pglogical.create_replication_set('{}', {}, {}, {}, {}); and add the tables.",
          set, slot, slot, slot, set, inserts, !inserts, !inserts, inserts));
}
Error sets_lack_operation(std::string_view slot, std::string_view operations) {
  return make(
      ErrorKind::prerequisite, "sets_lack_operation",
      fmt::format("neither replication set {0} nor i{0} replicates {1}, so such changes would not come. Add it "
                  "with pglogical.alter_replication_set.",
                  slot, operations));
}
Error not_in_replication_set(const TableRef& table, std::string_view set) {
  return make(
      ErrorKind::prerequisite, "not_in_replication_set",
      fmt::format("table {} is not in replication set {}, so its changes would not come whole. Run SELECT "
                  "pglogical.replication_set_add_table('{}', '{}'); before the tables are loaded, or exclude the "
                  "table.",
                  to_string(table), set, set, quote_name(table)));
}
Error filtered_in_set(const TableRef& table, std::string_view set) {
  return make(ErrorKind::prerequisite, "filtered_in_set",
              fmt::format("{} leaves out rows or columns of table {}, which would be missing on the target without a "
                          "word. Add the table to it whole, and filter by table mappings.",
                          set, to_string(table)));
}
Error replication_sets_failed(const Error& cause) {
  Error out =
      make(cause.kind == ErrorKind::connection ? cause.kind : ErrorKind::prerequisite, "replication_sets",
           fmt::format("pglogical's node and replication sets for the task could not be made or changed on the "
                       "source: {}. Connect as a superuser, or make slot and sets by hand and name the slot "
                       "with SlotName.",
                       cause.message));
  out.sqlstate = cause.sqlstate;
  return out;
}
Error after_connect_script(const Error& cause) {
  Error out = make(cause.kind == ErrorKind::connection ? cause.kind : ErrorKind::prerequisite, "after_connect_script",
                   fmt::format("AfterConnectScript, which runs on each connection to the target, failed: {}. Correct "
                               "it in the target's URI, or leave it out.",
                               cause.message));
  out.sqlstate = cause.sqlstate;
  return out;
}

}  // namespace godwit::postgres::errors
