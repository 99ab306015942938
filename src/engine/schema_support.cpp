// What engines answer that neither tell structure changes nor carry them out, and know no types but their own.

#include "engine/source.h"
#include "engine/target.h"

namespace godwit {
namespace {

Failure not_supported(std::string_view what) {
  return Failure(Error{ErrorKind::table, "engine.schema_change",
                       std::string(what) +
                           " is not carried out by this engine. Make the change on the target and run "
                           "the task with --restart.",
                       ""});
}

}  // namespace

Result<CommitBorder> Source::find_commit_border(const Position&, int64_t) {
  return Failure(Error{ErrorKind::prerequisite, "engine.commit_border",
                       "the source cannot be asked for the commits of other tables.", ""});
}

Result<Position> Source::position_at_time(int64_t) {
  return Failure(Error{ErrorKind::usage, "engine.start_time",
                       "the log of this source cannot be searched by time: give a position of its own as "
                       "--cdc-start-position.",
                       ""});
}

Result<SchemaChange> Source::read_schema_change(const std::string&) {
  return not_supported("A structure change");
}

Result<std::vector<std::string>> ChangeWriter::alter(const TableAlteration& alteration) {
  return not_supported("An alteration of table " + to_string(alteration.after.source->ref));
}

Result<void> ChangeWriter::drop_table(const TableRef& table) {
  return not_supported("The removal of table " + to_string(table));
}

Result<std::vector<TableRef>> Target::let_keys_act(std::span<const TargetTable>, std::span<const TableRef>,
                                                   const std::string&,
                                                   const std::function<Result<void>(const std::string&)>&) {
  return Failure(
      Error{ErrorKind::prerequisite, "engine.silent_cascades",
            "the source's log does not hold what foreign keys with CASCADE or SET NULL do, and this target "
            "cannot let its own keys do it. Leave the tables out that such keys tie together.",
            ""});
}

Result<std::vector<Type>> Target::types_for(const TableDef& layout, TypeMapping) const {
  std::vector<Type> types;
  types.reserve(layout.columns.size());
  for (const ColumnDef& column : layout.columns) types.push_back(column.type);
  return types;
}

Result<void> Target::add_labels(const TableRef& type, std::span<const std::string>) {
  return not_supported("A new label of type " + to_string(type));
}

}  // namespace godwit
