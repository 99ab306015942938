// Following the binlog: what the reader must know of this server.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engines/mysql/change_reader.h"
#include "engines/mysql/default_value.h"
#include "engines/mysql/log_continuity.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/packet_session.h"
#include "engines/mysql/source.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

// What the log leaves out of a row under binlog_row_image=MINIMAL.
void set_default(ColumnFacts& facts, const Rows& rows, size_t i, const TableDef& table, const ServerTraits& server) {
  const auto column = find_column(table, facts.name);
  if (!column) return;
  DefaultFacts told{std::nullopt, rows.text(i, 6)};
  if (!rows.is_null(i, 5)) told.text = rows.text(i, 5);
  const ColumnDefault value =
      column_default(told, table.columns[*column].type, server.mariadb && server.version >= 100207);
  if (value.meaning.kind == DefaultMeaning::Kind::literal) {
    facts.when_absent = WhenAbsent::text;
    facts.default_text = value.meaning.text;
  } else if (value.meaning.kind == DefaultMeaning::Kind::none && rows.get(i, 7) == "YES") {
    facts.when_absent = WhenAbsent::null;
  }
}

// As the catalog has the tables now, in the order of `tables`.
Result<std::vector<LogTable>> log_tables(Connection& session, std::span<const CapturedTable> tables) {
  std::map<TableRef, LogTable> found;
  std::vector<TableRef> names;
  for (const CapturedTable& table : tables) names.push_back(table.full->ref);
  const Rows kept = TRY(session.query("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'"));
  std::set<std::string> transactional;
  for (size_t i = 0; i < kept.size(); ++i) transactional.insert(lower_ascii(kept.get(i, 0)));
  for (const std::string& condition : table_conditions(names)) {
    const Rows engines = TRY(
        session.query("SELECT table_schema, table_name, engine FROM information_schema.tables WHERE " + condition));
    for (size_t i = 0; i < engines.size(); ++i)
      found[{engines.text(i, 0), engines.text(i, 1)}].transactional =
          transactional.contains(lower_ascii(engines.get(i, 2)));
    const Rows columns = TRY(session.query(
        "SELECT table_schema, table_name, column_name, column_type, character_set_name, column_default, extra, "
        "is_nullable FROM information_schema.columns WHERE " +
        condition + " ORDER BY 1, 2, ordinal_position"));
    for (size_t i = 0; i < columns.size(); ++i) {
      const TableRef name{columns.text(i, 0), columns.text(i, 1)};
      const auto captured =
          std::ranges::find(tables, name, [](const CapturedTable& table) { return table.full->ref; });
      if (captured == tables.end()) continue;
      ColumnFacts facts = facts_of(columns.get(i, 2), columns.get(i, 3), columns.get(i, 4));
      set_default(facts, columns, i, *captured->full, session.traits());
      found[name].columns.push_back(std::move(facts));
    }
  }
  std::vector<LogTable> out;
  for (const TableRef& name : names) out.push_back(found[name]);
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
  const Rows fold = TRY(session_.query("SELECT @@global.lower_case_table_names"));
  options.fold_names = fold.integer(0, 0) != 0;
  options.open_session = [endpoint = endpoint_, tag = options_.tag] { return open_packet_session(endpoint, tag); };
  options.memory = reader_memory_;
  const std::vector<LogTable> facts = TRY(log_tables(session_, tables));
  return MysqlChangeReader::open(options, tables, facts);
}

}  // namespace godwit::mysql
