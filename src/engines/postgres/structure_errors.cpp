#include "engines/postgres/structure_errors.h"

#include <fmt/format.h>

#include "base/text.h"

namespace godwit::postgres::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message, std::string_view sqlstate = "") {
  return {kind, "postgres." + std::string(code), std::move(message), std::string(sqlstate)};
}

std::string named(const ObjectDef& object) {
  if (object.table.name.empty()) return fmt::format("{} {}", object.kind, object.name);
  return fmt::format("{} {} of table {}", object.kind, object.name, to_string(object.table));
}

}  // namespace

Error cannot_build(const ObjectDef& object, const Error& cause) {
  return in_context(cause, fmt::format("cannot build {} on the target", named(object)));
}
Error cannot_rewrite(const ObjectDef& object) {
  return make(
      ErrorKind::table, "cannot_rewrite",
      fmt::format("{} names columns that the table mapping renames, in a place where they cannot be replaced. Create "
                  "it on the target by hand.",
                  named(object)));
}
Error not_carried(std::string_view sentence) {
  return {ErrorKind::table, "postgres.not_carried",
          std::string(sentence) + " Make what the target needs of it yourself after the task.", ""};
}

Error no_such_sequence(std::string_view name) {
  Error error = make(
      ErrorKind::table, "no_sequence",
      fmt::format("sequence {} is not on the target, so its value was not set. Create it there, or set the one that "
                  "takes its place with setval().",
                  name));
  error.code = "target.no_sequence";
  return error;
}
Error sequence_not_set(std::string_view name, const Error& cause) {
  return in_context(cause, fmt::format("sequence {} did not take the source's value (set it with setval() before the "
                                       "target is used)",
                                       name));
}
Error missing_target_columns(const TableRef& table, const std::vector<std::string>& columns) {
  return make(
      ErrorKind::prerequisite, "missing_columns",
      fmt::format("the target's table {} lacks columns the task writes: {}. Add them, remove them in the table "
                  "mapping, or let Godwit make the table (\"TargetTablePrepMode\": \"DROP_AND_CREATE\").",
                  to_string(table), join(columns, ", ")));
}
Error not_computed(const ObjectDef& table, const Error& why) {
  return make(
      ErrorKind::table, "not_computed",
      fmt::format("{} is made without the columns that the source computes, since the target refuses them: {}",
                  named(table), why.message));
}
Error generated_target_column(const TableRef& table, const std::vector<std::string>& columns) {
  return make(
      ErrorKind::prerequisite, "generated_columns",
      fmt::format("columns of the target's table {} are GENERATED there and take no values: {}. Remove them in the "
                  "table mapping, or make them plain columns with ALTER TABLE … ALTER COLUMN … DROP EXPRESSION.",
                  to_string(table), join(columns, ", ")));
}
Error name_too_long(std::string_view what, std::string_view name) {
  return make(
      ErrorKind::prerequisite, "name_too_long",
      fmt::format(
          "the {} name \"{}\" on the target has {} bytes; PostgreSQL keeps 63. Rename it in the table mapping.", what,
          name, name.size()));
}
Error no_table(const TableRef& name, std::string_view kind) {
  return make(
      ErrorKind::prerequisite, "no_table",
      fmt::format("{} of the target is no table but a {}. Drop or rename it, or give the task's table another "
                  "name by a transformation rule.",
                  to_string(name), kind));
}
Error narrower_type(const TableRef& table, std::string_view column, std::string_view planned, std::string_view own,
                    std::string_view what) {
  return make(ErrorKind::prerequisite, "narrower_type",
              fmt::format("column \"{}\" of the target's table {} is {}, and values come as {}: the server {}. Where "
                          "that matters make the column {}.",
                          column, to_string(table), own, planned, what, planned));
}
Error sequence_missing(const TableRef& sequence, const TableRef& user, const TableRef& owner) {
  return make(ErrorKind::prerequisite, "sequence_missing",
              fmt::format("table {1} is to be made on the target with a default that takes its values from sequence "
                          "{0}, which belongs to table {2}: that one was made beforehand, without the sequence. "
                          "Create the sequence on the target, or make {1} there beforehand too.",
                          to_string(sequence), to_string(user), to_string(owner)));
}
Error not_owner(const TableRef& table, std::string_view role, std::string_view what_for) {
  return make(
      ErrorKind::prerequisite, "not_owner",
      fmt::format(
          "role \"{1}\" does not own the target's table {0}, which it must to {2}. Connect as its owner, or run "
          "ALTER TABLE \"{3}\".\"{4}\" OWNER TO \"{1}\";",
          to_string(table), role, what_for, table.schema, table.name));
}
Error has_dependents(const TableRef& table, std::string_view dependents) {
  return make(ErrorKind::prerequisite, "has_dependents",
              fmt::format("the target's table {} cannot be dropped: {} depends on it. Drop that first and restore it "
                          "afterwards, or use \"TargetTablePrepMode\": \"TRUNCATE_BEFORE_LOAD\".",
                          to_string(table), dependents));
}
Error not_owner_to_rebuild(std::string_view role, std::string_view tables) {
  return make(
      ErrorKind::prerequisite, "not_owner_to_rebuild",
      fmt::format("role \"{}\" does not own these tables of the target, whose indexes and foreign keys it must "
                  "drop and make again: {}. Connect as their owner, or set \"Godwit\": {{\"TargetIndexes\": "
                  "\"keep\"}}.",
                  role, tables));
}
Error cannot_rebuild(const DroppedObject& object, const Error& cause) {
  return in_context(cause, fmt::format("cannot make {} {} on {} again, which was dropped for the load. It is kept in "
                                       "the task's record, and the next run tries again; by hand once mended: {};",
                                       object.kind, object.name, object.on, join(object.restore, "; ")));
}
Error cannot_restore(std::string_view statement, const Error& cause) {
  return in_context(
      cause, fmt::format("cannot restore what was released for the load; run by hand once mended: {}", statement));
}
Error keys_not_valid(Error cause) {
  cause.code = "target.keys_not_valid";
  return cause;
}

}  // namespace godwit::postgres::errors
