// Following the binlog: what the reader must know of this server.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engines/mysql/change_reader.h"
#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/log_continuity.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/native_type.h"
#include "engines/mysql/packet_session.h"
#include "engines/mysql/schema_document.h"
#include "engines/mysql/source.h"
#include "engines/mysql/source_errors.h"
#include "engines/mysql/structure_search.h"

namespace godwit::mysql {
namespace {

// Columns as the tables had them at the position: what the catalog says now may be of a later one.
LogTable log_table(const TableDef& table) {
  LogTable out;
  for (const ColumnDef& column : table.columns) {
    ColumnFacts facts = native_facts(column.name, column.type);
    if (column.when_absent == ColumnDef::Absent::null) facts.when_absent = WhenAbsent::null;
    if (column.when_absent == ColumnDef::Absent::text) {
      facts.when_absent = WhenAbsent::text;
      facts.default_text = column.absent_text;
    }
    out.columns.push_back(std::move(facts));
  }
  return out;
}

// In the order of `tables`.
Result<std::vector<LogTable>> log_tables(Connection& session, std::span<const CapturedTable> tables) {
  std::vector<TableRef> names;
  for (const CapturedTable& table : tables) names.push_back(table.full->ref);
  const Rows kept = TRY(session.query("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'"));
  std::set<std::string> transactional;
  for (size_t i = 0; i < kept.size(); ++i) transactional.insert(lower_ascii(kept.get(i, 0)));
  std::set<TableRef> lasting;
  for (const std::string& condition : table_conditions(names)) {
    const Rows engines = TRY(
        session.query("SELECT table_schema, table_name, engine FROM information_schema.tables WHERE " + condition));
    for (size_t i = 0; i < engines.size(); ++i)
      if (!transactional.contains(lower_ascii(engines.get(i, 2))))
        lasting.insert({engines.text(i, 0), engines.text(i, 1)});
  }
  std::vector<LogTable> out;
  for (const CapturedTable& table : tables) {
    out.push_back(log_table(*table.full));
    out.back().transactional = !lasting.contains(table.full->ref);
  }
  return out;
}

Result<DdlServer> ddl_server(Connection& session, const Endpoint& endpoint) {
  DdlServer out;
  const ServerTraits& traits = session.traits();
  out.kind = {traits.mariadb, static_cast<uint32_t>(traits.version)};
  const Rows fold = TRY(session.query("SELECT @@global.lower_case_table_names"));
  out.lower_case_names = static_cast<int>(fold.integer(0, 0));
  const Rows collations =
      TRY(session.query("SELECT character_set_name, default_collate_name FROM information_schema.character_sets"));
  for (size_t i = 0; i < collations.size(); ++i) out.collations[collations.text(i, 0)] = collations.text(i, 1);
  // A server without the variable has no other way.
  const auto explicit_timestamps = TRY(global_variable(session, "explicit_defaults_for_timestamp"));
  out.explicit_timestamps = explicit_timestamps && (*explicit_timestamps == "ON" || *explicit_timestamps == "1");
  out.ignores_partitions = is_set(endpoint, "skipTableSuspensionForPartitionDdl");
  return out;
}

}  // namespace

Result<std::unique_ptr<ChangeReader>> MysqlSource::read_changes(const CaptureSpec& spec, const Position& after,
                                                                std::span<const CapturedTable> tables) {
  MysqlChangeReader::Options options;
  options.task_id = fmt::format("{}/{}", spec.task_id, spec.target_system);
  options.after = TRY(BinlogPosition::parse(after.text));
  options.server = TRY(log_server(session_));
  options.maria = session_.traits().mariadb;
  options.place_is_there = TRY(place_is_there(session_, options.after, options.server));
  options.gtids_usable = session_.traits().has_gtids;
  const DdlServer server = TRY(ddl_server(session_, endpoint_));
  options.xa_holds_tables = session_.traits().prepared_holds_tables();
  options.fold_names = server.lower_case_names != 0;
  options.documents_of = [server](const DdlStatement& ddl) {
    std::vector<StructureDocument> out;
    for (const StructureStep& step : structure_changes(ddl, server))
      out.push_back({step.step, schema_document(step.change)});
    return out;
  };
  options.open_session = [endpoint = endpoint_, tag = options_.tag] { return open_packet_session(endpoint, tag); };
  options.memory = ReaderMemory::of(options.task_id);
  const std::vector<LogTable> facts = TRY(log_tables(session_, tables));
  return MysqlChangeReader::open(options, tables, facts);
}

// The binlog says of rows neither their columns' order nor what labels and text mean, unless the server is told to.
Result<void> MysqlSource::check_definitions(const Position& start, std::span<const TableRef> tables) {
  const DdlServer server = TRY(ddl_server(session_, endpoint_));
  const std::optional<FoundStructure> found =
      TRY(find_structure_change(session_, log_access(), TRY(BinlogPosition::parse(start.text)), tables, server));
  if (!found) return {};
  return Failure(errors::changed_since_start(found->table, found->verb, found->place, start.text));
}

Result<SchemaChange> MysqlSource::read_schema_change(const std::string& document) {
  return parse_schema_document(document);
}

}  // namespace godwit::mysql
