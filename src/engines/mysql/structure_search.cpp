#include "engines/mysql/structure_search.h"

#include <algorithm>

#include "base/log.h"
#include "engines/mysql/change_reader.h"
#include "engines/mysql/log_continuity.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source_errors.h"
#include "engines/mysql/transactions.h"

namespace godwit::mysql {
namespace {

bool matters(const DdlAction& action) {
  using Kind = DdlAction::Kind;
  switch (action.kind) {
    case Kind::add:
    case Kind::change:
    case Kind::drop:
    case Kind::rename:
    case Kind::set_default:  // minimal images leave columns out that have it
    case Kind::convert:
    case Kind::add_foreign:  // what keys did before it is in no log, and nobody would know them
    case Kind::drop_foreign:
    case Kind::drop_object:
    case Kind::unknown:
      return true;
    case Kind::table_charset:
    case Kind::drop_key:
    case Kind::add_key:
    case Kind::note:
    case Kind::partition_rows:
      return false;
  }
  return true;
}

// Of a CREATE TABLE: no table of the name was there before.
bool makes_where_none_was(const DdlStatement& ddl) {
  DdlWords words = ddl_words(ddl.sql, ddl.sql_mode);
  return ddl.statement.only_if_absent || (words.take("CREATE") && !words.now().is("OR"));
}

class Search {
 public:
  Search(std::span<const TableRef> tables, const DdlServer& server) : tables_(tables), server_(server) {}

  std::optional<TableRef> find(const DdlStatement& ddl) const {
    const LogStatement& statement = ddl.statement;
    if (statement.kind == LogStatement::Kind::drop_schema) return of_schema(statement.schema);
    if (statement.kind != LogStatement::Kind::ddl) return std::nullopt;
    if (statement.verb == "ALTER TABLE") return of_alter(ddl);
    if (statement.verb == "CREATE TABLE" && makes_where_none_was(ddl)) return std::nullopt;
    return of_names(statement.tables);
  }

 private:
  std::optional<TableRef> of_name(const TableRef& name) const {
    const TableRef wanted = folded(name, server_);
    for (const TableRef& table : tables_)
      if (folded(table, server_) == wanted) return table;
    return std::nullopt;
  }
  std::optional<TableRef> of_names(std::span<const TableRef> names) const {
    for (const TableRef& name : names)
      if (auto found = of_name(name)) return found;
    return std::nullopt;
  }
  std::optional<TableRef> of_schema(const std::string& schema) const {
    const std::string wanted = folded({schema, ""}, server_).schema;
    for (const TableRef& table : tables_)
      if (folded(table, server_).schema == wanted) return table;
    return std::nullopt;
  }
  std::optional<TableRef> of_alter(const DdlStatement& ddl) const {
    const auto alter = read_alter_table(ddl.sql, {server_.kind, ddl.sql_mode, ddl.schema});
    if (!alter) return of_names(ddl.statement.tables);
    if (alter->renamed || std::ranges::any_of(alter->actions, matters))
      if (auto found = of_name(alter->table)) return found;
    for (const auto& other : {alter->renamed, alter->split_off, alter->absorbed})
      if (other)
        if (auto found = of_name(*other)) return found;
    return std::nullopt;
  }

  std::span<const TableRef> tables_;
  const DdlServer& server_;
};

}  // namespace

std::optional<TableRef> changes_columns(const DdlStatement& ddl, std::span<const TableRef> tables,
                                        const DdlServer& server) {
  return Search(tables, server).find(ddl);
}

Result<std::optional<FoundStructure>> find_structure_change(Connection& session, const LogAccess& access,
                                                            BinlogPosition from, std::span<const TableRef> tables,
                                                            const DdlServer& server) {
  const std::optional<BinlogPosition> end = TRY(log_end_position(session));
  if (!end) return Failure(errors::log_off());
  const auto is_before_end = [&](const LogPlace& place) {
    return compare(place, end->place) == std::partial_ordering::less;
  };
  DecoderOptions options;
  options.server = TRY(log_server(session));
  if ((from.server.empty() || from.server == options.server) && !is_before_end(from.place)) return std::nullopt;
  from.prepared = {};
  options.tells_rows = false;
  std::optional<FoundStructure> out;
  options.documents_of = [&](const DdlStatement& ddl) {
    if (auto table = out ? std::nullopt : changes_columns(ddl, tables, server))
      out = FoundStructure{*std::move(table), ddl.statement.verb, ""};
    return std::vector<StructureDocument>();
  };
  const bool there = TRY(place_is_there(session, from, options.server));
  const StreamStart start = TRY(stream_start(from, options.server, session.traits().has_gtids, there));
  log_info(Component::source_capture, "Looking for structure changes in the binlog from {} to {}",
           to_string(from.place), to_string(end->place));
  LogWalk walk = TRY(open_walk(session, access, start));
  LogDecoder decoder({}, {}, std::move(options), from, start.gtids.has_value());
  ChangeBatch batch;
  decoder.start_batch(batch);
  while (walk.place().empty() || is_before_end(walk.place())) {
    const std::optional<LoggedEvent> event = TRY(walk.next());
    if (!event) continue;
    TRY(decoder.decode(*event, walk.format(), batch));
    while (decoder.has_more()) TRY(decoder.tell_more(batch));
    if (!out) continue;
    out->place = to_string(event->start);
    return out;
  }
  return out;
}

}  // namespace godwit::mysql
